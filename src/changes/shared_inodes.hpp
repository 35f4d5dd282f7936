// Files that have moved within a working copy, found by their inode.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "index/stat_index.hpp"

namespace cowstore::changes {

/// Of a hard-linked file the disk doesn't tell what permissions it is to have in a version: the index does, and where
/// the file was given another name since, it does so under the old one. Thread-safe; reads the index when first asked.
class SharedInodes {
 public:
  /// Borrows it.
  explicit SharedInodes(const index::StatIndex& index) : index_(index) {}

  /// What the index knows, under any name, of the file with this inode whose permissions were given on purpose.
  std::optional<index::IndexedEntry> find(std::uint64_t inode);

 private:
  void collect();

  struct Place {
    std::uint64_t inode;
    std::size_t directory;
    std::size_t entry;
  };
  const index::StatIndex& index_;
  std::once_flag once_;
  std::vector<Place> places_;  ///< sorted by inode
};

}  // namespace cowstore::changes
