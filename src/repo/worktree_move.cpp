#include <cerrno>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/overlay.hpp"
#include "repo/registered.hpp"
#include "repo/staging.hpp"
#include "repo/worktree_lock.hpp"
#include "repo/worktrees.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kOperation = "move the working copy";

/// One renaming, and all that names places in what is renamed: registrations of working copies that lie in it, and, if
/// the store does, the homes of all working copies.
class Move {
 public:
  Move(Session& session, const Registered& registered, std::string to)
      : session_(session), from_(registered.path), to_(std::move(to)) {
    report_.id = registered.id;
    report_.from = from_;
    report_.to = to_;
  }

  Result<WorktreeMoveReport> run() {
    COWSTORE_TRY(session_.note_place());
    all_ = COWSTORE_TRY(registered_copies(session_));
    old_store_ = store_by_path();
    const Registered* moving = find(report_.id);
    Found found = look_at(*moving, all_);
    if (moving->lower) return run_overlay(*moving, std::move(found));
    bool renamed_before = !found.copy && is_at(*moving, to_);  // a crash came before the record
    if (!found.copy && !renamed_before) return not_there(found);
    if (!renamed_before) {
      COWSTORE_TRY(check_target());
      COWSTORE_TRY(hold_affected());
      COWSTORE_TRY(rename());
      rewrite_homes();
    }
    COWSTORE_TRY(record());
    session_.copy.path = moved(session_.copy.path);
    return report_;
  }

 private:
  /// Its mount point moves, on which nothing is mounted meanwhile.
  Result<WorktreeMoveReport> run_overlay(const Registered& moving, Found found) {
    if (!found.copy && found.state != WorktreeState::kNotMounted) return not_there(found);
    COWSTORE_TRY(check_target());
    HiddenOverlay hidden = COWSTORE_TRY(HiddenOverlay::take(session_, moving, std::move(found)));
    const bool has_mount_point = mount_point_at(from_).has_value();
    auto renamed = has_mount_point ? rename() : Result<void>();
    if (!renamed) {
      (void)hidden.put_back(from_);  // else `worktree mount` does it
      return std::move(renamed).error();
    }
    COWSTORE_TRY(record());
    COWSTORE_TRY(hidden.put_back(to_));
    if (moving.id == session_.copy.home.id) session_.copy.path = to_;
    return report_;
  }

  struct Held {
    WorkingCopy copy;
    sys::FileLock lock;
    bool names_store;  ///< its home leads to this store, by whatever path
  };

  /// By its path in what is renamed, if it lies there: the session may have come to it by a link or a bind mount.
  [[nodiscard]] std::string store_by_path() const {
    std::string named = session_.copy.store_path();
    if (is_within(named, from_)) return named;
    for (const Registered& each : all_) {
      if (is_within(each.path, from_) && holds_store(session_, each.path))
        return each.path + "/" + kControlName + "/" + kStoreName;
    }
    return named;
  }

  [[nodiscard]] bool names_store(const WorkingCopy& copy) const {
    auto store = sys::Dir::open(copy.store_path());
    return store && is_same_directory(*store, session_.store->dir());
  }

  [[nodiscard]] const Registered* find(const std::string& id) const {
    for (const Registered& each : all_) {
      if (each.id == id) return &each;
    }
    return nullptr;
  }

  [[nodiscard]] bool is_at(const Registered& registered, const std::string& path) const {
    auto copy = open_working_copy(path);
    return copy && registration_of(all_, *copy) == &registered;
  }

  [[nodiscard]] std::string moved(const std::string& path) const {
    return is_within(path, from_) ? to_ + path.substr(from_.size()) : path;
  }

  [[nodiscard]] Error not_there(const Found& found) const {
    return {ErrorCode::kConflict,
            0,
            kOperation,
            from_,
            found.reason.empty() ? "it isn't there" : found.reason,
            "if it was moved by other means: `cowstore worktree repair NEWPATH`"};
  }

  [[nodiscard]] Result<void> check_target() const {
    if (is_within(to_, from_))
      return Error{ErrorCode::kUsage, 0, kOperation, from_, to_ + " lies in it", "name a place outside of it"};
    if (is_within(to_, old_store_) || (to_ + "/").find(std::string("/") + kControlName + "/") != std::string::npos)
      return Error{ErrorCode::kUsage, 0, kOperation, from_, to_ + " lies in a store", "name another directory"};
    if (is_staging_name(name_in_directory(to_)))
      return Error{ErrorCode::kUsage,
                   0,
                   kOperation,
                   from_,
                   name_in_directory(to_) + " is a name for directories that cowstore is making or removing",
                   "name another one"};
    auto parent = sys::Dir::open(directory_above(to_));
    if (!parent) return std::move(parent).error();
    auto stat = parent->stat(name_in_directory(to_));
    if (!stat && stat.error().code == ErrorCode::kNotFound) return {};
    if (!stat) return std::move(stat).error();
    return Error{ErrorCode::kConflict, 0, kOperation, from_, to_ + " exists", "name a path that nothing has"};
  }

  [[nodiscard]] bool store_moves() const { return is_within(old_store_, from_); }

  /// Nobody works in them meanwhile: in the one that is moved, in those inside of it, and, if the store moves, in any.
  Result<void> hold_affected() {
    for (const Registered& each : all_) {
      bool inside = is_within(each.path, from_);
      if (!inside && !store_moves()) continue;
      Found found = look_at(each, all_);
      if (!found.copy) {
        if (store_moves()) report_.unrepaired.push_back(moved(each.path));
        continue;
      }
      auto lock = try_lock_working_copy(*found.copy, session_.context);
      if (!lock && !inside) {
        report_.unrepaired.push_back(each.path);  // a snapshot that is read-only, or somebody else's
        continue;
      }
      auto taken = COWSTORE_TRY(std::move(lock));
      if (!taken) {
        return Error{ErrorCode::kBusy,
                     0,
                     kOperation,
                     from_,
                     "a command is at work in " + each.path + ": " + sys::FileLock::holder(found.copy->control, "lock"),
                     "wait for its end"};
      }
      bool names = names_store(*found.copy);
      held_.push_back({std::move(*found.copy), std::move(*taken), names});
    }
    return {};
  }

  Result<void> rename() {
    sys::Dir old_parent = COWSTORE_TRY(sys::Dir::open(directory_above(from_)));
    sys::Dir new_parent = COWSTORE_TRY(sys::Dir::open(directory_above(to_)));
    auto renamed =
        old_parent.rename(name_in_directory(from_), new_parent, name_in_directory(to_), sys::RenameMode::kNoReplace);
    if (!renamed && renamed.error().sys_errno == EXDEV) return other_file_system();
    COWSTORE_TRY(std::move(renamed));
    COWSTORE_TRY(new_parent.sync());
    return old_parent.sync();
  }

  [[nodiscard]] Error other_file_system() const {
    bool main = holds_store(session_, from_);
    return {ErrorCode::kUnsupported,
            EXDEV,
            kOperation,
            from_,
            to_ + " is on another file system",
            main ? "copy it with `cp -a`, remove the old one, and run `cowstore worktree repair` in the new one"
                 : "make another there with `cowstore clone`, then `cowstore worktree remove` this one"};
  }

  /// A crash before all is done leaves some that don't find the store: the command that they name repairs them.
  /// What fails here is told; `worktree repair` does it again.
  void rewrite_homes() {
    if (!store_moves()) return;
    for (Held& held : held_) {
      auto home = read_home(held.copy.control);
      auto written = home ? rewrite(held, *home) : Result<void>(home.error());
      if (!written) report_.unrepaired.push_back(moved(held.copy.path));
    }
  }

  Result<void> rewrite(const Held& held, Home home) {
    const WorkingCopy& copy = held.copy;
    const std::string store = moved(old_store_);
    if (copy.store_place == WorkingCopy::StorePlace::kWithin) {
      if (!home.store_at) return {};
      home.store_at = store;
    } else if (held.names_store) {
      home.id = copy.home.id;
      home.store = store;
      home.store_at.reset();
      report_.also.push_back(moved(copy.path));
    } else {
      return {};
    }
    return write_home(copy.control, home);
  }

  /// In nobody's name: it would have to be undone by moving it back, which `worktree move` does.
  Result<void> record() {
    refs::NewOperation operation = session_.new_operation();
    operation.worktree.clear();
    for (const Registered& each : all_) {
      if (is_within(each.path, from_))
        operation.changes.push_back({refs::worktree_key(each.id, "path"), each.path, moved(each.path)});
    }
    COWSTORE_TRY(session_.append(operation));
    return {};
  }

  Session& session_;
  std::string from_;
  std::string to_;
  std::string old_store_;
  std::vector<Registered> all_;
  std::vector<Held> held_;
  WorktreeMoveReport report_;
};

}  // namespace

Result<WorktreeMoveReport> move_worktree(Session& session, const std::string& path, const std::string& as_given,
                                         const std::string& to) {
  sys::FileLock lock = COWSTORE_TRY(lock_worktrees(session));
  Registered registered = COWSTORE_TRY(find_registered(session, settled_path(path), as_given));
  return Move(session, registered, settled_path(to)).run();
}

}  // namespace cowstore::repo
