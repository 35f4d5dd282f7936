#include "checkout/plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>

namespace cowstore::checkout {

namespace {

using changes::ChangeKind;

bool is_directory(const Former& from) {
  return from.kind == object::EntryKind::kDirectory;
}
bool is_directory(const Wanted& wanted) {
  return wanted.kind == object::EntryKind::kDirectory;
}
bool is_directory(const std::shared_ptr<const Wanted>& wanted) {
  return wanted != nullptr && is_directory(*wanted);
}
bool is_directory(const changes::ScannedEntry& entry) {
  return entry.kind == object::EntryKind::kDirectory;
}

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

/// Whether what differs can be set without making the thing anew.
bool may_be_set(const Wanted& wanted) {
  const bool has_mode = wanted.kind != object::EntryKind::kSymlink && wanted.mode;
  return has_mode || wanted.has_owner();
}

/// What is set on a file that has other names is set on those, too: they may be another working copy's.
bool is_the_only_name(const changes::ScannedEntry& entry) {
  return entry.stat.links <= 1;
}

/// Sorted by path; each path once.
template <class Item>
class ByPath {
 public:
  explicit ByPath(const std::vector<Item>& items) {
    sorted_.reserve(items.size());
    for (const Item& item : items) sorted_.push_back(&item);
    std::sort(sorted_.begin(), sorted_.end(), [](const Item* a, const Item* b) { return a->path < b->path; });
  }
  /// nullptr if there is none.
  const Item* find(std::string_view path) const {
    auto at = std::lower_bound(sorted_.begin(), sorted_.end(), path,
                               [](const Item* item, std::string_view wanted) { return item->path < wanted; });
    return at == sorted_.end() || (*at)->path != path ? nullptr : *at;
  }
  template <class Predicate>
  void erase_if(Predicate predicate) {
    std::erase_if(sorted_, [&](const Item* item) { return predicate(*item); });
  }
  auto begin() const { return sorted_.begin(); }
  auto end() const { return sorted_.end(); }

 private:
  std::vector<const Item*> sorted_;
};

class Planner {
 public:
  Planner(const std::vector<Difference>& differences, const DiskState& disk, Overwrite overwrite)
      : disk_(disk), overwrite_(overwrite), differences_(differences), uncommitted_(disk.against_from) {}

  Plan run() {
    if (!disk_.scan.skipped.empty()) plan_around_skipped();
    for (const changes::Change& change : disk_.against_to) plan_change(change);
    for (const Difference* difference : differences_) plan_directory(*difference);
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
  /// Takes the differences that concern what nobody has looked at out of the plan.
  void plan_around_skipped() {
    std::map<std::string_view, const changes::Skipped*> in_the_way, kept;
    std::map<std::string_view, const changes::Skipped*> skipped;
    for (const changes::Skipped& each : disk_.scan.skipped) {
      skipped.emplace(each.path, &each);
      if (place_wanted_above(each.path)) in_the_way.emplace(each.path, &each);
    }
    differences_.erase_if([&](const Difference& difference) {
      const changes::Skipped* found = at_or_above(skipped, difference.path);
      if (found == nullptr) return false;
      if (difference.to == nullptr) kept.emplace(found->path, found);
      if (difference.to != nullptr && !is_place_for(difference, *found)) in_the_way.emplace(found->path, found);
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
  bool is_place_for(const Difference& difference, const changes::Skipped& skipped) const {
    const changes::ScannedEntry* now = disk_.scan.find(difference.path);
    return difference.path == skipped.path && is_directory(difference.to) && now != nullptr && is_directory(*now);
  }

  /// One path at which the disk isn't as the target wants it.
  void plan_change(const changes::Change& change) {
    if (change.kind == ChangeKind::kAdded) return plan_surplus(change);
    const Difference* difference = differences_.find(change.path);
    if (difference == nullptr || difference->to == nullptr)
      return;  // a path that both versions have alike: carried along
    const std::shared_ptr<const Wanted>& wanted = difference->to;
    if (change.kind == ChangeKind::kDeleted) {
      if (is_directory(wanted)) return;
      make(change.path, wanted, nullptr);
      if (difference->from.kind) plan_.revived.push_back(change.path);
      return;
    }
    if (change.now == nullptr) return;
    const changes::Change* uncommitted = uncommitted_.find(change.path);
    if (uncommitted != nullptr && uncommitted->kind != ChangeKind::kDeleted) {
      bool versioned = uncommitted->kind == ChangeKind::kModified;
      if (!conflict(change.path, versioned ? "has uncommitted changes" : "is not versioned, and in the way")) return;
    }
    replace(change, wanted);
  }

  void replace(const changes::Change& change, const std::shared_ptr<const Wanted>& wanted) {
    bool was_directory = is_directory(*change.now);
    if (is_directory(wanted)) {
      if (!was_directory) plan_.removals.push_back({change.path, &change.now->stat});
      return;  // made, or its mode set, with the directories
    }
    if (was_directory) {
      plan_.directory_removals.push_back(change.path);
      make(change.path, wanted, nullptr);
    } else if (change.content == changes::Content::kSame && may_be_set(*wanted) && is_the_only_name(*change.now)) {
      plan_.mode_changes.push_back({change.path, wanted, change.now->stat.mode});
    } else {
      make(change.path, wanted, &change.now->stat);
    }
  }

  /// The disk has something that the target doesn't.
  void plan_surplus(const changes::Change& change) {
    const changes::Change* uncommitted = uncommitted_.find(change.path);
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
      plan_.removals.push_back({change.path, &change.now->stat});
    }
  }

  /// The directory above the path in whose place the target has a file or link.
  std::optional<std::string_view> place_wanted_above(std::string_view path) const {
    for (std::string_view above = parent_of(path); !above.empty(); above = parent_of(above)) {
      const Difference* difference = differences_.find(above);
      if (difference != nullptr && difference->to != nullptr && !is_directory(difference->to)) return above;
    }
    return std::nullopt;
  }

  /// Notes it; true if the work is to go on all the same.
  bool conflict(const std::string& path, std::string reason) {
    plan_.conflicts.push_back({path, std::move(reason)});
    return overwrite_ == Overwrite::kForce;
  }

  void make(const std::string& path, const std::shared_ptr<const Wanted>& wanted, const sys::Stat* displaces) {
    plan_.makings.push_back({path, wanted, displaces});
  }

  /// Directories that go, come, or get other permissions.
  void plan_directory(const Difference& difference) {
    const changes::ScannedEntry* now = disk_.scan.find(difference.path);
    bool on_disk = now != nullptr && is_directory(*now);
    if (is_directory(difference.from) && !is_directory(difference.to)) {
      if (on_disk && difference.to == nullptr) plan_.directory_removals.push_back(difference.path);
      return;
    }
    if (!is_directory(difference.to)) return;
    const object::Attributes attributes = difference.to->attributes();
    if (!is_directory(difference.from) && !on_disk) {
      plan_.directory_makings.push_back({difference.path, attributes});
    } else if (attributes.mode) {
      plan_directory_mode(difference, *attributes.mode);
    }
  }

  /// Names of a link group that are on disk already.
  void link_to_present() {
    const ByPath<changes::Change> unlike(disk_.against_to);
    std::map<std::uint64_t, const Difference*> present;
    for (const Difference* difference : differences_) {
      if (difference->to == nullptr || !difference->to->link_group()) continue;
      const bool there = unlike.find(difference->path) == nullptr && disk_.scan.find(difference->path) != nullptr;
      if (there) present.emplace(*difference->to->link_group(), difference);
    }
    for (Making& making : plan_.makings) {
      if (!making.wanted->link_group()) continue;
      auto found = present.find(*making.wanted->link_group());
      if (found == present.end() || !same_file(*found->second->to, *making.wanted)) continue;
      const std::string& path = found->second->path;
      making.link_to =
          std::make_shared<const Making::Present>(Making::Present{path, disk_.scan.find(path)->stat.inode});
    }
  }

  std::optional<std::uint16_t> directory_mode_on_disk(const std::string& path) const {
    const changes::ScannedEntry* now = disk_.scan.find(path);
    if (now != nullptr) return is_directory(*now) ? std::optional(now->stat.mode) : std::nullopt;
    auto found = disk_.directory_modes.find(path);
    return found == disk_.directory_modes.end() ? std::nullopt : std::optional(found->second);
  }

  /// A mode that neither version has is somebody's choice: it stays where the versions agree, else it is in the way.
  void plan_directory_mode(const Difference& difference, std::uint16_t wanted) {
    std::optional<std::uint16_t> now = directory_mode_on_disk(difference.path);
    const bool full = difference.to->has_owner();
    if (now == wanted && !full) return;
    const auto before = difference.from.mode;
    bool chosen = is_directory(difference.from) && now && before && *now != *before && *now != wanted;
    if (chosen && overwrite_ == Overwrite::kRefuse) {
      if (*before != wanted) conflict(difference.path, "has other permissions than either version");
      return;
    }
    plan_.mode_changes.push_back({difference.path, difference.to, now});
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
  ByPath<Difference> differences_;
  ByPath<changes::Change> uncommitted_;
  Plan plan_;
};

}  // namespace

Plan make_plan(const std::vector<Difference>& differences, const DiskState& disk, Overwrite overwrite) {
  return Planner(differences, disk, overwrite).run();
}

std::vector<std::string> paths_to_scan(const std::vector<Difference>& differences) {
  std::vector<std::string> paths;
  for (const Difference& difference : differences) {
    const bool same_directory = is_directory(difference.from) && is_directory(difference.to);
    if (!same_directory && (paths.empty() || !is_below(difference.path, paths.back())))
      paths.push_back(difference.path);
  }
  return paths;
}

std::vector<std::string> directories_to_stat(const std::vector<Difference>& differences) {
  std::vector<std::string> paths;
  for (const Difference& difference : differences) {
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
    lines.push_back((change.wanted->has_owner() ? "change attributes of " : "change mode of ") +
                    (change.path.empty() ? "." : change.path));
  return lines;
}

}  // namespace cowstore::checkout
