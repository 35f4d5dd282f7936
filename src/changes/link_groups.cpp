#include "changes/link_groups.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "changes/path_text.hpp"

namespace cowstore::changes {

namespace {

using Inode = std::pair<std::uint64_t, std::uint64_t>;  ///< device and number

struct Group {
  std::string first_path;
  std::uint64_t names = 0;  ///< that were scanned
  std::uint64_t links = 0;  ///< that there are
  bool as_indexed = true;   ///< no name has come, gone, or been written through
  std::uint64_t number = 0;
};

bool may_be_linked(const ScannedEntry& entry) {
  return entry.directory == nullptr && entry.state != ScannedEntry::State::kKept && entry.stat.links > 1;
}

Inode inode_of(const ScannedEntry& entry) {
  return {entry.stat.device, entry.stat.inode};
}

class LinkNumberer {
 public:
  explicit LinkNumberer(Scan& scan) : scan_(scan), everything_(scan.selection.everything()) {}

  void run() {
    collect(scan_.directory());
    if (groups_.empty()) return;
    assign_numbers();
    apply(scan_.directory());
  }

 private:
  void collect(const ScannedDirectory& directory) {
    for (const ScannedEntry& entry : directory.entries) {
      if (entry.directory != nullptr) collect(*entry.directory);
      if (may_be_linked(entry)) add(entry, join_path(directory.path, entry.name));
    }
  }

  void add(const ScannedEntry& entry, std::string path) {
    Group& group = groups_[inode_of(entry)];
    if (group.names++ == 0 || path < group.first_path) group.first_path = std::move(path);
    group.links = entry.stat.links;
    if (entry.origin != ScannedEntry::Origin::kIndex) group.as_indexed = false;
  }

  void assign_numbers() {
    std::map<std::string_view, Group*> in_order;
    for (auto& [inode, group] : groups_) {
      if (group.names > 1) in_order.emplace(group.first_path, &group);
    }
    std::set<std::uint64_t> taken;
    for (auto& [path, group] : in_order) {
      group->number = link_group_of(path);
      while (!taken.insert(group->number).second) ++group->number;
    }
  }

  FullAttributes::Links links_of(const Group& group) const {
    if (!everything_ && group.names < group.links) return FullAttributes::Links::kUnknown;
    return group.names > 1 ? FullAttributes::Links::kGroup : FullAttributes::Links::kAlone;
  }

  /// Whether the attributes of the directory and all below it may be what the index says.
  bool apply(ScannedDirectory& directory) {
    bool as_indexed = true;
    for (ScannedEntry& entry : directory.entries) {
      if (entry.directory != nullptr && !apply(*entry.directory)) as_indexed = false;
      if (!may_be_linked(entry)) continue;
      const Group& group = groups_.find(inode_of(entry))->second;
      if (!group.as_indexed) as_indexed = false;
      if (entry.full == nullptr) entry.full = std::make_unique<FullAttributes>();
      entry.full->links = links_of(group);
      entry.full->link_group = group.number;
    }
    if (!as_indexed) directory.known_attributes.reset();
    return as_indexed;
  }

  Scan& scan_;
  const bool everything_;
  std::map<Inode, Group> groups_;
};

}  // namespace

/// FNV-1a with a finaliser, as the rule that splits directories has it (docs/format.md).
std::uint64_t link_group_of(std::string_view first_path) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : first_path) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdU;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53U;
  return hash >> 8;
}

void number_links(Scan& scan) {
  LinkNumberer(scan).run();
}

}  // namespace cowstore::changes
