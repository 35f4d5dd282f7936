#include <set>

#include "base/try.hpp"
#include "repo/private_copy.hpp"
#include "repo/registered.hpp"
#include "repo/staging.hpp"
#include "repo/worktrees.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::repo {

namespace {

using Report = WorktreePruneReport;

class Pruning {
 public:
  Pruning(Session& session, const WorktreePruneOptions& options) : session_(session), options_(options) {}

  Result<Report> run() {
    all_ = COWSTORE_TRY(registered_copies(session_));
    COWSTORE_TRY(sweep_directories());
    COWSTORE_TRY(sweep_private_copies());
    COWSTORE_TRY(drop_registrations());
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool really() const { return options_.run == WorktreePruneOptions::Run::kReally; }

  /// Where further working copies are made, most are made.
  [[nodiscard]] std::set<std::string> directories() const {
    std::set<std::string> found;
    for (const std::string& directory : options_.directories) found.insert(settled_path(directory));
    for (const Registered& each : all_) found.insert(directory_above(each.path));
    found.insert(directory_above(session_.copy.path));
    return found;
  }

  /// First, so that what gets its name back is no longer missing.
  Result<void> sweep_directories() {
    for (const std::string& directory : directories()) {
      for (Leftover& leftover : leftovers_in(directory, session_.copy.store_path(), session_.context))
        COWSTORE_TRY(sweep(leftover));
    }
    return {};
  }

  Result<void> sweep_private_copies() {
    for (const AbandonedCopy& each : COWSTORE_TRY(abandoned_copies(session_))) {
      auto removed = really() ? remove_abandoned(session_, each) : Result<void>();
      if (!removed) {
        COWSTORE_TRY(keep(each.path, removed.error().message()));
      } else {
        report_.removed.push_back({each.path, "left by an interrupted `cowstore run`"});
      }
    }
    return {};
  }

  Result<void> sweep(const Leftover& leftover) {
    std::string path = leftover.directory + "/" + leftover.name;
    if (leftover.use == Leftover::Use::kForeign) return {};
    if (leftover.use == Leftover::Use::kBusy) return keep(path, "a command is at work in it");
    if (leftover.use == Leftover::Use::kUnknown) return keep(path, "it can't be looked into");
    const Registered* owner = leftover.kind == Leftover::Kind::kRemoving ? owner_of(leftover) : nullptr;
    if (owner != nullptr) return give_back(leftover, *owner);
    const char* what =
        leftover.kind == Leftover::Kind::kPartial ? "left by an interrupted command" : "left by an interrupted removal";
    if (really()) {
      sys::Dir parent = COWSTORE_TRY(sys::Dir::open(leftover.directory));
      auto removed = sys::remove_subvolume(parent, leftover.name);
      if (!removed) return keep(path, removed.error().message());
    }
    report_.removed.push_back({path, what});
    return {};
  }

  /// As long as it is registered nothing in it has been removed.
  Result<void> give_back(const Leftover& leftover, const Registered& owner) {
    std::string path = leftover.directory + "/" + leftover.name;
    if (directory_above(owner.path) != leftover.directory)
      return keep(path, "it is " + owner.path + ", which was moved");
    if (really()) {
      sys::Dir parent = COWSTORE_TRY(sys::Dir::open(leftover.directory));
      auto renamed = parent.rename(leftover.name, parent, name_in_directory(owner.path), sys::RenameMode::kNoReplace);
      if (!renamed) return keep(path, renamed.error().message());
    }
    restored_.insert(owner.id);
    report_.restored.push_back({owner.path, "its removal was interrupted before anything was lost"});
    return {};
  }

  Result<void> keep(const std::string& path, const std::string& why) {
    report_.kept.push_back({path, why});
    return {};
  }

  [[nodiscard]] const Registered* owner_of(const Leftover& leftover) const {
    for (const Registered& each : all_) {
      if (is_same(each, leftover.uuid, leftover.home_id)) return &each;
    }
    return nullptr;
  }

  /// The main working copy is where the store is, whatever the view says of it.
  [[nodiscard]] bool is_main(const Registered& each) const {
    auto main = open_working_copy(directory_above(directory_above(session_.copy.store_path())));
    return main && registration_of(all_, *main) == &each;
  }

  Result<void> drop_registrations() {
    refs::NewOperation operation = session_.new_operation();
    operation.worktree.clear();  // in nobody's name: there is nothing that undo could bring back
    auto state = COWSTORE_TRY(session_.log.current());
    for (const Registered& each : all_) {
      if (each.id == session_.copy.home.id || restored_.contains(each.id)) continue;
      Found found = look_at(each, all_);
      if (found.copy) continue;
      if (found.state != WorktreeState::kMissing || is_main(each)) {
        COWSTORE_TRY(keep(each.path, is_main(each) ? "it was moved: `cowstore worktree repair` in it" : found.reason));
        continue;
      }
      for (refs::Change& change : without(state->view, each.id)) operation.changes.push_back(std::move(change));
      report_.dropped.push_back({each.path, "its directory is gone"});
    }
    if (operation.changes.empty() || !really()) return {};
    COWSTORE_TRY(session_.append(operation));
    return {};
  }

  Session& session_;
  const WorktreePruneOptions& options_;
  std::vector<Registered> all_;
  std::set<std::string> restored_;
  Report report_;
};

}  // namespace

Result<WorktreePruneReport> prune_worktrees(Session& session, const WorktreePruneOptions& options) {
  return Pruning(session, options).run();
}

}  // namespace cowstore::repo
