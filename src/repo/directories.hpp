// Directories by their paths, and by what they are.
#pragma once

#include <string>

#include "sys/dir.hpp"

namespace cowstore::repo {

/// By inode and device: links and bind mounts give one directory many paths.
bool is_same_directory(const sys::Stat& a, const sys::Stat& b);
bool is_same_directory(const sys::Dir& a, const sys::Dir& b);  ///< false, too, if it can't be told

/// `path`, absolute, with links resolved and without "..", as far as there is something; of what doesn't exist only the
/// directory above is looked at.
std::string settled_path(const std::string& path);
/// `path` with its last component taken off; "/" at the top.
std::string directory_above(const std::string& path);
/// The last component.
std::string name_in_directory(const std::string& path);
/// Whether it is the directory or lies in it.
bool is_within(const std::string& path, const std::string& directory);

}  // namespace cowstore::repo
