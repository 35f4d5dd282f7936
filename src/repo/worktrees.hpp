// Administration of the working copies of one store. See cowstore/worktree.hpp for what is told.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "cowstore/worktree.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// All that are registered: the main one first, then by path. Refreshes their stat indexes where it may, else writes
/// nothing.
Result<std::vector<WorktreeInfo>> list_worktrees(Session& session, const WorktreeListOptions& options);

/// See Repository::prune_worktrees().
Result<WorktreePruneReport> prune_worktrees(Session& session, const WorktreePruneOptions& options);

/// See Repository::repair_worktrees(). `paths` are absolute.
Result<WorktreeRepairReport> repair_worktrees(Session& session, const std::vector<std::string>& paths);

}  // namespace cowstore::repo
