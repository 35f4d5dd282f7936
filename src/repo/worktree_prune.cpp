#include <algorithm>
#include <optional>
#include <set>

#include "base/try.hpp"
#include "repo/deleted_copies.hpp"
#include "repo/overlay.hpp"
#include "repo/private_copy.hpp"
#include "repo/registered.hpp"
#include "repo/staging.hpp"
#include "repo/templates.hpp"
#include "repo/worktree_lock.hpp"
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
    deleted_ = COWSTORE_TRY(deleted_copies(session_));
    COWSTORE_TRY(sweep_directories());
    COWSTORE_TRY(sweep_private_copies());
    COWSTORE_TRY(sweep_overlays());
    COWSTORE_TRY(sweep_templates());
    COWSTORE_TRY(drop_registrations());
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool really() const { return options_.run == WorktreePruneOptions::Run::kReally; }

  /// Where further working copies are made, most are made; and where some were, of which nothing else may tell.
  [[nodiscard]] std::set<std::string> directories() const {
    std::set<std::string> found;
    for (const std::string& directory : options_.directories) found.insert(settled_path(directory));
    for (const Registered& each : all_) found.insert(directory_above(each.path));
    for (const DeletedCopy& each : deleted_) found.insert(directory_above(each.path));
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

  Result<void> sweep_templates() {
    DropTemplates options;
    const bool all = options_.templates == WorktreePruneOptions::Templates::kDropUnused;
    if (all) options.keep = 0;
    if (!really()) options.run = DropTemplates::Run::kDryRun;
    for (std::string& path : COWSTORE_TRY(drop_templates(session_, options)))
      report_.removed.push_back(
          {std::move(path), all ? "a template that nobody uses" : "a damaged or half a template"});
    return {};
  }

  Result<void> sweep_overlays() {
    std::optional<sys::FileLock> lock;
    if (really()) lock = COWSTORE_TRY(lock_overlays(session_));
    auto state = COWSTORE_TRY(session_.log.current());
    for (const OrphanedOverlay& each : COWSTORE_TRY(orphaned_overlays(session_, state->view))) {
      auto removed = really() ? remove_orphan(session_, each.id, each.at) : Result<void>();
      if (!removed) {
        COWSTORE_TRY(keep(each.path, removed.error().message()));
      } else {
        report_.removed.push_back({each.path, "left by an interrupted command"});
      }
    }
    return {};
  }

  Result<void> sweep(const Leftover& leftover) {
    std::string path = leftover.directory + "/" + leftover.name;
    if (leftover.use == Leftover::Use::kForeign || is_registered_at(path)) return {};
    const bool removing = leftover.kind == Leftover::Kind::kRemoving;
    const Registered* owner = owner_of(leftover);
    if (owner != nullptr) waiting_.insert(owner->id);
    if (leftover.use == Leftover::Use::kBusy) return keep(path, "a command is at work in it");
    if (leftover.use == Leftover::Use::kUnknown) return keep(path, "it can't be looked into");
    if (removing && owner != nullptr) return give_back(leftover, *owner);
    if (owner != nullptr && !look_at(*owner, all_).copy)  // else it is half a snapshot of that one
      return keep(path, "it is " + owner->path + ", which was moved");
    if (removing && !is_recorded(leftover))
      return keep(path, "the operation log doesn't say that it was removed: if nothing in it is wanted, delete it");
    const char* what = removing ? "left by an interrupted removal" : "left by an interrupted command";
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
    report_.restored.push_back({owner.path, "its removal was interrupted before anything was lost"});
    return {};
  }

  Result<void> keep(const std::string& path, const std::string& why) {
    report_.kept.push_back({path, why});
    return {};
  }

  /// A working copy may have any name that somebody gave it.
  [[nodiscard]] bool is_registered_at(const std::string& path) const {
    return std::any_of(all_.begin(), all_.end(), [&](const Registered& each) { return each.path == path; });
  }

  [[nodiscard]] bool is_recorded(const Leftover& leftover) const {
    return std::any_of(deleted_.begin(), deleted_.end(),
                       [&](const DeletedCopy& each) { return is_left_of(each, leftover); });
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
    operation.worktree.clear();                         // in nobody's name: there is nothing that undo could bring back
    auto state = COWSTORE_TRY(session_.log.current());  // before looking: what is registered anew then is a conflict
    all_ = COWSTORE_TRY(registered_copies(session_));
    for (const Registered& each : all_) {
      if (each.id == session_.copy.home.id || waiting_.contains(each.id)) continue;
      Found found = look_at(each, all_);
      if (found.copy) continue;
      if (found.state != WorktreeState::kMissing || is_half_removed(each) || is_main(each)) {
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
  std::vector<DeletedCopy> deleted_;
  std::set<std::string> waiting_;  ///< ids of those whose directory waits beside its place, or did
  Report report_;
};

}  // namespace

Result<WorktreePruneReport> prune_worktrees(Session& session, const WorktreePruneOptions& options) {
  std::optional<sys::FileLock> lock;
  if (options.run == WorktreePruneOptions::Run::kReally) lock = COWSTORE_TRY(lock_worktrees(session));
  return Pruning(session, options).run();
}

}  // namespace cowstore::repo
