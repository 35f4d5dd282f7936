// What the system's own programs say of a tree.
#pragma once

#include <string>

namespace cowstore::test {

/// `find -printf` of every entry below `root` (kind, mode, size of files, mtime to the nanosecond, target, path) and
/// the output of `sha256sum` for every file, both sorted by path. `.cowstore` at the top is left out.
std::string outside_listing(const std::string& root);

/// What is recorded with full attributes, said by find, stat, getfattr and getfacl: kind, permissions, owner, number of
/// names and device numbers of everything below `root` (and of `root` itself, as "."), all extended attributes and
/// ACLs, and which names are one inode. With `times`, mtimes too.
enum class OutsideTimes { kShow, kHide };
std::string outside_attributes(const std::string& root, OutsideTimes times);

/// Runs it with bash in that directory; throws std::runtime_error if it fails.
void run_shell(const std::string& directory, const std::string& script);

}  // namespace cowstore::test
