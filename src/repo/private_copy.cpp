#include "repo/private_copy.hpp"

#include <utility>
#include <vector>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/full_disk.hpp"
#include "repo/overlay.hpp"
#include "repo/registered.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kPlaces = "run";
constexpr const char* kCopy = "copy";
constexpr const char* kLock = "lock";

/// All that the view says of working copies at or below a directory, as changes that take it away.
std::vector<refs::Change> registrations_in(const refs::View& view, const std::string& directory) {
  std::vector<refs::Change> changes;
  for (const std::string& id : refs::worktree_ids(view)) {
    auto path = view.get(refs::worktree_key(id, "path"));
    if (!path || !is_within(*path, directory)) continue;
    for (refs::Change& change : without(view, id)) changes.push_back(std::move(change));
  }
  return changes;
}

/// Overlays at or below it: nothing is removed through a mount.
Result<std::vector<Registered>> unmount_overlays(Session& session, const std::string& directory) {
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  std::vector<Registered> overlays;
  for (const Registered& each : all) {
    if (!each.lower || !is_within(each.path, directory)) continue;
    COWSTORE_TRY(HiddenOverlay::take(session, each, look_at(each, all)));
    overlays.push_back(each);
  }
  return overlays;
}

Result<void> remove_overlays(Session& session, const std::vector<Registered>& overlays) {
  if (overlays.empty()) return {};
  sys::FileLock lock = COWSTORE_TRY(lock_overlays(session));
  for (const Registered& each : overlays) COWSTORE_TRY(remove_orphan(session, each.id, each.path));
  return {};
}

Result<void> unregister(Session& session, const std::string& directory) {
  refs::NewOperation operation = session.new_operation();
  operation.changes = registrations_in(COWSTORE_TRY(session.log.current())->view, directory);
  if (operation.changes.empty()) return {};
  // No more durable than the removal that follows.
  auto appended = with_reserve(session, [&] { return session.append(operation, refs::Durability::kWithTheNext); });
  return appended ? Result<void>() : std::move(appended).error();
}

/// With the lock under which places are made and looked for, nobody takes one that is just being made for abandoned.
Result<sys::FileLock> lock_places(const Session& session, const sys::Dir& all) {
  return sys::FileLock::acquire(all, kLock, session.context.command_line);
}

/// The place with the working copy in it, which is gone at once where that is a subvolume. It goes even if the view
/// can't be written: its space may be what a full disk needs.
Result<void> remove_place(Session& session, const sys::Dir& all, const std::string& name) {
  auto overlays = COWSTORE_TRY(unmount_overlays(session, all.path_of(name)));
  auto unregistered = unregister(session, all.path_of(name));
  COWSTORE_TRY(remove_overlays(session, overlays));
  sys::Dir place = COWSTORE_TRY(all.open_dir(name));
  COWSTORE_TRY(sys::remove_subvolume(place, kCopy));
  // Without its lock the place would be taken for abandoned as long as it has its name.
  sys::FileLock guard = COWSTORE_TRY(lock_places(session, all));
  COWSTORE_TRY(all.remove_tree(name));
  return unregistered;
}

}  // namespace

PrivatePlace::PrivatePlace(Session& session, sys::Dir all, std::string name, sys::FileLock lock)
    : session_(&session), all_(std::move(all)), name_(std::move(name)), lock_(std::move(lock)) {}

PrivatePlace::PrivatePlace(PrivatePlace&& other) noexcept
    : session_(other.session_),
      all_(std::move(other.all_)),
      name_(std::exchange(other.name_, {})),
      lock_(std::move(other.lock_)) {}

PrivatePlace::~PrivatePlace() {
  (void)discard();
}

Result<PrivatePlace> PrivatePlace::make(Session& session) {
  auto made = session.store->dir().make_dirs(kPlaces, 0777);
  if (!made) return explain_read_only(std::move(made).error());
  sys::Dir all = COWSTORE_TRY(session.store->dir().open_dir(kPlaces));
  std::vector<AbandonedCopy> abandoned = COWSTORE_TRY(abandoned_copies(session));
  for (const AbandonedCopy& each : abandoned) COWSTORE_TRY(remove_abandoned(session, each));
  sys::FileLock guard = COWSTORE_TRY(lock_places(session, all));
  const std::string name = sys::unique_name();
  COWSTORE_TRY(all.make_dir(name, 0700));
  sys::Dir place = COWSTORE_TRY(all.open_dir(name));
  sys::FileLock lock = COWSTORE_TRY(sys::FileLock::acquire(place, kLock, session.context.command_line));
  return PrivatePlace(session, std::move(all), name, std::move(lock));
}

std::string PrivatePlace::path() const {
  return all_.path_of(name_) + "/" + kCopy;
}

Result<void> PrivatePlace::discard() {
  if (name_.empty()) return {};
  return remove_place(*session_, all_, std::exchange(name_, {}));
}

Result<void> PrivatePlace::keep() {
  sys::Dir place = COWSTORE_TRY(all_.open_dir(name_));
  COWSTORE_TRY(place.unlink(kLock));
  name_.clear();
  return {};
}

Result<std::vector<AbandonedCopy>> abandoned_copies(Session& session) {
  std::vector<AbandonedCopy> abandoned;
  auto all = session.store->dir().open_dir(kPlaces);
  if (!all && all.error().code == ErrorCode::kNotFound) return abandoned;
  if (!all) return std::move(all).error();
  sys::FileLock guard = COWSTORE_TRY(lock_places(session, *all));
  for (const sys::ListedEntry& entry : COWSTORE_TRY(all->list())) {
    auto place = all->open_dir(entry.name);
    if (!place) continue;  // the lock, or removed meanwhile
    const bool kept = !place->exists(kLock) && place->exists(kCopy);
    if (kept) continue;
    auto lock = COWSTORE_TRY(sys::FileLock::try_acquire(*place, kLock, session.context.command_line));
    if (lock) abandoned.push_back({all->path_of(entry.name), std::move(*lock)});
  }
  return abandoned;
}

Result<void> refuse_in_private_copy(Session& session, const std::string& operation) {
  auto state = COWSTORE_TRY(session.log.current());
  const std::string path = state->view.get(session.key("path")).value_or("");
  if (!is_within(path, session.store->dir().path() + "/" + kPlaces)) return {};
  return Error{ErrorCode::kUnsupported,
               0,
               operation,
               session.copy.path,
               "in a private copy of `cowstore run` other working copies may be hidden",
               "do it in the working copy itself"};
}

Result<void> remove_abandoned(Session& session, const AbandonedCopy& abandoned) {
  sys::Dir all = COWSTORE_TRY(sys::Dir::open(directory_above(abandoned.path)));
  return remove_place(session, all, name_in_directory(abandoned.path));
}

Result<void> remove_copy(Session& session, const std::string& path) {
  auto overlays = COWSTORE_TRY(unmount_overlays(session, path));
  COWSTORE_TRY(unregister(session, path));
  COWSTORE_TRY(remove_overlays(session, overlays));
  sys::Dir parent = COWSTORE_TRY(sys::Dir::open(directory_above(path)));
  COWSTORE_TRY(sys::remove_subvolume(parent, name_in_directory(path)));
  return {};
}

}  // namespace cowstore::repo
