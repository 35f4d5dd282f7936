// The oracle for "these two directories are the same": an independent listing of a tree.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "cowstore/time.hpp"

namespace cowstore::test {

struct TreeEntry {
  std::string path;        ///< relative to the tree, "" for the tree itself
  char kind = 'f';         ///< f file, d directory, l link, p fifo, s socket, c and b devices
  unsigned mode = 0;       ///< 07777
  std::uint64_t size = 0;  ///< of files; 0 for all else, where it depends on the file system
  Timestamp mtime;
  std::string content;  ///< SHA-256 of a file in hexadecimal, a link's target
  bool operator==(const TreeEntry&) const = default;
};

/// What takes part in a comparison.
enum class Fields {
  kAll,
  kNoTimes,      ///< mtimes are zero
  kContentOnly,  ///< mtimes and modes are zero, but for a file's 0100
};

/// Everything below `root` (not `root` itself), sorted by path; links not followed. `.cowstore` at the top is left out.
std::vector<TreeEntry> list_tree(const std::string& root, Fields fields = Fields::kAll);

/// One line each, so that EXPECT_EQ of two of them shows a difference line by line:
/// EXPECT_EQ(tree_text(a), tree_text(b)).
std::string tree_text(const std::string& root, Fields fields = Fields::kAll);

/// SHA-256 in hexadecimal, by OpenSSL's one-shot function.
std::string sha256_hex(std::string_view bytes);

}  // namespace cowstore::test
