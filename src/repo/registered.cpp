#include "repo/registered.hpp"

#include <algorithm>
#include <cerrno>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/staging.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

constexpr std::size_t kFewestDigits = 4;

Found unreadable(const Error& error) {
  return {WorktreeState::kUnreadable, error.message(), std::nullopt};
}

Found unmounted(const Registered& registered) {
  return {WorktreeState::kNotMounted, "`cowstore worktree mount " + registered.path + "`", std::nullopt};
}

/// Nothing has that path. Where a file system isn't mounted its mount point is an empty directory.
Found absent(const Registered& registered) {
  std::string above = directory_above(registered.path);
  auto opened = sys::Dir::open(above);
  while (!opened && is_absent(opened.error()) && above != "/") {
    above = directory_above(above);
    opened = sys::Dir::open(above);
  }
  if (!opened) return unreadable(opened.error());
  auto stat = opened->stat_self();
  auto names = opened->list();
  if (!stat || !names) return unreadable(!stat ? stat.error() : names.error());
  if (names->empty() && !stat->mount_root)
    return {WorktreeState::kNotMounted, above + " is empty: perhaps something isn't mounted there", std::nullopt};
  if (above != directory_above(registered.path))
    return {WorktreeState::kNotMounted,
            directory_above(registered.path) + " is gone, too: perhaps something isn't mounted there", std::nullopt};
  if (is_half_removed(registered))
    return {WorktreeState::kMissing,
            "its removal was interrupted: `cowstore worktree remove` finishes it, `prune` takes it back", std::nullopt};
  return {WorktreeState::kMissing, "", std::nullopt};
}

/// A directory without a working copy in it.
Found no_working_copy(const sys::Dir& directory) {
  auto names = directory.list();
  if (!names) return unreadable(names.error());
  auto stat = directory.stat_self();
  if (names->empty() && !(stat && stat->mount_root))
    return {WorktreeState::kNotMounted, "it is empty: perhaps something isn't mounted there", std::nullopt};
  return {WorktreeState::kElsewhere, "a directory is there, but no working copy", std::nullopt};
}

/// What is in an overlay is in the store, whatever became of the directory on which it was mounted.
bool is_overlay_hidden(const Registered& registered, const Result<sys::Dir>& root) {
  if (!root) return is_absent(root.error());
  auto home = mount_point_at(registered.path);
  if (home) return home->id == registered.id;
  auto names = root->list();
  return names && names->empty();
}

}  // namespace

Result<std::vector<Registered>> registered_copies(Session& session) {
  auto state = COWSTORE_TRY(session.state());
  std::vector<Registered> copies;
  for (const std::string& id : refs::worktree_ids(state->view)) {
    auto value = [&](const char* field) { return state->view.get(refs::worktree_key(id, field)); };
    Registered copy;
    copy.id = id;
    copy.path = id == session.copy.home.id ? session.copy.path : value("path").value_or("");
    copy.method = value("method").value_or("");
    copy.uuid = value("uuid").value_or("");
    copy.branch = value("branch");
    copy.commit = state->view.commit(refs::worktree_key(id, "commit"));
    copy.lower = state->view.commit(refs::worktree_key(id, "template"));
    copies.push_back(std::move(copy));
  }
  std::sort(copies.begin(), copies.end(), [](const Registered& a, const Registered& b) { return a.path < b.path; });
  return copies;
}

bool is_absent(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR;
}

bool holds_store(const Session& session, const std::string& path) {
  const std::string control = path + "/" + kControlName;
  if (is_within(session.copy.store_path(), control)) return true;
  auto there = sys::Dir::open(control + "/" + kStoreName);
  return there && is_same_directory(*there, session.store->dir());
}

bool holds_store(const Session& session, const WorkingCopy& copy) {
  if (copy.store_place == WorkingCopy::StorePlace::kWithin) return true;
  auto there = copy.control.open_dir(kStoreName);
  return there ? is_same_directory(*there, session.store->dir()) : !is_absent(there.error());
}

bool is_same(const Registered& registered, const std::string& uuid, const std::string& home_id) {
  return registered.uuid.empty() || uuid.empty() ? registered.id == home_id : registered.uuid == uuid;
}

const Registered* registration_of(const std::vector<Registered>& all, const WorkingCopy& copy) {
  const Registered* by_home = nullptr;
  for (const Registered& each : all) {
    if (!each.uuid.empty() && each.uuid == copy.uuid) return &each;
    if (each.id == copy.home.id) by_home = &each;
  }
  return by_home;
}

Found look_at(const Registered& registered, const std::vector<Registered>& all) {
  auto root = sys::Dir::open(registered.path);
  if (registered.lower && is_overlay_hidden(registered, root)) return unmounted(registered);
  if (!root) return is_absent(root.error()) ? absent(registered) : unreadable(root.error());
  auto copy = open_working_copy(registered.path);
  if (!copy && is_absent(copy.error())) return no_working_copy(*root);
  if (!copy) return unreadable(copy.error());
  const Registered* there = registration_of(all, *copy);
  if (there == nullptr || there->id != registered.id)
    return {WorktreeState::kElsewhere, "another working copy is there (" + copy->home.id + ")", std::nullopt};
  copy->home.id = registered.id;
  return {WorktreeState::kUnchecked, "", std::move(*copy)};
}

namespace {

/// Until a command is run in it, a copy of a working copy, or a snapshot, has its original's id.
bool is_original(const WorkingCopy& copy, const Registered& registered, const std::vector<Registered>& all) {
  Found found = look_at(registered, all);
  return !found.copy || is_same_directory(found.copy->root, copy.root);
}

Error unregistered_copy(const std::string& as_given, const WorkingCopy& copy, const Registered& original) {
  bool has_store = copy.store_place == WorkingCopy::StorePlace::kWithin;
  return {ErrorCode::kNotFound,
          0,
          "find the working copy",
          as_given,
          "it is a copy of " + original.path + " that isn't registered",
          has_store ? "it is another repository: its store lies in it"
                    : "any cowstore command in it registers it as one of its own"};
}

/// Of several that were registered at one path, since earlier ones were deleted by hand, that which is there.
const Registered* registered_at(const std::vector<Registered>& all, const std::string& path) {
  const Registered* first = nullptr;
  for (const Registered& each : all) {
    if (each.path != path) continue;
    const Found found = look_at(each, all);
    if (found.copy || (each.lower && found.state == WorktreeState::kNotMounted)) return &each;
    if (first == nullptr) first = &each;
  }
  return first;
}

}  // namespace

Result<Registered> find_registered(Session& session, const std::string& path, const std::string& as_given) {
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  for (const Registered& each : all) {
    if (each.id == as_given) return each;
  }
  if (const Registered* at = registered_at(all, path)) return *at;
  // By what lies there: the directory may have been moved since it was registered.
  auto opened = open_working_copy(path);
  const Registered* there = opened ? registration_of(all, *opened) : nullptr;
  if (there != nullptr && !is_original(*opened, *there, all)) return unregistered_copy(as_given, *opened, *there);
  std::vector<Registered> matches;
  for (const Registered& each : all) {
    bool begins_so = as_given.size() >= kFewestDigits && each.id.starts_with(as_given);
    if (begins_so || there == &each) matches.push_back(each);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.empty())
    return Error{ErrorCode::kNotFound,
                 0,
                 "find the working copy",
                 as_given,
                 "none is registered by that path or id",
                 "`cowstore worktree list` shows all of them"};
  return Error{ErrorCode::kUsage, 0, "find the working copy", as_given, "several ids begin so", "give more digits"};
}

Result<std::unique_ptr<Session>> session_of(const Session& session, WorkingCopy copy) {
  sys::Dir log_dir = COWSTORE_TRY(session.store->dir().open_dir("log"));
  auto log = COWSTORE_TRY(refs::OperationLog::open(std::move(log_dir)));
  return std::make_unique<Session>(session.context, std::move(copy), session.store, std::move(log), session.boot_id);
}

std::vector<refs::Change> without(const refs::View& view, const std::string& id) {
  std::vector<refs::Change> changes;
  for (const auto& [key, value] : view.with_prefix(refs::worktree_key(id, "")))
    changes.push_back({key, value, std::nullopt});
  return changes;
}

}  // namespace cowstore::repo
