// Which file systems keep what cowstore relies on where it saves itself a look.
#pragma once

#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {

/// Whether the file system of `dir` is one of those known to be this kernel's own: all that is written there is written
/// through it, by somebody who has opened the file; and whenever a name in a directory is added, removed, or given to
/// something else, the directory's mtime and ctime become the clock's. Of others (network, FUSE, FAT) nobody knows.
Result<bool> is_native(const Dir& dir);

}  // namespace cowstore::sys
