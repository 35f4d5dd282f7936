#include "repo/overlay.hpp"

#include <utility>

#include "base/try.hpp"
#include "diff/diff.hpp"
#include "refs/names.hpp"
#include "repo/full_disk.hpp"
#include "repo/registration.hpp"
#include "repo/staging.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

Home mount_point_home(const Session& session, const std::string& id) {
  Home home;
  home.id = id;
  home.store = session.copy.store_path();
  home.place = Home::Place::kMountPoint;
  return home;
}

/// In place of a directory that is missing or empty.
Result<void> make_mount_point(const Session& session, const std::string& id, const Target& target) {
  BuildDirectory build = COWSTORE_TRY(BuildDirectory::make(target));
  COWSTORE_TRY(write_home(build.control, mount_point_home(session, id)));
  return build.move_to(target);
}

Result<void> attach(const sys::OverlayMount& mount, const std::string& path) {
  sys::Dir point = COWSTORE_TRY(sys::Dir::open(path));
  return mount.attach(point);
}

/// The view's entry. Durable before anybody can write to what nothing else names.
Result<void> append_entry(Session& session, refs::NewOperation operation) {
  auto appended = with_reserve(session, [&] { return session.append(operation); });
  return appended ? Result<void>() : Result<void>(std::move(appended).error());
}

class Making {
 public:
  Making(Session& session, const CheckoutOptions& options, const Target& target, const refs::Resolved& revision)
      : session_(session), options_(options), target_(target), revision_(revision) {}

  Result<CheckoutReport> run() {
    COWSTORE_TRY(expect_may_mount(target_.path()));
    COWSTORE_TRY(expect_unregistered());
    Template lower = COWSTORE_TRY(template_of(session_, revision_.commit, options_.verification));
    home_ = new_home(session_, revision_);
    sys::FileLock lock = COWSTORE_TRY(lock_overlays(session_));
    auto made = make(lower);
    if (!made) {
      take_back();
      return std::move(made).error();
    }
    return report(lower);
  }

 private:
  /// An overlay that isn't mounted leaves an empty directory, or none.
  Result<void> expect_unregistered() {
    for (const Registered& each : COWSTORE_TRY(registered_copies(session_))) {
      if (each.path != target_.path() || !each.lower) continue;
      return Error{ErrorCode::kConflict,
                   0,
                   "check out to",
                   target_.path(),
                   "it is the place of a working copy that isn't mounted",
                   "`cowstore worktree mount " + target_.path() + "` shows it, `cowstore worktree remove` removes it"};
    }
    return {};
  }

  Result<void> make(const Template& lower) {
    OverlayPlace place = COWSTORE_TRY(make_overlay_place(session_, home_, lower.tree));
    has_place_ = true;
    if (place.xattrs == sys::OverlayXattrs::kUser) COWSTORE_TRY(expect_own_files());
    COWSTORE_TRY(note_mount_point(place, target_.path()));
    sys::OverlayMount mount = COWSTORE_TRY(prepare_overlay(session_, home_.id, place, lower));
    COWSTORE_TRY(append_entry(session_, registration()));
    registered_ = true;
    COWSTORE_TRY(make_mount_point(session_, home_.id, target_));
    has_mount_point_ = true;
    return attach(mount, target_.path());
  }

  /// In a user namespace only its own user and group mean anything: what belongs to others could be neither copied up
  /// nor given back (EOVERFLOW), and that not before somebody writes to it.
  Result<void> expect_own_files() {
    if (session_.store->config().attributes != store::AttributesPolicy::kFull) return {};
    const object::Owner own{sys::effective_user_id(), sys::effective_group_id()};
    auto check = [&](diff::Change&& change) -> Result<void> {
      if (!change.to.attributes || !change.to.attributes->owner || *change.to.attributes->owner == own) return {};
      return Error{ErrorCode::kUnsupported,
                   0,
                   "make an overlay of",
                   change.path,
                   "it has an owner or group that is unknown in this user namespace",
                   "run it as root, or use another --method"};
    };
    object::TreeRoots version = COWSTORE_TRY(session_.roots_of(revision_.commit));
    diff::DiffOptions options;
    options.whole_directory = diff::WholeDirectory::kBoth;
    return diff::diff_trees(*session_.store, {}, version, options, check);
  }

  refs::NewOperation registration() {
    refs::NewOperation operation = session_.new_operation();
    operation.worktree = home_.id;
    auto key = [&](const char* field) { return refs::worktree_key(home_.id, field); };
    operation.changes = {{key("commit"), std::nullopt, revision_.commit.hex()},
                         {key("method"), std::nullopt, kOverlayMethod},
                         {key("path"), std::nullopt, target_.path()},
                         {key("template"), std::nullopt, revision_.commit.hex()}};
    if (home_.branch) operation.changes.push_back({key("branch"), std::nullopt, *home_.branch});
    return operation;
  }

  /// Best effort: what stays is registered, or an orphan.
  void take_back() {
    if (registered_) {
      auto state = session_.log.current();
      refs::NewOperation operation = session_.new_operation();
      operation.worktree.clear();
      if (state) operation.changes = without((*state)->view, home_.id);
      if (!append_entry(session_, std::move(operation))) return;
    }
    if (has_mount_point_) {
      (void)remove_orphan(session_, home_.id, target_.path());
    } else if (has_place_) {
      (void)remove_overlay_place(session_, home_.id);
    }
  }

  [[nodiscard]] CheckoutReport report(const Template& lower) const {
    CheckoutReport report;
    report.commit = revision_.commit;
    report.branch = home_.branch;
    report.path = target_.path();
    report.method = kOverlayMethod;
    report.sharing = lower.sharing;
    report.created = lower.files;
    return report;
  }

  Session& session_;
  const CheckoutOptions& options_;
  const Target& target_;
  const refs::Resolved& revision_;
  Home home_;
  bool has_place_ = false;
  bool registered_ = false;
  bool has_mount_point_ = false;
};

/// The mount point of that id, made if there is nothing.
Result<void> expect_mount_point(const Session& session, const Registered& registered) {
  auto there = mount_point_at(registered.path);
  if (there && there->id == registered.id) {
    if (there->store == session.copy.store_path()) return {};
    sys::Dir control = COWSTORE_TRY(sys::Dir::open(registered.path + "/" + kControlName));
    return write_home(control, mount_point_home(session, registered.id));
  }
  Target target = COWSTORE_TRY(look_at("mount at", registered.path));
  if (target.found != Target::Found::kOccupied) return make_mount_point(session, registered.id, target);
  return Error{ErrorCode::kConflict,
               0,
               "mount at",
               registered.path,
               "something else is there",
               "move it away, or the working copy: `cowstore worktree move " + registered.path + " NEW`"};
}

/// With the lock: over its template, which is made anew if it is missing.
Result<sys::OverlayMount> prepare(Session& session, const Registered& registered) {
  auto place = open_overlay_place(session, registered.id);
  if (!place && place.error().code == ErrorCode::kNotFound) {
    Error error = std::move(place).error();
    error.code = ErrorCode::kCorrupt;
    error.hint = "what was edited in " + registered.path + " was there; `cowstore worktree remove --force " +
                 registered.path + "` forgets it";
    return error;
  }
  OverlayPlace opened = COWSTORE_TRY(std::move(place));
  COWSTORE_TRY(note_mount_point(opened, registered.path));
  Template lower = COWSTORE_TRY(template_of(session, *registered.lower));
  return prepare_overlay(session, registered.id, opened, lower);
}

Error busy_error(const std::string& path, const WorkingCopy& copy) {
  return {ErrorCode::kBusy,
          0,
          "unmount",
          path,
          "a command is at work in it: " + sys::FileLock::holder(copy.control, "lock"),
          "wait for its end"};
}

/// What is open in it must have ended: so nothing of the working copy is kept here.
Result<void> unmount(const Session& session, const std::string& path, WorkingCopy copy) {
  {
    auto lock = COWSTORE_TRY(try_lock_working_copy(copy, session.context));
    if (!lock) return busy_error(path, copy);
  }
  copy = WorkingCopy{};
  sys::Dir parent = COWSTORE_TRY(sys::Dir::open(directory_above(path)));
  return sys::unmount(parent, name_in_directory(path));
}

}  // namespace

Result<CheckoutReport> checkout_overlay(Session& session, const CheckoutOptions& options, const Target& target,
                                        const refs::Resolved& revision) {
  return Making(session, options, target, revision).run();
}

Result<bool> mount_overlay(Session& session, const Registered& registered) {
  if (!registered.lower)
    return Error{ErrorCode::kUsage, 0, "mount", registered.path, "it is no overlay: there is nothing to mount", ""};
  COWSTORE_TRY(expect_may_mount(registered.path));
  sys::FileLock lock = COWSTORE_TRY(lock_overlays(session));
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  if (look_at(registered, all).copy) return false;
  COWSTORE_TRY(expect_mount_point(session, registered));
  sys::OverlayMount mount = COWSTORE_TRY(prepare(session, registered));
  COWSTORE_TRY(attach(mount, registered.path));
  return true;
}

Result<HiddenOverlay> HiddenOverlay::take(Session& session, const Registered& registered, Found found) {
  sys::FileLock lock = COWSTORE_TRY(lock_overlays(session));
  HiddenOverlay hidden(session, registered, std::move(lock));
  hidden.was_mounted_ = found.copy.has_value();
  if (found.copy) COWSTORE_TRY(unmount(session, registered.path, std::move(*found.copy)));
  return hidden;
}

Result<WorkingCopy> HiddenOverlay::look() {
  if (!mount_) mount_ = COWSTORE_TRY(prepare(*session_, registered_));
  WorkingCopy copy;
  copy.path = registered_.path;
  copy.root = COWSTORE_TRY(mount_->root(registered_.path));
  copy.control = COWSTORE_TRY(copy.root.open_dir(kControlName));
  copy.home = COWSTORE_TRY(read_home(copy.control));
  copy.home.id = registered_.id;
  copy.store_place = WorkingCopy::StorePlace::kElsewhere;
  return copy;
}

Result<void> HiddenOverlay::put_back(const std::string& path) {
  if (!was_mounted_) return {};
  registered_.path = path;
  if (!mount_) mount_ = COWSTORE_TRY(prepare(*session_, registered_));
  return attach(*mount_, path);
}

Result<void> HiddenOverlay::remove() {
  mount_.reset();
  return remove_orphan(*session_, registered_.id, registered_.path);
}

namespace {

/// Put aside first, so that no half of it stands in its place; found again by its name.
Result<void> remove_mount_point(const sys::Dir& parent, const std::string& name, const std::string& id) {
  const std::string aside = removing_name(name);
  auto there = mount_point_at(parent.path_of(name));
  if (there && there->id == id) {
    if (COWSTORE_TRY(COWSTORE_TRY(parent.open_dir(name)).list()).size() > 1)
      return parent.remove_tree(name + "/" + kControlName);  // somebody has put something beside it: that stays
    COWSTORE_TRY(parent.rename(name, parent, aside, sys::RenameMode::kNoReplace));
  }
  auto left = mount_point_at(parent.path_of(aside));
  const bool lost_home = !left && parent.exists(aside) && !parent.exists(aside + "/" + kControlName + "/home");
  if ((left && left->id == id) || lost_home) return parent.remove_tree(aside);
  return {};
}

}  // namespace

/// The place last: it says where the mount point is.
Result<void> remove_orphan(Session& session, const std::string& id, const std::string& mount_point) {
  if (!mount_point.empty()) {
    auto parent = sys::Dir::open(directory_above(mount_point));
    if (parent) COWSTORE_TRY(remove_mount_point(*parent, name_in_directory(mount_point), id));
    if (!parent && !is_absent(parent.error())) return std::move(parent).error();
  }
  return remove_overlay_place(session, id);
}

}  // namespace cowstore::repo
