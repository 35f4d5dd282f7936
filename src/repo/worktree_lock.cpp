#include "repo/worktree_lock.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kLock = "worktrees.lock";

}  // namespace

Result<sys::FileLock> lock_worktrees(const Session& session) {
  const sys::Dir& store = session.store->dir();
  auto tried = sys::FileLock::try_acquire(store, kLock, session.context.command_line);
  if (!tried) return explain_read_only(std::move(tried).error());
  if (*tried) return std::move(**tried);
  if (session.context.notice) {
    session.context.notice("waiting for another cowstore that removes or moves working copies: " +
                           sys::FileLock::holder(store, kLock));
  }
  return sys::FileLock::acquire(store, kLock, session.context.command_line);
}

}  // namespace cowstore::repo
