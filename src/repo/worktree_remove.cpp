#include "base/name_list.hpp"
#include "base/try.hpp"
#include "changes/compare.hpp"
#include "changes/scan.hpp"
#include "changes/unreadable.hpp"
#include "repo/full_disk.hpp"
#include "repo/overlay.hpp"
#include "repo/overlay_scan.hpp"
#include "repo/recovery.hpp"
#include "repo/registered.hpp"
#include "repo/snapshot.hpp"
#include "repo/staging.hpp"
#include "repo/status.hpp"
#include "repo/worktree_lock.hpp"
#include "repo/worktrees.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kOperation = "remove the working copy";

Error refused(const std::string& path, const std::string& reason, const std::string& hint) {
  return {ErrorCode::kConflict, 0, kOperation, path, reason, hint};
}

Error holds_versions(const std::string& path) {
  return refused(path, "it is the main one, which holds the store: all versions would go with it",
                 "to be rid of the whole repository, remove the directory yourself");
}

/// What is in a working copy and in no version.
struct Work {
  changes::Scan scan;
  std::vector<std::string> paths;      ///< differ from the commit; ignored ones, too
  std::vector<std::string> unkept;     ///< can't be kept for undo, but have no content: sockets, pipes, devices
  std::vector<std::string> untouched;  ///< never removed: each with the reason
  [[nodiscard]] bool none() const { return paths.empty() && unkept.empty(); }
};

void sort_skipped(Work& work) {
  for (const changes::Skipped& skipped : work.scan.skipped) {
    switch (skipped.reason) {
      case changes::SkipReason::kForeignSubvolume:  // an empty directory
        break;
      case changes::SkipReason::kFifo:
      case changes::SkipReason::kSocket:
      case changes::SkipReason::kDevice:
        work.unkept.push_back(skipped.path);
        break;
      default:
        work.untouched.push_back(skipped.path + " (" + changes::to_string(skipped.reason) + ")");
    }
  }
}

Result<Work> find_work(Session& other) {
  Work work;
  Head head = COWSTORE_TRY(other.head());
  index::StatIndex index = other.load_index();
  changes::ScanOptions options;
  options.ignore = changes::IgnoreRules::kNone;
  options.mount_points = changes::MountPoints::kOpaque;
  options.attributes = other.store->config().attributes;
  if (other.context.progress != nullptr) other.context.progress->begin("scanning", 0, 0);
  work.scan = COWSTORE_TRY(scan_against(other, index, options, head.roots));
  changes::find_unreadable(work.scan, other.copy.root);
  changes::CompareTools tools = compare_tools(other);
  for (const changes::Change& change :
       COWSTORE_TRY(changes::compare(work.scan, head.roots, tools, {.detail = changes::Detail::kPathsOnly}))) {
    if (change.path.empty() && !head.commit) continue;  // there is no version that has other permissions
    work.paths.push_back(change.path.empty() ? "." : change.path);
  }
  sort_skipped(work);
  return work;
}

enum class Directory { kAside, kNotThere };

/// One working copy on its way out. Until the operation is appended, everything is taken back.
class Removal {
 public:
  Removal(Session& session, const Registered& registered, Overwrite overwrite)
      : session_(session), registered_(registered), overwrite_(overwrite) {
    report_.id = registered.id;
    report_.path = registered.path;
  }

  /// Of one that is in its place, or waits half removed beside it.
  Result<WorktreeRemoveReport> run(WorkingCopy copy) {
    renamed_ = copy.path != registered_.path;
    other_ = COWSTORE_TRY(session_of(session_, std::move(copy)));
    if (holds_store(session_, other_->copy)) return holds_versions(registered_.path);
    auto lock = COWSTORE_TRY(try_lock_working_copy(other_->copy, session_.context));
    if (!lock) {
      return Error{ErrorCode::kBusy,
                   0,
                   kOperation,
                   registered_.path,
                   "a command is at work in it: " + sys::FileLock::holder(other_->copy.control, "lock"),
                   "wait for its end"};
    }
    COWSTORE_TRY(recover(*other_, *lock));
    if (COWSTORE_TRY(other_->copy.root.stat_self()).mount_root)
      return refused(registered_.path, "a file system is mounted on it", "unmount it first");
    parent_ = COWSTORE_TRY(sys::Dir::open(directory_above(other_->copy.path)));
    COWSTORE_TRY(check(COWSTORE_TRY(find_work(*other_))));
    // So that it is known by what it is, wherever it lies: another subvolume may have been put in its place.
    if (!renamed_) COWSTORE_TRY(other_->note_place());
    COWSTORE_TRY(put_aside());
    auto recorded = keep_and_record(Directory::kAside);
    if (!recorded) {
      (void)put_back();  // else `prune` does it: it is registered
      return std::move(recorded).error();
    }
    remove_files();
    return report_;
  }

  /// Of an overlay, mounted or not.
  Result<WorktreeRemoveReport> run_overlay(Found found) {
    if (found.copy) COWSTORE_TRY(look_before_unmounting(COWSTORE_TRY(open_working_copy(registered_.path))));
    HiddenOverlay hidden = COWSTORE_TRY(HiddenOverlay::take(session_, registered_, std::move(found)));
    auto recorded = look_and_record(hidden);
    other_.reset();
    if (!recorded) {
      auto back = hidden.put_back(registered_.path);  // else `worktree mount` does it: it is registered
      if (!back && session_.context.notice) session_.context.notice(back.error().message());
      return std::move(recorded).error();
    }
    auto removed = hidden.remove();
    if (!removed) leave_overlay(removed.error());
    return report_;
  }

  /// Of one that isn't there: nothing but its entry goes.
  Result<WorktreeRemoveReport> forget() {
    COWSTORE_TRY(record(registered_.commit ? registered_.commit->hex() : "", Directory::kNotThere));
    report_.files = WorktreeRemoveReport::Files::kNotThere;
    return report_;
  }

 private:
  /// So that a refusal takes it from nobody.
  Result<void> look_before_unmounting(WorkingCopy copy) {
    copy.home.id = registered_.id;
    other_ = COWSTORE_TRY(session_of(session_, std::move(copy)));
    auto looked = check(COWSTORE_TRY(find_work(*other_)));
    other_.reset();
    return looked;
  }

  /// When nobody but this process can change anything in it.
  Result<void> look_and_record(HiddenOverlay& hidden) {
    other_ = COWSTORE_TRY(session_of(session_, COWSTORE_TRY(hidden.look())));
    auto lock = COWSTORE_TRY(lock_working_copy(other_->copy, session_.context));
    COWSTORE_TRY(recover(*other_, lock));
    return keep_and_record(Directory::kNotThere);
  }

  [[nodiscard]] Result<void> check(const Work& work) const {
    if (!work.untouched.empty()) {
      return refused(registered_.path, "this in it is never removed: " + base::name_list(work.untouched),
                     "move or unmount it, or make it readable");
    }
    if (overwrite_ == Overwrite::kForce || work.none()) return {};
    std::vector<std::string> paths = work.paths;
    paths.insert(paths.end(), work.unkept.begin(), work.unkept.end());
    return refused(registered_.path, "no version has what is in " + base::name_list(paths),
                   "commit or move it, or use --force: `cowstore undo` then brings it back");
  }

  [[nodiscard]] std::string aside() const { return removing_name(name_in_directory(registered_.path)); }

  /// Nobody finds it by its path from now on.
  Result<void> put_aside() {
    if (renamed_) return {};
    auto renamed = parent_.rename(name_in_directory(registered_.path), parent_, aside(), sys::RenameMode::kNoReplace);
    if (!renamed && renamed.error().sys_errno == EEXIST)
      return refused(registered_.path, parent_.path_of(aside()) + " is in the way",
                     "`cowstore worktree prune` removes what is left of earlier removals");
    COWSTORE_TRY(std::move(renamed));
    if (!is_aside()) return another_was_there();
    renamed_ = true;
    return parent_.sync();  // before the record: else a power cut leaves it in its place, but unregistered
  }

  /// Names are not what is open: somebody may have put another directory, or a link, in its place.
  [[nodiscard]] bool is_aside() const {
    auto named = parent_.stat(aside());
    auto open = other_->copy.root.stat_self();
    return named && open && is_same_directory(*named, *open);
  }

  [[nodiscard]] Error another_was_there() const {
    auto back = put_back();
    const std::string reason = "it was replaced meanwhile";
    if (back) return refused(registered_.path, reason, "look at what is there now, and run it again");
    return refused(registered_.path, reason + "; what is there now is " + parent_.path_of(aside()),
                   "rename that: it stays there until somebody does");
  }

  [[nodiscard]] Result<void> put_back() const {
    return parent_.rename(aside(), parent_, name_in_directory(registered_.path), sys::RenameMode::kNoReplace);
  }

  /// Looks once more: somebody may have written to it until it lost its name.
  Result<void> keep_and_record(Directory directory) {
    Work work = COWSTORE_TRY(find_work(*other_));
    COWSTORE_TRY(check(work));
    Head head = COWSTORE_TRY(other_->head());
    std::optional<CommitId> content = head.commit;
    if (!work.paths.empty()) {
      content = COWSTORE_TRY(take_snapshot(*other_, work.scan, work.paths, head.roots, head.commit)).commit;
      report_.kept = content;
      report_.kept_paths = work.paths.size();
    }
    return record(content ? content->hex() : "", directory);
  }

  Result<void> record(const std::string& content, Directory directory) {
    refs::NewOperation operation = session_.new_operation();
    operation.changes = without(COWSTORE_TRY(session_.log.current())->view, registered_.id);
    // Without the old values nothing could bring it back.
    if (operation.changes.empty())
      return refused(registered_.path, "another command took it out of the list meanwhile", "try again");
    operation.details = COWSTORE_TRY(refs::with_detail(operation.details, kRemovedKey, registered_.id));
    operation.details = COWSTORE_TRY(refs::with_detail(operation.details, kBeforeKey, content));
    if (directory == Directory::kAside)
      operation.details = COWSTORE_TRY(refs::with_detail(operation.details, kDeletedKey, registered_.id));
    COWSTORE_TRY(with_reserve(session_, [&] { return session_.append(operation); }));
    return {};
  }

  /// It is gone for everybody already: what fails here is only left lying.
  void remove_files() {
    if (!is_aside())
      return leave("it was replaced: rename what is there, which `cowstore worktree prune` would remove");
    auto removed = sys::remove_subvolume(parent_, aside());
    if (!removed) return leave(removed.error().message() + "; `cowstore worktree prune` tries again");
    if (*removed == sys::SubvolumeRemoval::kDestroyed) report_.files = WorktreeRemoveReport::Files::kAtOnce;
  }

  void leave(const std::string& why) {
    report_.files = WorktreeRemoveReport::Files::kLeft;
    if (session_.context.notice)
      session_.context.notice("could not remove all of " + parent_.path_of(aside()) + ": " + why);
  }

  void leave_overlay(const Error& error) {
    report_.files = WorktreeRemoveReport::Files::kLeft;
    if (session_.context.notice)
      session_.context.notice("could not remove all that it was: " + error.message() +
                              "; `cowstore worktree prune` tries again");
  }

  Session& session_;
  const Registered& registered_;
  Overwrite overwrite_;
  std::unique_ptr<Session> other_;
  sys::Dir parent_;
  bool renamed_ = false;
  WorktreeRemoveReport report_;
};

Result<WorktreeRemoveReport> forget_absent(Session& session, const Registered& registered, const Found& found,
                                           Overwrite overwrite) {
  bool gone = found.state == WorktreeState::kMissing;
  if (gone || overwrite == Overwrite::kForce) return Removal(session, registered, overwrite).forget();
  return refused(registered.path, found.reason,
                 "--force forgets its registration and leaves alone what is there; if it was moved: `cowstore worktree "
                 "repair NEWPATH`");
}

/// Without that there is nothing in it, mounted or not.
bool has_place(const Session& session, const Registered& registered) {
  auto place = open_overlay_place(session, registered.id);
  return place || place.error().code != ErrorCode::kNotFound;
}

}  // namespace

Result<WorktreeRemoveReport> remove_worktree(Session& session, const std::string& path, const std::string& as_given,
                                             Overwrite overwrite) {
  sys::FileLock lock = COWSTORE_TRY(lock_worktrees(session));
  Registered registered = COWSTORE_TRY(find_registered(session, settled_path(path), as_given));
  if (holds_store(session, registered.path)) return holds_versions(registered.path);
  if (registered.id == session.copy.home.id)
    return refused(registered.path, "the command runs in it", "run it in another working copy (-C DIR)");
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  Found found = look_at(registered, all);
  if (registered.lower && (found.copy || found.state == WorktreeState::kNotMounted) && has_place(session, registered))
    return Removal(session, registered, overwrite).run_overlay(std::move(found));
  if (found.copy) return Removal(session, registered, overwrite).run(std::move(*found.copy));
  // Whatever has its place by now: forgotten, it would be a directory that nobody knows, with all the work in it.
  if (is_half_removed(registered)) {
    WorkingCopy aside = COWSTORE_TRY(open_half_removed(registered));
    aside.home.id = registered.id;
    return Removal(session, registered, overwrite).run(std::move(aside));
  }
  if (found.state == WorktreeState::kUnreadable)
    return Error{ErrorCode::kIo, 0, kOperation, registered.path, found.reason, "make it readable"};
  return forget_absent(session, registered, found, overwrite);
}

}  // namespace cowstore::repo
