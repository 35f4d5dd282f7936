// Making of a store directory: its parts, and the probe of the file system that it is to live on.
#pragma once

#include "cowstore/result.hpp"
#include "store/config.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

/// kUnsupported, with the reason, unless flock excludes, fsync works on files and directories, and a mapping shows what
/// is written to its file. Makes a file and removes it.
Result<void> probe_file_system(const sys::Dir& dir);

/// Makes the directories of a store in an empty one, then its config, and syncs it all.
Result<void> make_store(const sys::Dir& empty, const StoreConfig& config);

Result<StoreConfig> read_config(const sys::Dir& store_dir);

}  // namespace cowstore::store
