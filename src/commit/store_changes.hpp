// Storing the content of everything in a scan that isn't known yet: all cores, bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "changes/compare.hpp"
#include "changes/scanned.hpp"
#include "commit/ingester.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::commit {

struct StoredChanges {
  std::vector<std::string> moving;    ///< files that were written to all the while; what was read is stored
  std::vector<std::string> vanished;  ///< files that were gone; they are out of the scan now
  /// Whether directories stayed where they were. If not, the scan tells of places that are no more: scan again.
  enum class Places { kSteady, kMoved } places = Places::kSteady;
};

/// Whether store_unknown() would have anything to do.
bool has_unknown(const changes::Scan& scan);

/// Ingests every file of the scan whose content is kUnknown and makes it kKnown there. `root` is the directory that was
/// scanned. A file that can't be read becomes kKept, and is listed in the scan as skipped: see
/// changes::require_readable(). Anything else that fails ends it at once.
Result<StoredChanges> store_unknown(changes::Scan& scan, const sys::Dir& root, Ingester& ingester,
                                    base::ThreadPool& pool, Progress* progress);

/// That a content is known doesn't mean that it is stored: `status` hashes what changed, stores nothing, and the stat
/// index remembers. Makes every file among the changes kUnknown whose content neither the store nor the transaction
/// has; whether there was one. Then store_unknown() is due again, and `changes` is to be made anew.
Result<bool> forget_unstored(changes::Scan& scan, const std::vector<changes::Change>& changes,
                             store::Transaction& transaction);

}  // namespace cowstore::commit
