#include "repo/registration.hpp"

#include "base/try.hpp"
#include "checkout/journal.hpp"
#include "sys/error.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kDefaultBranch = "main";

/// The first operation: this working copy exists, and follows a branch that its first commit will make.
Result<void> register_first(Session& session) {
  refs::NewOperation operation = session.new_operation();
  operation.changes = {{session.key("branch"), std::nullopt, kDefaultBranch},
                       {session.key("path"), std::nullopt, session.copy.path}};
  COWSTORE_TRY(session.append(operation));
  return {};
}

/// By what its home says.
Result<void> register_from_home(Session& session) {
  refs::NewOperation operation = session.new_operation();
  const Home& home = session.copy.home;
  if (home.commit) operation.changes.push_back({session.key("commit"), std::nullopt, home.commit->hex()});
  if (home.branch) operation.changes.push_back({session.key("branch"), std::nullopt, *home.branch});
  operation.changes.push_back({session.key("path"), std::nullopt, session.copy.path});
  auto appended = session.append(operation);
  if (!appended && appended.error().code != ErrorCode::kConflict) return std::move(appended).error();
  return {};  // a conflict: somebody else has registered it by now
}

/// Whether the directory where this working copy was registered still is that working copy, and this is another one.
/// Who brought its own store along (`cp -a` of a whole repository) is alone in it.
bool is_copy_of(const Session& session, const std::string& registered_path) {
  if (!session.copy.home.store.starts_with('/')) return false;
  auto other = open_working_copy(registered_path);
  if (!other || other->home.id != session.copy.home.id) return false;
  auto theirs = other->control.stat_self();
  auto ours = session.copy.control.stat_self();
  return theirs && ours && (theirs->inode != ours->inode || theirs->device != ours->device);
}

/// A command that was at work when the copy was made goes on in the original. Here it never ends: what it had done so
/// far are changes.
Result<void> drop_copied_journal(const sys::Dir& control) {
  auto journal = COWSTORE_TRY(checkout::read_journal(control));
  if (!journal || journal->state != checkout::Journal::State::kExecuting) return {};
  return checkout::remove_journal(control);
}

Result<void> part_from_original(Session& session, const refs::View& view, const std::string& original) {
  auto lock = COWSTORE_TRY(lock_working_copy(session.copy, session.context));
  Home home = COWSTORE_TRY(read_home(session.copy.control));
  if (home.id == session.copy.home.id) {
    home.commit = view.commit(session.key("commit"));
    home.branch = view.get(session.key("branch"));
    home.id = new_working_copy_id();
    COWSTORE_TRY(drop_copied_journal(session.copy.control));
    COWSTORE_TRY(write_home(session.copy.control, home));
    if (session.context.notice)
      session.context.notice("a copy of the working copy " + original + ": registered as one of its own");
  }
  session.copy.home = home;
  return register_from_home(session);
}

Result<void> register_if_needed(Session& session) {
  auto state = COWSTORE_TRY(session.log.current());
  auto path = state->view.get(session.key("path"));
  if (!path) return state->view.size() == 0 ? register_first(session) : register_from_home(session);
  if (*path == session.copy.path || !is_copy_of(session, *path)) return {};
  return part_from_original(session, state->view, *path);
}

}  // namespace

Result<void> settle_registration(Session& session) {
  auto settled = register_if_needed(session);
  if (settled || !sys::forbids_writing(settled.error().sys_errno)) return settled;
  return {};
}

}  // namespace cowstore::repo
