#include "repo/target.hpp"

#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "repo/directories.hpp"
#include "repo/registered.hpp"
#include "repo/staging.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"
#include "sys/xattr.hpp"

namespace cowstore::repo {

namespace {

constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kKeptOfLongNames = 64;

std::string staging_name(const std::string& name) {
  std::string staging = "." + name + ".cowstore-partial";
  return staging.size() <= kMaxNameBytes ? staging : ".cowstore-partial-" + name.substr(0, kKeptOfLongNames);
}

Error busy(const std::string& path) {
  return {ErrorCode::kBusy, 0, "build the working copy in", path, "another cowstore is at it", "wait for it to end"};
}

/// What an earlier try left, unless that is still at it.
Result<void> remove_stale(const Target& target, const std::string& name) {
  auto old = target.parent.open_dir(name);
  if (!old && old.error().sys_errno == ENOENT) return {};
  if (!old) return std::move(old).error();
  auto lock = COWSTORE_TRY(sys::DirLock::try_acquire(*old));
  if (!lock) return busy(target.parent.path_of(name));
  COWSTORE_TRY(sys::remove_subvolume(target.parent, name));
  return {};
}

/// Whether it was an empty subvolume, which no rename replaces. Then it is gone.
Result<bool> removed_as_subvolume(const Target& target) {
  sys::Dir present = COWSTORE_TRY(target.parent.open_dir(target.name));
  if (!COWSTORE_TRY(sys::is_subvolume(present))) return false;
  COWSTORE_TRY(target.parent.remove_dir(target.name));
  return true;
}

/// Somebody else made one of that name at the same time.
Error lost_race(const Target& target, const std::string& name, Error error) {
  return error.sys_errno == EEXIST ? busy(target.parent.path_of(name)) : error;
}

}  // namespace

Result<Target> look_at(std::string_view operation, const std::string& directory) {
  std::string trimmed = directory;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  std::size_t slash = trimmed.rfind('/');
  Target target;
  target.name = trimmed.substr(slash == std::string::npos ? 0 : slash + 1);
  std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : trimmed.substr(0, slash);
  if (target.name.empty() || target.name == "." || target.name == "..") {
    std::string real = COWSTORE_TRY(sys::real_path(trimmed));
    if (real == "/")
      return Error{ErrorCode::kUsage,       0, std::string(operation), real, "it can't be replaced",
                   "name another directory"};
    return look_at(operation, real);
  }
  if (is_staging_name(target.name)) {
    return Error{ErrorCode::kUsage,
                 0,
                 std::string(operation),
                 directory,
                 "such names are for directories that cowstore is making or removing",
                 "name another one"};
  }
  target.parent_path = COWSTORE_TRY(sys::real_path(parent));
  target.parent = COWSTORE_TRY(sys::Dir::open(target.parent_path));
  auto stat = target.parent.stat(target.name);
  if (!stat && stat.error().code == ErrorCode::kNotFound) return target;
  if (!stat) return std::move(stat).error();
  if (stat->kind != sys::FileKind::kDirectory) {
    return Error{ErrorCode::kConflict, 0, std::string(operation), target.path(), "it exists and is no directory",
                 "name another one"};
  }
  sys::Dir present = COWSTORE_TRY(target.parent.open_dir(target.name));
  target.found = COWSTORE_TRY(present.list()).empty() ? Target::Found::kEmpty : Target::Found::kOccupied;
  return target;
}

Result<void> expect_outside_of_stores(std::string_view operation, const Target& target, const Session& session) {
  bool inside = target.path().starts_with(session.store->dir().path() + "/") ||
                target.path().find("/.cowstore/") != std::string::npos;
  if (!inside) return {};
  return Error{ErrorCode::kUsage,       0, std::string(operation), target.path(), "it is inside of a store",
               "name another directory"};
}

Result<bool> hands_down_access(const Target& target) {
  constexpr int kSetGroupId = 02000;
  if ((COWSTORE_TRY(target.parent.stat_self()).mode & kSetGroupId) != 0) return true;
  return COWSTORE_TRY(sys::read_xattr(target.parent, ".", "system.posix_acl_default")).has_value();
}

namespace {

/// Another store's, or one that is registered there or nowhere else to be found. What is left of a command is none: its
/// home is missing, or names this store and an id that nobody has yet, or, in a snapshot, that of its source.
Result<bool> is_in_use(const WorkingCopy& copy, Session& session) {
  if (copy.store_path() != session.copy.store_path()) return true;
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  const Registered* registered = registration_of(all, copy);
  return registered != nullptr && (registered->path == copy.path || !look_at(*registered, all).copy);
}

}  // namespace

Result<void> expect_room_to_build(std::string_view operation, const Target& target, Session& session) {
  const std::string path = (target.parent_path == "/" ? "" : target.parent_path) + "/" + staging_name(target.name);
  auto there = open_working_copy(path);
  if (!there && (there.error().sys_errno == ENOENT || there.error().sys_errno == ENOTDIR)) return {};
  bool in_use = there ? COWSTORE_TRY(is_in_use(*there, session)) : true;
  if (!in_use) return {};
  return Error{ErrorCode::kConflict,
               0,
               std::string(operation),
               target.path(),
               path + " is in the way, and is no leftover of an interrupted command",
               "give that another name"};
}

Result<BuildDirectory> BuildDirectory::make(const Target& target, Kind kind) {
  const std::string name = staging_name(target.name);
  const auto make_empty = [&] {
    return kind == Kind::kPlain ? target.parent.make_dir(name, 0777) : sys::make_subvolume_or_dir(target.parent, name);
  };
  auto made = make_empty();
  if (!made && made.error().sys_errno == EEXIST) {
    COWSTORE_TRY(remove_stale(target, name));
    made = make_empty();
  }
  if (!made) return lost_race(target, name, std::move(made).error());
  BuildDirectory build(target.parent, name);
  COWSTORE_TRY(build.hold());
  COWSTORE_TRY(build.dir.make_dir(kControlName, 0777));
  build.control = COWSTORE_TRY(build.dir.open_dir(kControlName));
  return build;
}

Result<BuildDirectory> BuildDirectory::snapshot(const Target& target, const sys::Dir& source) {
  const std::string name = staging_name(target.name);
  COWSTORE_TRY(remove_stale(target, name));
  auto made = sys::snapshot_subvolume(source, target.parent, name, sys::SubvolumeAccess::kWritable);
  if (!made) return lost_race(target, name, std::move(made).error());
  BuildDirectory build(target.parent, name);
  COWSTORE_TRY(build.hold());
  build.control = COWSTORE_TRY(build.dir.open_dir(kControlName));
  return build;
}

/// Until it is locked another process may take it for a leftover, remove it, and make its own of that name: that is not
/// this one's to remove.
Result<void> BuildDirectory::hold() {
  auto opened = parent_->open_dir(name_);
  const bool gone = !opened && opened.error().code == ErrorCode::kNotFound;
  if (!opened && !gone) return std::move(opened).error();
  if (!gone) {
    dir = std::move(*opened);
    auto lock = COWSTORE_TRY(sys::DirLock::try_acquire(dir));
    if (lock) lock_ = std::move(*lock);
    if (lock && COWSTORE_TRY(is_there())) return {};
  }
  return busy(parent_->path_of(std::exchange(name_, {})));
}

BuildDirectory::BuildDirectory(BuildDirectory&& other) noexcept
    : dir(std::move(other.dir)),
      control(std::move(other.control)),
      parent_(other.parent_),
      name_(std::exchange(other.name_, {})),
      lock_(std::move(other.lock_)) {}

/// Another process may have removed it in the moment before it was locked, and made its own of that name.
Result<bool> BuildDirectory::is_there() const {
  auto named = parent_->stat(name_);
  if (!named && named.error().code == ErrorCode::kNotFound) return false;
  if (!named) return std::move(named).error();
  sys::Stat own = COWSTORE_TRY(dir.stat_self());
  return is_same_directory(*named, own);
}

BuildDirectory::~BuildDirectory() {
  if (name_.empty()) return;
  auto there = dir.valid() ? is_there() : Result<bool>(true);
  if (there && *there) (void)sys::remove_subvolume(*parent_, name_);
}

Result<void> BuildDirectory::move_to(const Target& target) {
  bool replaces = target.found == Target::Found::kEmpty && !COWSTORE_TRY(removed_as_subvolume(target));
  if (!COWSTORE_TRY(is_there())) return busy(target.parent.path_of(name_));
  auto mode = replaces ? sys::RenameMode::kReplace : sys::RenameMode::kNoReplace;
  COWSTORE_TRY(parent_->rename(name_, target.parent, target.name, mode));
  name_.clear();
  return {};
}

}  // namespace cowstore::repo
