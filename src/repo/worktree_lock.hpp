// One at a time: commands that take working copies away, move them, or clear up after such commands.
#pragma once

#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// Held from before the view is read until directories and view agree again, so that nobody takes what is between the
/// two for lost. Waits, and says for whom. Needs a store that can be written.
Result<sys::FileLock> lock_worktrees(const Session& session);

}  // namespace cowstore::repo
