// What `undo` and `op restore` change. Pure: they plan, the caller appends the plan as an operation and moves the
// files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/operation.hpp"
#include "refs/view.hpp"

namespace cowstore::refs {

/// The key in an undo operation's details that names the operation it undoes (64 hex digits).
inline constexpr std::string_view kUndoesKey = "undoes";

struct UndoPlan {
  Operation undone;             ///< its details tell what the files were ("before", "after", …)
  std::vector<Change> changes;  ///< from its new values back to its old ones
  std::string details;          ///< for the operation to append: {"undoes": id of `undone`}
};

/// Undoes the last operation of working copy `worktree` that is neither an undo nor undone already. `view` is the
/// state after the history's newest operation. kNotFound when there is nothing to undo. kConflict when a key that it
/// changed has another value by now: Error::path is the key, the reason names the later operation.
Result<UndoPlan> plan_undo(const View& view, std::string_view worktree, History& history);

/// The changes that turn `now`'s branches and tags into `then`'s; and, unless `worktree` is empty, what that working
/// copy has checked out (commit and branch), if it is registered in both. Other working copies stay where they are.
std::vector<Change> plan_restore(const View& now, const View& then, std::string_view worktree);

}  // namespace cowstore::refs
