#include "repo/disk_use.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_set>
#include <utility>

#include "base/try.hpp"
#include "maint/commit_weights.hpp"
#include "object/commit.hpp"
#include "repo/overlay_place.hpp"

namespace cowstore::repo {

namespace {

constexpr std::array<const char*, 5> kParts = {"loose", "packs", "index", "log", "templates"};
constexpr const char* kOther = "other";

SpaceUse use_of(const space::Usage& usage) {
  return {usage.files, usage.unreadable, usage.apparent, usage.exclusive, usage.shared, usage.inlined, usage.encoded};
}

/// The trees to measure, and who they are.
class Trees {
 public:
  explicit Trees(Session& session) : session_(session) {}

  Result<Measured> measure() {
    all_ = COWSTORE_TRY(registered_copies(session_));
    for (const Registered& each : all_) add_copy(each);
    COWSTORE_TRY(add_store());
    space::CensusOptions options;
    options.progress = session_.context.progress;
    measured_.census = COWSTORE_TRY(space::take_census(trees_, session_.pool(), options));
    std::size_t owner = 0;  // in the order of trees_
    for (WorktreeSpace& copy : measured_.worktrees) copy.use = use_of(measured_.census.usage[owner++]);
    for (StoreSpace& part : measured_.store) part.use = use_of(measured_.census.usage[owner++]);
    return std::move(measured_);
  }

 private:
  /// Paths relative to `root` of what lies in it and counts on its own.
  [[nodiscard]] std::vector<std::string> within(const std::string& root) const {
    std::vector<std::string> paths;
    auto add = [&](const std::string& path) {
      if (path != root && is_within(path, root)) paths.push_back(path.substr(root.size() + 1));
    };
    for (const Registered& each : all_) add(each.path);
    add(session_.copy.store_path());
    return paths;
  }

  /// Of an overlay only the upper directory is its own, mounted or not.
  bool add_overlay(const Registered& each) {
    auto place = open_overlay_place(session_, each.id);
    if (!each.lower || !place) return false;
    add_tree(each, std::move(place->upper), {});
    return true;
  }

  void add_tree(const Registered& each, sys::Dir root, std::vector<std::string> others) {
    roots_.push_back(std::move(root));
    trees_.push_back({&roots_.back(), std::move(others)});
    WorktreeSpace space;
    space.id = each.id;
    space.path = each.path;
    space.main = holds_store(session_, each.path);
    space.current = each.id == session_.copy.home.id;
    measured_.worktrees.push_back(std::move(space));
  }

  void add_copy(const Registered& each) {
    if (add_overlay(each)) return;
    Found found = look_at(each, all_);
    if (!found.copy) {
      std::string why = found.reason.empty() ? to_string(found.state) : found.reason;
      measured_.left_out.push_back(each.path + ": " + why);
      return;
    }
    add_tree(each, std::move(found.copy->root), within(each.path));
  }

  Result<void> add_store() {
    const sys::Dir& store = session_.store->dir();
    std::vector<std::string> rest = within(session_.copy.store_path());
    for (const char* part : kParts) {
      auto opened = store.open_dir(part);
      if (!opened && opened.error().code == ErrorCode::kNotFound) continue;
      if (!opened) return std::move(opened).error();
      roots_.push_back(std::move(*opened));
      trees_.push_back({&roots_.back(), {}});
      measured_.store.push_back({part, {}});
      rest.emplace_back(part);
    }
    rest.emplace_back("overlays");  // of working copies
    trees_.push_back({&store, std::move(rest)});
    measured_.store.push_back({kOther, {}});
    return {};
  }

  Session& session_;
  std::vector<Registered> all_;
  std::deque<sys::Dir> roots_;
  std::vector<space::Tree> trees_;
  Measured measured_;
};

struct Dated {
  CommitId id;
  object::Commit commit;
};

/// All that branches, tags and working copies reach, the newest first.
Result<std::vector<Dated>> reachable_commits(Session& session) {
  auto state = COWSTORE_TRY(session.state());
  std::vector<CommitId> open;
  for (const auto& [key, value] : state->view.all()) {
    if (auto commit = state->view.commit(key)) open.push_back(*commit);
  }
  std::unordered_set<CommitId, DigestHash> seen;
  std::vector<Dated> found;
  while (!open.empty()) {
    CommitId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    object::Commit commit = COWSTORE_TRY(object::read_commit(*session.store, id));
    open.insert(open.end(), commit.parents.begin(), commit.parents.end());
    found.push_back({id, std::move(commit)});
  }
  std::sort(found.begin(), found.end(), [](const Dated& a, const Dated& b) {
    return std::pair(b.commit.time.at, b.id) < std::pair(a.commit.time.at, a.id);
  });
  return found;
}

Result<void> add_commits(Session& session, std::uint64_t limit, DiskUse& use) {
  std::vector<Dated> found = COWSTORE_TRY(reachable_commits(session));
  use.commits_in_all = found.size();
  if (limit == 0) return {};
  std::vector<CommitId> all;
  for (const Dated& each : found) all.push_back(each.id);
  std::vector<CommitId> wanted(all.begin(),
                               all.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(limit, all.size())));
  auto weights = COWSTORE_TRY(maint::weigh_commits(*session.store, all, wanted));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const object::Commit& commit = found[i].commit;
    const maint::CommitWeight& weight = weights[i];
    use.commits.push_back({wanted[i], commit.time.at, commit.time.utc_offset_minutes, commit.message, weight.files,
                           weight.apparent, weight.exclusive, weight.shared});
  }
  return {};
}

std::string name_of(const Measured& measured, space::Owner owner) {
  std::size_t copies = measured.worktrees.size();
  return owner < copies ? measured.worktrees[owner].path : "store/" + measured.store[owner - copies].part;
}

}  // namespace

Result<Measured> measure_all(Session& session) {
  return Trees(session).measure();
}

Result<DiskUse> disk_use(Session& session, const DiskUseOptions& options) {
  Measured measured = COWSTORE_TRY(measure_all(session));
  DiskUse use;
  for (const space::Group& group : measured.census.groups) {
    SharedSpace shared;
    for (space::Owner owner : group.owners) shared.owners.push_back(name_of(measured, owner));
    shared.others = group.others == space::Group::Others::kSome;
    shared.bytes = group.bytes;
    use.sharing.push_back(std::move(shared));
  }
  use.on_disk = measured.census.on_disk;
  use.complete = measured.census.complete;
  use.worktrees = std::move(measured.worktrees);
  use.store = std::move(measured.store);
  use.left_out = std::move(measured.left_out);
  std::stable_partition(use.worktrees.begin(), use.worktrees.end(),
                        [](const WorktreeSpace& copy) { return copy.main; });
  COWSTORE_TRY(add_commits(session, options.commits, use));
  return use;
}

}  // namespace cowstore::repo
