// Extended attributes of anything that has a name: files, links (never followed), directories, special files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {

// `name` is a name in the directory, a path beneath it, or "." for the directory itself. All go through /proc/self/fd,
// since the kernel has no such calls relative to a directory before Linux 6.13. Attribute names have their namespace.

/// The names, in no order. Empty where the file system has no extended attributes. The kernel leaves out what this
/// process may not see ("trusted." without CAP_SYS_ADMIN).
Result<std::vector<std::string>> list_xattrs(const Dir& dir, std::string_view name);
/// Nothing if there is no such attribute (any more).
Result<std::optional<std::string>> read_xattr(const Dir& dir, std::string_view name, const std::string& attribute);
/// Made or replaced. A value that the file system has no room for in one inode is ENOSPC there, as is a full disk.
Result<void> set_xattr(const Dir& dir, std::string_view name, const std::string& attribute, std::string_view value);
/// Absent is fine.
Result<void> remove_xattr(const Dir& dir, std::string_view name, const std::string& attribute);

}  // namespace cowstore::sys
