// From a scan, and what was learned since, to the next stat index.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// Whether the scan, or what came after it, knows contents that `old` can't vouch for. If not, a new index would save
/// nobody any work.
bool worth_writing(const Scan& scan, const index::StatIndex& old);

/// The index that the scan makes: whatever it knows the content of. Outside of the scan's selection `old` is taken
/// over.
Bytes make_index(const Scan& scan, const index::StatIndex& old, std::string_view boot_id);

/// make_index() and index::write_index(), if it is worth it.
Result<void> refresh_index(const Scan& scan, const index::StatIndex& old, std::string_view boot_id,
                           const sys::Dir& control);

/// Says that a sync of the root's file system which began after all contents of the scan were read has covered them.
/// What is on others isn't covered.
void mark_synced(Scan& scan);

}  // namespace cowstore::changes
