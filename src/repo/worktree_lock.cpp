#include "repo/worktree_lock.hpp"

#include "repo/waiting_lock.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kLock = "worktrees.lock";

}  // namespace

Result<sys::FileLock> lock_worktrees(const Session& session) {
  return acquire_or_wait(session.store->dir(), kLock, session.context, "that removes or moves working copies");
}

}  // namespace cowstore::repo
