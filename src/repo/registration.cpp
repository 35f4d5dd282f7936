#include "repo/registration.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "checkout/journal.hpp"
#include "refs/names.hpp"
#include "repo/directories.hpp"
#include "repo/head_at.hpp"
#include "sys/error.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kDefaultBranch = "main";
constexpr const char* kUuid = "uuid";
constexpr std::size_t kIdDigits = 16;

/// The first operation: this working copy exists, and follows a branch that its first commit will make.
Result<void> register_first(Session& session) {
  refs::NewOperation operation = session.new_operation();
  operation.changes = {{session.key("branch"), std::nullopt, kDefaultBranch},
                       {session.key("path"), std::nullopt, session.copy.path}};
  add_uuid(session, operation.changes);
  COWSTORE_TRY(session.append(operation));
  return {};
}

/// By what its home says, or was taken to say.
Result<void> register_from_home(Session& session, const std::optional<std::string>& method = std::nullopt) {
  refs::NewOperation operation = session.new_operation();
  const Home& home = session.copy.home;
  if (home.commit) operation.changes.push_back({session.key("commit"), std::nullopt, home.commit->hex()});
  if (home.branch) operation.changes.push_back({session.key("branch"), std::nullopt, *home.branch});
  if (method) operation.changes.push_back({session.key("method"), std::nullopt, *method});
  operation.changes.push_back({session.key("path"), std::nullopt, session.copy.path});
  add_uuid(session, operation.changes);
  auto appended = session.append(operation);
  if (!appended && appended.error().code != ErrorCode::kConflict) return std::move(appended).error();
  return {};  // a conflict: somebody else has registered it by now
}

/// Who brought its own store along (`cp -a` of a whole repository) is alone in it.
bool brought_its_store(const Session& session) {
  return session.copy.store_place == WorkingCopy::StorePlace::kWithin;
}

/// Whether the directory where this working copy was registered still is that working copy, and this is another one.
bool is_copy_of(const Session& session, const std::string& registered_path) {
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

void notice_copy(const Session& session, const std::string& original) {
  if (session.context.notice)
    session.context.notice("a copy of the working copy " + original + ": registered as one of its own");
}

/// What the original had checked out when the copy was made: with a later commit of the original as its HEAD, the first
/// commit in the copy would take that back in silence.
Result<PastHead> head_when_copied(Session& session, const refs::View& view, const std::string& original_id,
                                  std::optional<Timestamp> copied) {
  // A file system's clock is behind by up to a tick.
  constexpr std::uint32_t kTick = 10'000'000;
  constexpr std::uint32_t kSecond = 1'000'000'000;
  Timestamp moment = copied.value_or(session.context.now());
  moment.nanoseconds += kTick;
  moment.seconds += moment.nanoseconds / kSecond;
  moment.nanoseconds %= kSecond;
  return head_at(session.log, view, original_id, moment);
}

Result<void> part_from_original(Session& session, const refs::View& view, const std::string& original) {
  auto lock = COWSTORE_TRY(lock_working_copy(session.copy, session.context));
  Home home = COWSTORE_TRY(read_home(session.copy.control));
  if (home.id == session.copy.home.id) {
    PastHead head =
        COWSTORE_TRY(head_when_copied(session, view, home.id, COWSTORE_TRY(session.copy.control.birth_time())));
    home.commit = head.commit;
    home.branch = head.branch;
    home.id = new_working_copy_id();
    home.store = session.copy.store_path();
    home.store_at.reset();
    COWSTORE_TRY(drop_copied_journal(session.copy.control));
    COWSTORE_TRY(write_home(session.copy.control, home));
    notice_copy(session, original);
  }
  session.copy.home = home;
  return register_from_home(session);
}

/// The view tells a snapshot from its source by the UUID: nothing need be written inside, and it may be read-only.
Result<void> register_snapshot(Session& session, const refs::View& view, const std::string& original_id) {
  {
    auto lock = try_lock_working_copy(session.copy, session.context);
    if (lock && *lock) COWSTORE_TRY(drop_copied_journal(session.copy.control));
  }
  session.copy.home.id = id_of_subvolume(session.copy.uuid);
  PastHead head = COWSTORE_TRY(
      head_when_copied(session, view, original_id, COWSTORE_TRY(sys::subvolume_info(session.copy.root)).made));
  session.copy.home.commit = head.commit;
  session.copy.home.branch = head.branch;
  notice_copy(session, view.get(refs::worktree_key(original_id, "path")).value_or(original_id));
  return register_from_home(session, "snapshot");
}

/// A template may be a snapshot of a registered working copy: that makes it none.
bool is_template(const WorkingCopy& copy) {
  return copy.home.id == kTemplateId && is_within(copy.path, copy.store_path());
}

Error no_working_copy(const std::string& path) {
  return {ErrorCode::kUnsupported,
          0,
          "use as a working copy",
          path,
          "it is a template, of which working copies are made",
          "`cowstore checkout REV DIR` makes one"};
}

/// A copy of a template: what a checkout made of it and couldn't register any more, or what somebody copied by hand.
Result<void> register_from_template(Session& session) {
  if (!session.copy.uuid.empty()) {
    session.copy.home.id = id_of_subvolume(session.copy.uuid);
    return register_from_home(session, "snapshot");
  }
  auto lock = COWSTORE_TRY(lock_working_copy(session.copy, session.context));
  Home home = COWSTORE_TRY(read_home(session.copy.control));
  if (home.id == kTemplateId) {
    home.id = new_working_copy_id();
    COWSTORE_TRY(write_home(session.copy.control, home));
  }
  session.copy.home = home;
  return register_from_home(session);
}

/// The working copy that is registered as that subvolume.
std::optional<std::string> registered_as(const refs::View& view, const std::string& uuid) {
  if (uuid.empty()) return std::nullopt;
  std::string likely = id_of_subvolume(uuid);
  if (view.get(refs::worktree_key(likely, kUuid)) == uuid) return likely;
  for (const std::string& id : refs::worktree_ids(view)) {
    if (view.get(refs::worktree_key(id, kUuid)) == uuid) return id;
  }
  return std::nullopt;
}

/// Of which registered working copy this one is a snapshot.
Result<std::optional<std::string>> source_of_snapshot(const Session& session, const refs::View& view) {
  if (session.copy.uuid.empty()) return std::optional<std::string>();
  return registered_as(view, COWSTORE_TRY(sys::subvolume_info(session.copy.root)).parent_uuid);
}

Error foreign_store(const Session& session) {
  return {ErrorCode::kNotFound,
          0,
          "use the store",
          session.copy.store_path(),
          "it knows nothing of the working copy that " + session.copy.path + " is a snapshot of",
          "where its store is now belongs into \"store_at\" of " + session.copy.control.path_of("home")};
}

/// Of a working copy without a store of its own, as a subvolume that the view doesn't know, or as a directory.
Result<void> register_beside(Session& session, const refs::View& view) {
  if (is_template(session.copy)) return no_working_copy(session.copy.path);
  if (auto source = COWSTORE_TRY(source_of_snapshot(session, view))) {
    if (view.get(refs::worktree_key(*source, "path")) != session.copy.path)
      return register_snapshot(session, view, *source);
    // Put in its place, it is the way back to what that was, and goes on under its id.
    session.copy.home.id = *source;
    return {};
  }
  if (session.copy.home.id == kTemplateId) return register_from_template(session);
  auto path = view.get(session.key("path"));
  if (!path && session.copy.home.store_at) return foreign_store(session);
  if (!path) return register_from_home(session);
  if (*path == session.copy.path || !is_copy_of(session, *path)) return {};
  if (!session.copy.uuid.empty()) return register_snapshot(session, view, session.copy.home.id);
  return part_from_original(session, view, *path);
}

Result<void> register_if_needed(Session& session) {
  auto state = COWSTORE_TRY(session.log.current());
  if (auto id = registered_as(state->view, session.copy.uuid)) {
    session.copy.home.id = *id;
    return {};
  }
  if (!brought_its_store(session)) return register_beside(session, state->view);
  if (state->view.contains(session.key("path"))) return {};
  return state->view.size() == 0 ? register_first(session) : register_from_home(session);
}

}  // namespace

Result<void> settle_registration(Session& session) {
  auto settled = register_if_needed(session);
  if (settled || !sys::forbids_writing(settled.error().sys_errno)) return settled;
  return {};
}

Home new_home(const Session& session, const refs::Resolved& revision) {
  Home home;
  home.id = new_working_copy_id();
  home.store = session.copy.store_path();
  home.commit = revision.commit;
  if (!revision.branch.empty()) home.branch = revision.branch;
  return home;
}

Result<void> refresh_home(Session& session, const sys::FileLock&) {
  Home home = COWSTORE_TRY(read_home(session.copy.control));
  const std::string store = session.copy.store_path();
  const bool within = brought_its_store(session);
  const bool store_known = within ? session.copy.uuid.empty() || home.store_at == store : home.store == store;
  if (home.id == session.copy.home.id && store_known) return {};
  auto state = COWSTORE_TRY(session.state());
  home.id = session.copy.home.id;
  home.commit = state->view.commit(session.key("commit"));
  home.branch = state->view.get(session.key("branch"));
  if (within) home.store_at = session.copy.uuid.empty() ? std::nullopt : std::optional(store);
  if (!within) home.store = store;
  if (!within) home.store_at.reset();
  COWSTORE_TRY(write_home(session.copy.control, home));
  session.copy.home = home;
  return {};
}

void add_uuid(const Session& session, std::vector<refs::Change>& changes) {
  if (auto uuid = session.copy.recorded_uuid()) changes.push_back({session.key(kUuid), std::nullopt, *uuid});
}

std::string id_of_subvolume(const std::string& uuid) {
  std::string digits;
  std::copy_if(uuid.begin(), uuid.end(), std::back_inserter(digits), [](char c) { return c != '-'; });
  digits.resize(std::min(digits.size(), kIdDigits));
  return digits;
}

}  // namespace cowstore::repo
