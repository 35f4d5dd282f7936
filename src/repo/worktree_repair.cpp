#include <algorithm>
#include <set>

#include "base/try.hpp"
#include "object/commit.hpp"
#include "refs/names.hpp"
#include "repo/open.hpp"
#include "repo/registered.hpp"
#include "repo/registration.hpp"
#include "repo/worktree_lock.hpp"
#include "repo/worktrees.hpp"

namespace cowstore::repo {

namespace {

class Repair {
 public:
  explicit Repair(Session& session) : session_(session), store_path_(session.copy.store_path()) {}

  Result<WorktreeRepairReport> run(const std::vector<std::string>& paths) {
    COWSTORE_TRY(repair_own_place());
    all_ = COWSTORE_TRY(registered_copies(session_));
    for (const std::string& path : paths) COWSTORE_TRY(settle(path, repair_named(settled_path(path))));
    for (const Registered& each : all_) {
      if (each.id != session_.copy.home.id && !seen_.contains(each.id))
        COWSTORE_TRY(settle(each.path, repair_registered(each)));
    }
    return std::move(report_);
  }

 private:
  /// What is wrong with one keeps nobody from repairing the others.
  Result<void> settle(const std::string& path, Result<void> repaired) {
    if (!repaired) report_.unrepaired.push_back({path, repaired.error().message()});
    return {};
  }

  void done(const std::string& path, const std::string& what) { report_.repaired.push_back({path, what}); }

  Result<void> repair_own_place() {
    auto state = COWSTORE_TRY(session_.log.current());
    registered_here_ = state->view.get(session_.key("path")).value_or(session_.copy.path);
    if (auto lock = try_lock_working_copy(session_.copy, session_.context); lock && *lock)
      COWSTORE_TRY(refresh_home(session_, **lock));
    if (registered_here_ == session_.copy.path) return {};
    COWSTORE_TRY(session_.note_place());
    done(session_.copy.path, "was registered at " + registered_here_);
    return {};
  }

  Result<void> repair_registered(const Registered& each) {
    Found found = look_at(each, all_);
    if (found.copy) return repair_home(std::move(*found.copy));
    if (found.state == WorktreeState::kUnreadable) return failure(found.reason);
    // One that lies inside of the directory that was moved.
    if (is_within(each.path, registered_here_)) {
      std::string path = session_.copy.path + each.path.substr(registered_here_.size());
      auto moved = open_working_copy(path);
      if (moved && registration_of(all_, *moved) == &each) return move_registration(each, std::move(*moved));
    }
    std::string why = found.reason.empty() ? "its directory is gone" : found.reason;
    return failure(why + "; if it was moved, name its new path");
  }

  Result<void> repair_named(const std::string& path) {
    if (auto point = mount_point_at(path)) return repair_mount_point(path, *point);
    auto copy = open_working_copy(path);
    if (!copy && copy.error().code == ErrorCode::kNotFound) return failure("there is no working copy");
    if (!copy) return std::move(copy).error();
    if (path == session_.copy.path) return {};
    if (copy->store_place == WorkingCopy::StorePlace::kWithin) return failure("it has a store of its own");
    const Registered* known = registration_of(all_, *copy);
    if (known == nullptr) return register_anew(std::move(*copy));
    if (known->path == path) return repair_at(*known, std::move(*copy));
    if (look_at(*known, all_).copy) return register_anew(std::move(*copy));  // a copy of one that is in its place
    return move_registration(*known, std::move(*copy));
  }

  /// Of an overlay that isn't mounted, moved by hand: what is in it is in the store.
  Result<void> repair_mount_point(const std::string& path, const Home& point) {
    sys::FileLock lock = COWSTORE_TRY(lock_worktrees(session_));  // nobody mounts it meanwhile
    auto named = sys::Dir::open(point.store);
    if (named && !is_same_directory(*named, session_.store->dir()))
      return failure("it belongs to the store " + point.store + ", which exists");
    auto known = std::find_if(all_.begin(), all_.end(), [&](const Registered& each) { return each.id == point.id; });
    if (known == all_.end() || !known->lower) return failure("no overlay of this store has its id");
    seen_.insert(known->id);
    if (known->path == path) return failure(look_at(*known, all_).reason);
    if (look_at(*known, all_).copy || mount_point_at(known->path))
      return failure("it is a copy: the overlay is at " + known->path);
    return record_path(*known, path);
  }

  Result<void> repair_at(const Registered& each, WorkingCopy copy) {
    seen_.insert(each.id);
    copy.home.id = each.id;
    return repair_home(std::move(copy));
  }

  Result<void> move_registration(const Registered& each, WorkingCopy copy) {
    std::string path = copy.path;
    COWSTORE_TRY(repair_at(each, std::move(copy)));
    return record_path(each, path);
  }

  Result<void> record_path(const Registered& each, const std::string& path) {
    refs::NewOperation operation = session_.new_operation();
    operation.worktree.clear();
    operation.changes = {{refs::worktree_key(each.id, "path"), each.path, path}};
    COWSTORE_TRY(session_.append(operation));
    done(path, "was registered at " + each.path);
    return {};
  }

  [[nodiscard]] bool may_be_ours(const WorkingCopy& copy) const {
    if (copy.home.commit) return object::read_commit(*session_.store, *copy.home.commit).ok();
    if (registration_of(all_, copy) != nullptr) return true;
    auto named = sys::Dir::open(copy.store_path());
    return named && is_same_directory(*named, session_.store->dir());
  }

  /// By opening it, which registers what isn't.
  Result<void> register_anew(WorkingCopy copy) {
    std::string path = copy.path;
    if (!may_be_ours(copy))
      return failure("this store has neither its id nor its commit: it belongs to another one, " + copy.home.store);
    COWSTORE_TRY(repair_home(std::move(copy)));
    COWSTORE_TRY(open_at(path, session_.context));
    done(path, "was not registered");
    return {};
  }

  /// Makes it name this store, unless it names another one that exists, or may exist.
  Result<void> repair_home(WorkingCopy copy) {
    std::string named = copy.store_path();
    if (named == store_path_) return {};
    auto there = sys::Dir::open(named);
    if (!there && !is_absent(there.error()))
      return failure("whether its store exists can't be told: " + there.error().message());
    if (there && !is_same_directory(*there, session_.store->dir()))
      return failure("it belongs to the store " + named + ", which exists");
    if (there && copy.store_place == WorkingCopy::StorePlace::kWithin) return {};  // the main one, by another path
    auto lock = COWSTORE_TRY(try_lock_working_copy(copy, session_.context));
    if (!lock) return Error{ErrorCode::kBusy, 0, "repair", copy.path, "a command is at work in it", "wait for its end"};
    Home home = COWSTORE_TRY(read_home(copy.control));
    home.id = copy.home.id;
    home.store = store_path_;
    home.store_at.reset();
    COWSTORE_TRY(write_home(copy.control, home));
    done(copy.path, "named the store " + named);
    return {};
  }

  static Error failure(const std::string& reason) { return {ErrorCode::kOther, 0, "", "", reason, ""}; }

  Session& session_;
  std::string store_path_;
  std::vector<Registered> all_;
  std::string registered_here_;  ///< where the session's working copy was registered before
  std::set<std::string> seen_;   ///< ids that were named
  WorktreeRepairReport report_;
};

}  // namespace

Result<WorktreeRepairReport> repair_worktrees(Session& session, const std::vector<std::string>& paths) {
  return Repair(session).run(paths);
}

}  // namespace cowstore::repo
