#include "checkout/plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>

namespace cowstore::checkout {

namespace {

using changes::ChangeKind;

bool is_directory(const diff::Side& side) {
  return side.entry && side.entry->kind == object::EntryKind::kDirectory;
}
bool is_directory(const changes::ScannedEntry& entry) {
  return entry.kind == object::EntryKind::kDirectory;
}

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

/// Whether what differs can be set without making the thing anew.
bool may_be_set(const diff::Side& wanted) {
  if (!wanted.attributes) return false;
  const bool has_mode = wanted.entry->kind != object::EntryKind::kSymlink && wanted.attributes->mode;
  return has_mode || wanted.attributes->owner;
}

ModeChange mode_change(const std::string& path, const diff::Side& wanted, std::optional<std::uint16_t> seen) {
  ModeChange change{path, wanted.attributes->mode, *wanted.entry, seen};
  if (wanted.attributes->owner) change.full = *wanted.attributes;
  return change;
}

class Planner {
 public:
  Planner(const std::vector<diff::Change>& differences, const DiskState& disk, Overwrite overwrite)
      : disk_(disk), overwrite_(overwrite) {
    for (const diff::Change& difference : differences) differences_.emplace(difference.path, &difference);
    for (const changes::Change& change : disk.against_from) uncommitted_.emplace(change.path, &change);
  }

  Plan run() {
    if (!disk_.scan.skipped.empty()) plan_around_skipped();
    for (const changes::Change& change : disk_.against_to) plan_change(change);
    for (const auto& [path, difference] : differences_) plan_directory(*difference);
    make_missing_parents();
    link_to_present();
    auto& removals = plan_.directory_removals;  // both ways of finding one may have found the same
    std::sort(removals.begin(), removals.end(), std::greater<>());
    removals.erase(std::unique(removals.begin(), removals.end()), removals.end());
    std::sort(plan_.mode_changes.begin(), plan_.mode_changes.end(),
              [](const ModeChange& a, const ModeChange& b) { return a.path > b.path; });
    return std::move(plan_);
  }

 private:
  const diff::Change* difference_at(std::string_view path) const {
    auto found = differences_.find(path);
    return found == differences_.end() ? nullptr : found->second;
  }
  const changes::Change* uncommitted_at(std::string_view path) const {
    auto found = uncommitted_.find(path);
    return found == uncommitted_.end() ? nullptr : found->second;
  }

  /// Takes the differences that concern what nobody has looked at out of the plan.
  void plan_around_skipped() {
    std::map<std::string_view, const changes::Skipped*> in_the_way, kept;
    std::map<std::string_view, const changes::Skipped*> skipped;
    for (const changes::Skipped& each : disk_.scan.skipped) {
      skipped.emplace(each.path, &each);
      if (place_wanted_above(each.path)) in_the_way.emplace(each.path, &each);
    }
    std::erase_if(differences_, [&](const auto& each) {
      const auto& [path, difference] = each;
      const changes::Skipped* found = at_or_above(skipped, path);
      if (found == nullptr) return false;
      if (!difference->to.entry) kept.emplace(found->path, found);
      if (difference->to.entry && !is_place_for(*difference, *found)) in_the_way.emplace(found->path, found);
      return true;
    });
    for (const auto& [path, each] : in_the_way)
      plan_.obstacles.push_back({each->path, changes::to_string(each->reason)});
    for (const auto& [path, each] : kept) plan_.kept.push_back(each->path);
  }

  static const changes::Skipped* at_or_above(const std::map<std::string_view, const changes::Skipped*>& skipped,
                                             std::string_view path) {
    for (; !path.empty(); path = parent_of(path)) {
      auto found = skipped.find(path);
      if (found != skipped.end()) return found->second;
    }
    return nullptr;
  }

  /// A directory that is wanted is there, whatever is in it.
  bool is_place_for(const diff::Change& difference, const changes::Skipped& skipped) const {
    const changes::ScannedEntry* now = disk_.scan.find(difference.path);
    return difference.path == skipped.path && is_directory(difference.to) && now != nullptr && is_directory(*now);
  }

  /// One path at which the disk isn't as the target wants it.
  void plan_change(const changes::Change& change) {
    if (change.kind == ChangeKind::kAdded) return plan_surplus(change);
    const diff::Change* difference = difference_at(change.path);
    if (difference == nullptr || !difference->to.entry) return;  // a path that both versions have alike: carried along
    const diff::Side& wanted = difference->to;
    if (change.kind == ChangeKind::kDeleted) {
      if (is_directory(wanted)) return;
      make(change.path, wanted, std::nullopt);
      if (difference->from.entry) plan_.revived.push_back(change.path);
      return;
    }
    if (change.now == nullptr) return;
    const changes::Change* uncommitted = uncommitted_at(change.path);
    if (uncommitted != nullptr && uncommitted->kind != ChangeKind::kDeleted) {
      bool versioned = uncommitted->kind == ChangeKind::kModified;
      if (!conflict(change.path, versioned ? "has uncommitted changes" : "is not versioned, and in the way")) return;
    }
    replace(change, wanted);
  }

  void replace(const changes::Change& change, const diff::Side& wanted) {
    bool was_directory = is_directory(*change.now);
    if (is_directory(wanted)) {
      if (!was_directory) plan_.removals.push_back({change.path, change.now->stat});
      return;  // made, or its mode set, with the directories
    }
    if (was_directory) {
      plan_.directory_removals.push_back(change.path);
      make(change.path, wanted, std::nullopt);
    } else if (change.content == changes::Content::kSame && may_be_set(wanted)) {
      plan_.mode_changes.push_back(mode_change(change.path, wanted, change.now->stat.mode));
    } else {
      make(change.path, wanted, change.now->stat);
    }
  }

  /// The disk has something that the target doesn't.
  void plan_surplus(const changes::Change& change) {
    const changes::Change* uncommitted = uncommitted_at(change.path);
    bool unversioned = uncommitted != nullptr && uncommitted->kind == ChangeKind::kAdded;
    if (unversioned) {
      auto wanted = place_wanted_above(change.path);
      if (!wanted) {
        plan_.kept.push_back(change.path);
        return;
      }
      if (!conflict(change.path, "is not versioned, and in the way")) return;
      // Directories between that no version knows go with it.
      for (auto above = parent_of(change.path); above.size() > wanted->size(); above = parent_of(above))
        plan_.directory_removals.emplace_back(above);
    }
    bool edited = uncommitted != nullptr && uncommitted->kind == ChangeKind::kModified;
    if (edited && !conflict(change.path, "has uncommitted changes, and the target doesn't have it")) return;
    if (change.now == nullptr) return;
    if (is_directory(*change.now)) {
      plan_.directory_removals.push_back(change.path);
    } else {
      plan_.removals.push_back({change.path, change.now->stat});
    }
  }

  /// The directory above the path in whose place the target has a file or link.
  std::optional<std::string_view> place_wanted_above(std::string_view path) const {
    for (std::string_view above = parent_of(path); !above.empty(); above = parent_of(above)) {
      const diff::Change* difference = difference_at(above);
      if (difference != nullptr && difference->to.entry && !is_directory(difference->to)) return above;
    }
    return std::nullopt;
  }

  /// Notes it; true if the work is to go on all the same.
  bool conflict(const std::string& path, std::string reason) {
    plan_.conflicts.push_back({path, std::move(reason)});
    return overwrite_ == Overwrite::kForce;
  }

  void make(const std::string& path, const diff::Side& wanted, std::optional<sys::Stat> displaces) {
    plan_.makings.push_back(
        {path, *wanted.entry, wanted.attributes.value_or(object::Attributes{}), std::move(displaces)});
  }

  /// Directories that go, come, or get other permissions.
  void plan_directory(const diff::Change& difference) {
    const changes::ScannedEntry* now = disk_.scan.find(difference.path);
    bool on_disk = now != nullptr && is_directory(*now);
    if (is_directory(difference.from) && !is_directory(difference.to)) {
      if (on_disk && !difference.to.entry) plan_.directory_removals.push_back(difference.path);
      return;
    }
    if (!is_directory(difference.to)) return;
    object::Attributes attributes = difference.to.attributes.value_or(object::Attributes{});
    if (!is_directory(difference.from) && !on_disk) {
      plan_.directory_makings.push_back({difference.path, attributes});
    } else if (attributes.mode) {
      plan_directory_mode(difference, *attributes.mode);
    }
  }

  /// Names of a link group that are on disk already.
  void link_to_present() {
    std::set<std::string_view> unlike;
    for (const changes::Change& change : disk_.against_to) unlike.insert(change.path);
    std::map<std::uint64_t, const diff::Change*> present;
    for (const auto& [path, difference] : differences_) {
      const auto& attributes = difference->to.attributes;
      if (!difference->to.entry || !attributes || !attributes->link_group || unlike.contains(path)) continue;
      if (disk_.scan.find(path) != nullptr) present.emplace(*attributes->link_group, difference);
    }
    for (Making& making : plan_.makings) {
      if (!making.attributes.link_group) continue;
      auto found = present.find(*making.attributes.link_group);
      if (found == present.end()) continue;
      const diff::Change& there = *found->second;
      const object::TreeEntry& entry = *there.to.entry;
      const bool same = entry.kind == making.entry.kind && entry.file == making.entry.file &&
                        entry.target == making.entry.target && *there.to.attributes == making.attributes;
      if (same) making.link_to = Making::Present{there.path, disk_.scan.find(there.path)->stat.inode};
    }
  }

  std::optional<std::uint16_t> directory_mode_on_disk(const std::string& path) const {
    const changes::ScannedEntry* now = disk_.scan.find(path);
    if (now != nullptr) return is_directory(*now) ? std::optional(now->stat.mode) : std::nullopt;
    auto found = disk_.directory_modes.find(path);
    return found == disk_.directory_modes.end() ? std::nullopt : std::optional(found->second);
  }

  /// A mode that neither version has is somebody's choice: it stays where the versions agree, else it is in the way.
  void plan_directory_mode(const diff::Change& difference, std::uint16_t wanted) {
    std::optional<std::uint16_t> now = directory_mode_on_disk(difference.path);
    const bool full = difference.to.attributes->owner.has_value();
    if (now == wanted && !full) return;
    auto before = difference.from.attributes ? difference.from.attributes->mode : std::nullopt;
    bool chosen = is_directory(difference.from) && now && before && *now != *before && *now != wanted;
    if (chosen && overwrite_ == Overwrite::kRefuse) {
      if (*before != wanted) conflict(difference.path, "has other permissions than either version");
      return;
    }
    plan_.mode_changes.push_back(mode_change(difference.path, difference.to, now));
  }

  /// Directories that both versions have but that somebody removed, and in which something has to be made now.
  void make_missing_parents() {
    std::set<std::string, std::less<>> known;
    for (const DirectoryMaking& directory : plan_.directory_makings) known.insert(directory.path);
    std::vector<DirectoryMaking> missing;
    auto add_above = [&](std::string_view path) {
      for (std::string_view above = parent_of(path); !above.empty(); above = parent_of(above)) {
        const changes::ScannedEntry* now = disk_.scan.find(above);
        if (now != nullptr && is_directory(*now)) break;
        if (!known.insert(std::string(above)).second) break;
        missing.push_back({std::string(above), {}});
      }
    };
    for (const Making& making : plan_.makings) add_above(making.path);
    for (const DirectoryMaking& directory : plan_.directory_makings) add_above(directory.path);
    plan_.directory_makings.insert(plan_.directory_makings.end(), missing.begin(), missing.end());
    std::sort(plan_.directory_makings.begin(), plan_.directory_makings.end(),
              [](const DirectoryMaking& a, const DirectoryMaking& b) { return a.path < b.path; });
  }

  const DiskState& disk_;
  Overwrite overwrite_;
  std::map<std::string_view, const diff::Change*> differences_;
  std::map<std::string_view, const changes::Change*> uncommitted_;
  Plan plan_;
};

}  // namespace

Plan make_plan(const std::vector<diff::Change>& differences, const DiskState& disk, Overwrite overwrite) {
  return Planner(differences, disk, overwrite).run();
}

diff::Side with_special_entry(diff::Side side) {
  if (side.entry || !side.attributes || !side.attributes->special) return side;
  side.entry.emplace();
  side.entry->kind = object::entry_kind(side.attributes->special->kind);
  return side;
}

std::vector<std::string> paths_to_scan(const std::vector<diff::Change>& differences) {
  std::vector<std::string> paths;
  for (const diff::Change& difference : differences) {
    bool same_directory = is_directory(difference.from) && is_directory(difference.to);
    if (!same_directory) paths.push_back(difference.path);
  }
  return paths;
}

std::vector<std::string> directories_to_stat(const std::vector<diff::Change>& differences) {
  std::vector<std::string> paths;
  for (const diff::Change& difference : differences) {
    if (is_directory(difference.from) && is_directory(difference.to)) paths.push_back(difference.path);
  }
  return paths;
}

std::vector<std::string> Plan::describe() const {
  std::vector<std::string> lines;
  for (const Removal& removal : removals) lines.push_back("remove " + removal.path);
  for (const std::string& directory : directory_removals) lines.push_back("remove directory " + directory);
  for (const DirectoryMaking& directory : directory_makings) lines.push_back("make directory " + directory.path);
  for (const Making& making : makings) lines.push_back((making.displaces ? "replace " : "make ") + making.path);
  for (const ModeChange& change : mode_changes)
    lines.push_back((change.full.owner ? "change attributes of " : "change mode of ") +
                    (change.path.empty() ? "." : change.path));
  return lines;
}

}  // namespace cowstore::checkout
