// What the system's own programs say of a tree.
#pragma once

#include <string>

namespace cowstore::test {

/// `find -printf` of every entry below `root` (kind, mode, size of files, mtime to the nanosecond, target, path) and
/// the output of `sha256sum` for every file, both sorted by path. `.cowstore` at the top is left out.
std::string outside_listing(const std::string& root);

}  // namespace cowstore::test
