// Administration of the working copies of one store. See cowstore/worktree.hpp for what is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "cowstore/worktree.hpp"
#include "refs/undo.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// All that are registered: the main one first, then by path. Refreshes their stat indexes where it may, else writes
/// nothing.
Result<std::vector<WorktreeInfo>> list_worktrees(Session& session, const WorktreeListOptions& options);

/// In the details of an operation that removed a working copy: its id. Beside it stands kBeforeKey: the commit that has
/// all that was in it, "" if that was nothing.
inline constexpr std::string_view kRemovedKey = "removed";
/// And this, if its directory was put aside to be deleted: the same id. What was only forgotten hasn't got it, and
/// nobody deletes its directory, wherever that turns up.
inline constexpr std::string_view kDeletedKey = "deleted";

/// See Repository::remove_worktree(). `path` is `as_given`, absolute.
Result<WorktreeRemoveReport> remove_worktree(Session& session, const std::string& path, const std::string& as_given,
                                             Overwrite overwrite);
/// Undoes it; gives the path. kConflict if something is in its place. Repeatable after a crash.
Result<std::string> bring_back_worktree(Session& session, const refs::UndoPlan& plan);

/// See Repository::move_worktree(). `path` is `as_given`, absolute, as is `to`.
Result<WorktreeMoveReport> move_worktree(Session& session, const std::string& path, const std::string& as_given,
                                         const std::string& to);

/// See Repository::mount_worktree(). `path` is `as_given`, absolute.
Result<WorktreeMountReport> mount_worktree(Session& session, const std::string& path, const std::string& as_given);
Result<WorktreeMountReport> unmount_worktree(Session& session, const std::string& path, const std::string& as_given);
/// Paths of overlays that aren't mounted.
Result<std::vector<std::string>> unmounted_worktrees(Session& session);

/// See Repository::prune_worktrees().
Result<WorktreePruneReport> prune_worktrees(Session& session, const WorktreePruneOptions& options);

/// See Repository::repair_worktrees(). `paths` are absolute.
Result<WorktreeRepairReport> repair_worktrees(Session& session, const std::vector<std::string>& paths);

}  // namespace cowstore::repo
