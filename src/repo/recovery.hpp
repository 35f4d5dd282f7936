// Finishing what a crash interrupted in a working copy.
#pragma once

#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// If a journal tells of an interrupted command and nobody holds the working copy, finishes that command.
Result<void> recover_if_interrupted(Session& session);
/// The same for somebody who holds the lock.
Result<void> recover(Session& session, const sys::FileLock& lock);

/// Takes the lock, and finishes what was interrupted before it was taken.
Result<sys::FileLock> lock_and_recover(Session& session);

}  // namespace cowstore::repo
