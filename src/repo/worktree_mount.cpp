#include "base/try.hpp"
#include "repo/overlay.hpp"
#include "repo/worktree_lock.hpp"
#include "repo/worktrees.hpp"

namespace cowstore::repo {

namespace {

Result<Registered> find_overlay(Session& session, const std::string& path, const std::string& as_given,
                                const std::string& operation) {
  Registered registered = COWSTORE_TRY(find_registered(session, settled_path(path), as_given));
  if (registered.lower) return registered;
  return Error{ErrorCode::kUsage, 0, operation, registered.path, "it is no overlay: it is simply there", ""};
}

}  // namespace

Result<WorktreeMountReport> mount_worktree(Session& session, const std::string& path, const std::string& as_given) {
  sys::FileLock lock = COWSTORE_TRY(lock_worktrees(session));
  Registered registered = COWSTORE_TRY(find_overlay(session, path, as_given, "mount"));
  WorktreeMountReport report;
  report.id = registered.id;
  report.path = registered.path;
  report.changed = COWSTORE_TRY(mount_overlay(session, registered));
  return report;
}

Result<std::vector<std::string>> unmounted_worktrees(Session& session) {
  std::vector<std::string> paths;
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  for (const Registered& each : all) {
    if (each.lower && !look_at(each, all).copy) paths.push_back(each.path);
  }
  return paths;
}

Result<WorktreeMountReport> unmount_worktree(Session& session, const std::string& path, const std::string& as_given) {
  sys::FileLock lock = COWSTORE_TRY(lock_worktrees(session));
  Registered registered = COWSTORE_TRY(find_overlay(session, path, as_given, "unmount"));
  if (registered.id == session.copy.home.id)
    return Error{ErrorCode::kConflict,
                 0,
                 "unmount",
                 registered.path,
                 "the command runs in it",
                 "run it in another working copy (-C DIR)"};
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  WorktreeMountReport report;
  report.id = registered.id;
  report.path = registered.path;
  Found found = look_at(registered, all);
  report.changed = found.copy.has_value();
  if (report.changed) COWSTORE_TRY(HiddenOverlay::take(session, registered, std::move(found)));
  return report;
}

}  // namespace cowstore::repo
