#include "repo/recovery.hpp"

#include "base/try.hpp"
#include "checkout/journal.hpp"
#include "repo/in_place.hpp"
#include "repo/registration.hpp"
#include "repo/snapshot.hpp"

namespace cowstore::repo {

using checkout::Journal;

namespace {

std::optional<CommitId> commit_of(const refs::NewOperation& operation, std::string_view key) {
  auto hex = refs::detail(operation, key);
  auto digest = hex ? Digest::from_hex(*hex) : std::nullopt;
  return digest ? std::optional(CommitId(*digest)) : std::nullopt;
}

/// Whether nothing is left to be finished.
Result<bool> is_settled(const Session& session) {
  auto journal = COWSTORE_TRY(checkout::read_journal(session.copy.control));
  return !journal || journal->state != Journal::State::kExecuting;
}

}  // namespace

Result<void> recover(Session& session, const sys::FileLock& lock) {
  auto journal = COWSTORE_TRY(checkout::read_journal(session.copy.control));
  if (!journal || journal->state != Journal::State::kExecuting) return {};
  if (session.context.notice) session.context.notice("finishing what was interrupted: " + journal->operation.command);
  InPlaceRequest request;
  request.from = journal->from;
  request.from_commit = commit_of(journal->operation, kBeforeKey);
  request.to = journal->to;
  request.to_commit = commit_of(journal->operation, kAfterKey);
  request.options.times = journal->times;
  request.operation = journal->operation;
  auto resumed = resume_in_place(session, lock, request);
  if (resumed || resumed.error().code == ErrorCode::kConflict) return {};
  Error error = std::move(resumed).error();
  if (error.code == ErrorCode::kNoSpace && COWSTORE_TRY(is_settled(session))) {
    if (session.context.notice) session.context.notice("no space to finish it: the files were put back as they were");
    return {};
  }
  if (error.hint.empty()) {
    error.hint = "to give up on `" + journal->operation.command + "` and keep the files as they are, remove " +
                 session.copy.control.path_of("journal");
  }
  return error;
}

Result<void> recover_if_interrupted(Session& session) {
  if (COWSTORE_TRY(is_settled(session))) return {};
  auto lock = COWSTORE_TRY(try_lock_working_copy(session.copy, session.context));
  if (!lock) return {};  // it isn't interrupted: somebody is at it
  return recover(session, *lock);
}

Result<sys::FileLock> lock_and_recover(Session& session) {
  auto lock = COWSTORE_TRY(lock_working_copy(session.copy, session.context));
  COWSTORE_TRY(recover(session, lock));
  (void)refresh_home(session, lock);  // what it says matters to copies alone
  return lock;
}

}  // namespace cowstore::repo
