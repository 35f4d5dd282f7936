// The stat index of a working copy that was copied file by file.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "provider/copy_tree.hpp"
#include "sys/dir.hpp"

namespace cowstore::repo {

/// What the source's index vouches for, for the copies: their content is the same, so nothing need be read. All of it
/// proven: waits for the file system's clock to tick past the last change, a few milliseconds at most. `control` lies
/// on the copies' file system.
Result<Bytes> index_of_clone(const provider::CopiedTree& tree, const index::StatIndex& source, const sys::Dir& control,
                             std::string_view boot_id);

}  // namespace cowstore::repo
