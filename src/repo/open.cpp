#include "repo/open.hpp"

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "refs/names.hpp"
#include "repo/directories.hpp"
#include "repo/recovery.hpp"
#include "repo/registration.hpp"
#include "sys/clone.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kHomeName = "home";
constexpr const char* kLockName = "lock";
constexpr const char* kDefaultBranch = "main";

Result<store::StoreConfig> config_of(const InitOptions& options) {
  store::StoreConfig config;
  auto profile = chunk::profile_from_string(options.chunking);
  if (!profile)
    return Error{ErrorCode::kUsage, 0, "use the chunking", options.chunking, "it is default, fine or bulk", ""};
  config.chunking = *profile;
  if (options.attributes == "none") {
    config.attributes = store::AttributesPolicy::kNone;
  } else if (options.attributes == "times") {
    config.attributes = store::AttributesPolicy::kTimes;
  } else if (options.attributes == "full") {
    config.attributes = store::AttributesPolicy::kFull;
  } else {
    return Error{ErrorCode::kUsage, 0, "keep attributes", options.attributes, "it is none, times or full", ""};
  }
  return config;
}

/// Makes the directory if it is missing, as a subvolume where there are any; says whether it was.
Result<bool> ensure_directory(const std::string& path) {
  auto present = sys::Dir::open(path);
  if (present) return false;
  if (present.error().code != ErrorCode::kNotFound) return std::move(present).error();
  sys::Dir start = COWSTORE_TRY(sys::Dir::open(path.starts_with('/') ? "/" : "."));
  std::string_view relative = path;
  while (relative.starts_with('/')) relative.remove_prefix(1);
  while (relative.ends_with('/')) relative.remove_suffix(1);
  if (std::size_t slash = relative.rfind('/'); slash != std::string_view::npos)
    COWSTORE_TRY(start.make_dirs(relative.substr(0, slash), 0777));
  sys::ParentAndName place = COWSTORE_TRY(sys::open_parent(start, relative));
  // "." and ".." name what one of the directories above is now.
  if (place.name == "." || place.name == "..") return true;
  COWSTORE_TRY(sys::make_subvolume_or_dir(place.parent, place.name));
  return true;
}

Error exists_already(const std::string& path) {
  return {
      ErrorCode::kConflict, 0, "make a repository in", path, "it is one already", "`cowstore status` shows its state"};
}

/// Whether versions were ever published there: an interrupted init leaves none.
bool has_objects(const sys::Dir& control) {
  auto index = control.open_dir(std::string(kStoreName) + "/index");
  auto segments = index ? index->list() : Result<std::vector<sys::ListedEntry>>(index.error());
  return segments ? !segments->empty() : segments.error().code != ErrorCode::kNotFound;
}

Error lost_home(const std::string& path) {
  return {
      ErrorCode::kConflict,
      0,
      "make a repository in",
      path,
      "its .cowstore has a store with versions in it, but no file `home`",
      R"(to use it, put {"format":1,"id":"0000000000000001","store":"store"} into .cowstore/home; or move .cowstore)"};
}

std::vector<std::string> notes_on(const WorkingCopy& copy) {
  std::vector<std::string> notes;
  auto clones = sys::can_clone(copy.control, copy.control);
  if (clones && !*clones) {
    notes.emplace_back(
        "this file system has no reflinks: files are copied into the store and out of it; Btrfs and XFS share them");
  }
  auto on_btrfs = sys::is_on_btrfs(copy.root);
  auto subvolume = sys::is_subvolume(copy.root);
  if (on_btrfs && *on_btrfs && subvolume && !*subvolume) {
    notes.emplace_back(
        "it was a plain directory and stays one: clones of it are made file by file. Of a subvolume, which `cowstore "
        "init` makes of a new directory, they are snapshots");
  }
  return notes;
}

/// The home file comes last: with it, it is a repository.
Result<std::unique_ptr<Session>> make_repository(const std::string& path, const sys::Dir& root, const sys::Dir& control,
                                                 const store::StoreConfig& config, const Context& context) {
  COWSTORE_TRY(control.remove_tree(kStoreName));
  COWSTORE_TRY(store::Store::create(control, kStoreName, config));
  sys::Dir store_dir = COWSTORE_TRY(control.open_dir(kStoreName));
  sys::Dir log_dir = COWSTORE_TRY(store_dir.open_dir("log"));
  COWSTORE_TRY(refs::OperationLog::create(log_dir));
  Home home;
  home.id = new_working_copy_id();
  home.store = kStoreName;
  home.branch = kDefaultBranch;
  if (!COWSTORE_TRY(subvolume_uuid(root)).empty()) home.store_at = path + "/" + kControlName + "/" + kStoreName;
  COWSTORE_TRY(write_home(control, home));
  COWSTORE_TRY(root.sync());
  return open_at(path, context);
}

/// What a failed init has made: best effort, the next one does the rest. Nobody else has got anywhere in it, since all
/// that writes waits for the lock.
void give_up(const sys::Dir& root, const sys::Dir& control) {
  (void)control.unlink(kHomeName);
  (void)control.remove_tree(kStoreName);
  (void)control.unlink(kLockName);
  (void)root.remove_dir(kControlName);
}

}  // namespace

Result<InitReport> init(const std::string& directory, const InitOptions& options, const Context& context) {
  COWSTORE_TRY(hash::self_check());
  store::StoreConfig config = COWSTORE_TRY(config_of(options));
  InitReport report;
  report.created_directory = COWSTORE_TRY(ensure_directory(directory));
  report.path = COWSTORE_TRY(sys::real_path(directory));
  sys::Dir root = COWSTORE_TRY(sys::Dir::open(report.path));
  if (root.exists(std::string(kControlName) + "/home")) return exists_already(report.path);
  if ((report.path + "/").find(std::string("/") + kControlName + "/") != std::string::npos) {
    return Error{
        ErrorCode::kConflict,    0, "make a repository in", report.path, "it lies in the .cowstore of another one",
        "name another directory"};
  }
  // Anything else in .cowstore is what an interrupted init left.
  COWSTORE_TRY(root.make_dirs(kControlName, 0777));
  sys::Dir control = COWSTORE_TRY(root.open_dir(kControlName));
  auto lock = sys::FileLock::try_acquire(control, kLockName, context.command_line);
  if (!lock) {
    (void)root.remove_dir(kControlName);
    return std::move(lock).error();
  }
  if (!*lock) return exists_already(report.path);
  if (has_objects(control)) return lost_home(report.path);
  auto session = make_repository(report.path, root, control, config, context);
  if (!session) {
    give_up(root, control);
    return std::move(session).error();
  }
  report.store = (*session)->copy.store_path();
  report.notes = notes_on((*session)->copy);
  return report;
}

Result<std::unique_ptr<Session>> open_at(const std::string& path, const Context& context) {
  COWSTORE_TRY(hash::self_check());
  WorkingCopy copy = COWSTORE_TRY(open_working_copy(path));
  auto store_dir = sys::Dir::open(copy.store_path());
  if (!store_dir) {
    Error error = std::move(store_dir).error();
    error.operation = "open the store";
    error.hint = "the working copy " + path + " belongs to it; if it was moved, `cowstore worktree repair " + path +
                 "` in the working copy that it moved with puts that right";
    return error;
  }
  sys::Dir log_dir = COWSTORE_TRY(store_dir->open_dir("log"));
  auto store = COWSTORE_TRY(store::Store::open(std::move(*store_dir)));
  auto log = COWSTORE_TRY(refs::OperationLog::open(std::move(log_dir)));
  auto session = std::make_unique<Session>(context, std::move(copy), std::move(store), std::move(log),
                                           COWSTORE_TRY(sys::boot_id()));
  COWSTORE_TRY(settle_registration(*session));
  return session;
}

Result<std::unique_ptr<Session>> open(const std::string& directory, const Context& context) {
  WorkingCopy found = COWSTORE_TRY(find_working_copy(directory));
  auto session = COWSTORE_TRY(open_at(found.path, context));
  // What can't be finished keeps nobody from reading; commands that write meet the same error, and say it.
  auto recovered = recover_if_interrupted(*session);
  if (!recovered && context.notice) context.notice("could not finish it: " + recovered.error().message());
  return session;
}

Result<std::unique_ptr<Session>> open_around(const std::string& directory, const Context& context) {
  auto unmounted = mount_point_at(COWSTORE_TRY(find_control(directory)));
  return open(unmounted ? directory_above(directory_above(unmounted->store)) : directory, context);
}

}  // namespace cowstore::repo
