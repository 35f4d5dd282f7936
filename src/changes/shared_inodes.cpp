#include "changes/shared_inodes.hpp"

#include <algorithm>

namespace cowstore::changes {

void SharedInodes::collect() {
  for (std::size_t i = 0; i < index_.directory_count(); ++i) {
    const index::IndexedDirectory directory = index_.directory(i);
    for (std::size_t j = 0; j < directory.size(); ++j) {
      const index::IndexedEntry entry = directory.entry(j);
      if (entry.recorded.mode) places_.push_back({entry.inode, i, j});
    }
  }
  std::sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.inode < b.inode; });
}

std::optional<index::IndexedEntry> SharedInodes::find(std::uint64_t inode) {
  std::call_once(once_, [this] { collect(); });
  auto at = std::lower_bound(places_.begin(), places_.end(), inode,
                             [](const Place& place, std::uint64_t wanted) { return place.inode < wanted; });
  if (at == places_.end() || at->inode != inode) return std::nullopt;
  return index_.directory(at->directory).entry(at->entry);
}

}  // namespace cowstore::changes
