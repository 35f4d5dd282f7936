#include "sys/dir.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/text.hpp"
#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"
#include "sys/statx.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

int openat2_beneath(int dir, const char* name, int flags, int mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? static_cast<std::uint64_t>(mode) : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, dir, name, &how, sizeof how));
}

bool is_single_name(std::string_view name) {
  return name.find('/') == std::string_view::npos;
}

/// Whether a plain openat can't lead out of the directory.
bool stays_beneath(std::string_view name) {
  return is_single_name(name) && name != "..";
}

/// Directory part and last component of a path without trailing slashes. An absolute one stays absolute, and is
/// refused.
std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
  std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1)};
}

/// A name in a directory with a NUL behind it. Scans make one for each file, so it allocates nothing.
class ShortName {
 public:
  /// What is longer than any name stays so, and is refused by the kernel.
  explicit ShortName(std::string_view name) { text_[name.copy(text_, NAME_MAX + 1)] = '\0'; }
  [[nodiscard]] const char* get() const { return text_; }

 private:
  char text_[NAME_MAX + 2];
};

Error target_too_long(std::string path, std::size_t bytes) {
  return {ErrorCode::kUnsupported,
          ENAMETOOLONG,
          "make the symbolic link",
          std::move(path),
          "its target has " + std::to_string(bytes) + " bytes, more than this file system can hold",
          "use a file system that can: ext4 and Btrfs hold 4,000, XFS holds 1,023"};
}

FileKind kind_of_mode(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return FileKind::kDirectory;
    case S_IFLNK:
      return FileKind::kSymlink;
    case S_IFIFO:
      return FileKind::kFifo;
    case S_IFSOCK:
      return FileKind::kSocket;
    case S_IFCHR:
      return FileKind::kCharDevice;
    case S_IFBLK:
      return FileKind::kBlockDevice;
    default:
      return FileKind::kRegular;
  }
}

}  // namespace

namespace detail {

Stat stat_of(const struct ::stat& raw) {
  Stat stat;
  stat.kind = kind_of_mode(raw.st_mode);
  stat.mode = static_cast<std::uint16_t>(raw.st_mode & 07777);
  stat.uid = raw.st_uid;
  stat.gid = raw.st_gid;
  stat.size = static_cast<std::uint64_t>(raw.st_size);
  stat.blocks = static_cast<std::uint64_t>(raw.st_blocks);
  stat.inode = raw.st_ino;
  stat.device = raw.st_dev;
  stat.links = raw.st_nlink;
  stat.device_major = major(raw.st_rdev);
  stat.device_minor = minor(raw.st_rdev);
  stat.mtime = {raw.st_mtim.tv_sec, static_cast<std::uint32_t>(raw.st_mtim.tv_nsec)};
  stat.ctime = {raw.st_ctim.tv_sec, static_cast<std::uint32_t>(raw.st_ctim.tv_nsec)};
  return stat;
}

Timestamp timestamp_of(const statx_timestamp& time) {
  return {time.tv_sec, time.tv_nsec};
}

Stat stat_of(const struct statx& raw) {
  Stat stat;
  stat.kind = kind_of_mode(raw.stx_mode);
  stat.mode = static_cast<std::uint16_t>(raw.stx_mode & 07777);
  stat.uid = raw.stx_uid;
  stat.gid = raw.stx_gid;
  stat.size = raw.stx_size;
  stat.blocks = raw.stx_blocks;
  stat.inode = raw.stx_ino;
  stat.device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
  stat.links = raw.stx_nlink;
  stat.device_major = raw.stx_rdev_major;
  stat.device_minor = raw.stx_rdev_minor;
  stat.mount_root = (raw.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  stat.mtime = timestamp_of(raw.stx_mtime);
  stat.ctime = timestamp_of(raw.stx_ctime);
  return stat;
}

std::optional<Stat> statx_at(int dir, const char* name, int flags, std::string_view target) {
  struct statx raw;
  flags |= AT_STATX_SYNC_AS_STAT | AT_NO_AUTOMOUNT;
  int failed = observed(Call::kStat, target, [&] { return ::statx(dir, name, flags, STATX_BASIC_STATS, &raw); });
  if (failed != 0) return std::nullopt;
  return stat_of(raw);
}

}  // namespace detail

std::string Dir::path_of(std::string_view name) const {
  if (name.empty()) return path_;
  if (path_.empty() || path_ == ".") return std::string(name);
  return path_.back() == '/' ? path_ + std::string(name) : path_ + "/" + std::string(name);
}

Result<Dir> Dir::open(const std::string& path) {
  int fd = observed(Call::kOpen, path, [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return system_error("open the directory", path, errno);
  return Dir(Fd(fd), path);
}

Result<Fd> Dir::open_at(std::string_view operation, std::string_view name, int flags, int mode) const {
  std::string terminated(name);
  int all_flags = flags | O_CLOEXEC | O_NOFOLLOW;
  Call kind = (flags & O_CREAT) != 0 ? Call::kCreate : Call::kOpen;
  int fd = observed(kind, name, [&] {
    return stays_beneath(name) ? ::openat(fd_.get(), terminated.c_str(), all_flags, mode)
                               : openat2_beneath(fd_.get(), terminated.c_str(), all_flags, mode);
  });
  if (fd < 0 && errno == ENAMETOOLONG && name.size() >= PATH_MAX && !is_single_name(name)) {
    auto [parent, last] = split_last(name);
    Dir dir = COWSTORE_TRY(open_dir(parent));
    return dir.open_at(operation, last, flags, mode);
  }
  if (fd < 0) return system_error(operation, path_of(name), errno);
  return Fd(fd);
}

Result<Dir> Dir::open_dir(std::string_view name) const {
  // A path longer than PATH_MAX is walked in pieces that the kernel takes.
  if (name.size() >= PATH_MAX) {
    std::size_t slash = name.rfind('/', PATH_MAX - 2);
    if (slash == std::string_view::npos) return system_error("open the directory", path_of(name), ENAMETOOLONG);
    Dir first = COWSTORE_TRY(open_dir(name.substr(0, slash)));
    Dir rest = COWSTORE_TRY(first.open_dir(name.substr(slash + 1)));
    rest.path_ = path_of(name);
    return rest;
  }
  Fd fd = COWSTORE_TRY(open_at("open the directory", name, O_RDONLY | O_DIRECTORY, 0));
  return Dir(std::move(fd), path_of(name));
}

Result<Fd> Dir::open_read(std::string_view name) const {
  // Without O_NOATIME a read of a whole tree dirties every inode; only owners may ask for it.
  auto fd = open_at("open", name, O_RDONLY | O_NOATIME | O_NONBLOCK, 0);
  if (!fd && fd.error().sys_errno == EPERM) return open_at("open", name, O_RDONLY | O_NONBLOCK, 0);
  return fd;
}

Result<Fd> Dir::open_write(std::string_view name) const {
  return open_at("open for writing", name, O_RDWR, 0);
}

Result<Fd> Dir::create_new(std::string_view name, int mode) const {
  return open_at("create", name, O_RDWR | O_CREAT | O_EXCL, mode);
}

Result<Fd> Dir::open_or_create(std::string_view name, int mode) const {
  return open_at("open or create", name, O_RDWR | O_CREAT, mode);
}

Result<ParentAndName> open_parent(const Dir& root, std::string_view path) {
  auto [parent, last] = split_last(path);
  Dir dir = COWSTORE_TRY(root.open_dir(parent.empty() ? std::string_view(".") : parent));
  return ParentAndName{std::move(dir), std::string(last)};
}

// Calls below take a single name; a path is brought to that form first.
#define COWSTORE_IN_PARENT(name, method, ...)                          \
  if (!is_single_name(name)) {                                         \
    ParentAndName split = COWSTORE_TRY(open_parent(*this, name));      \
    return split.parent.method(split.name __VA_OPT__(, ) __VA_ARGS__); \
  }

Result<void> Dir::make_dir(std::string_view name, int mode) const {
  COWSTORE_IN_PARENT(name, make_dir, mode)
  std::string terminated(name);
  int failed =
      observed(Call::kMakeDir, name, [&] { return ::mkdirat(fd(), terminated.c_str(), static_cast<mode_t>(mode)); });
  if (failed != 0) return system_error("make the directory", path_of(name), errno);
  return {};
}

Result<void> Dir::make_dirs(std::string_view path, int mode) const {
  auto made = make_or_find_dir(path, mode);
  auto [parent, last] = split_last(path);
  if (made || made.error().sys_errno != ENOENT || parent.empty()) return made;
  COWSTORE_TRY(make_dirs(parent, mode));
  return make_or_find_dir(path, mode);
}

Result<void> Dir::make_or_find_dir(std::string_view path, int mode) const {
  auto made = make_dir(path, mode);
  if (made || made.error().sys_errno != EEXIST) return made;
  Stat found = COWSTORE_TRY(stat(path));
  if (found.kind != FileKind::kDirectory) return made;
  return {};
}

Result<void> Dir::unlink(std::string_view name) const {
  COWSTORE_IN_PARENT(name, unlink)
  std::string terminated(name);
  if (observed(Call::kUnlink, name, [&] { return ::unlinkat(fd(), terminated.c_str(), 0); }) != 0) {
    return system_error("remove", path_of(name), errno);
  }
  return {};
}

Result<void> Dir::remove_dir(std::string_view name) const {
  COWSTORE_IN_PARENT(name, remove_dir)
  std::string terminated(name);
  if (observed(Call::kUnlink, name, [&] { return ::unlinkat(fd(), terminated.c_str(), AT_REMOVEDIR); }) != 0) {
    return system_error("remove the directory", path_of(name), errno);
  }
  return {};
}

Result<void> Dir::remove_tree(std::string_view name) const {
  auto removed = unlink(name);
  if (removed || removed.error().sys_errno == ENOENT) return {};
  if (removed.error().sys_errno != EISDIR) return removed;
  Stat info = COWSTORE_TRY(stat(name));
  if (info.mount_root) return system_error("remove what is mounted on", path_of(name), EBUSY);
  // A directory that was stored without write permission must not outlive its tree. What isn't ours fails below.
  if ((info.mode & 0700) != 0700) (void)set_mode(name, 0700);
  Dir dir = COWSTORE_TRY(open_dir(name));
  for (const ListedEntry& entry : COWSTORE_TRY(dir.list())) COWSTORE_TRY(dir.remove_tree(entry.name));
  return remove_dir(name);
}

Result<void> Dir::rename(std::string_view from, const Dir& to_dir, std::string_view to, RenameMode mode) const {
  if (!is_single_name(from)) {
    ParentAndName split = COWSTORE_TRY(open_parent(*this, from));
    return split.parent.rename(split.name, to_dir, to, mode);
  }
  if (!is_single_name(to)) {
    ParentAndName split = COWSTORE_TRY(open_parent(to_dir, to));
    return rename(from, split.parent, split.name, mode);
  }
  unsigned flags = mode == RenameMode::kNoReplace  ? RENAME_NOREPLACE
                   : mode == RenameMode::kExchange ? RENAME_EXCHANGE
                                                   : 0U;
  std::string old_name(from);
  std::string new_name(to);
  int failed = observed(Call::kRename, to,
                        [&] { return ::renameat2(fd(), old_name.c_str(), to_dir.fd(), new_name.c_str(), flags); });
  if (failed == 0) return {};
  int error = errno;
  return system_error("rename " + base::escape_for_terminal(path_of(from)) + " to", to_dir.path_of(to), error);
}

Result<void> Dir::make_symlink(const std::string& target, std::string_view name) const {
  COWSTORE_IN_PARENT(name, make_symlink_here, target)
  return make_symlink_here(name, target);
}

Result<void> Dir::make_symlink_here(std::string_view name, const std::string& target) const {
  std::string terminated(name);
  int failed = observed(Call::kSymlink, name, [&] { return ::symlinkat(target.c_str(), fd(), terminated.c_str()); });
  if (failed == 0) return {};
  int error = errno;
  // Of the two names that may be too long it is the target: this one has been listed, or made, elsewhere.
  bool target_at_fault = error == ENAMETOOLONG && name.size() <= NAME_MAX;
  return target_at_fault ? target_too_long(path_of(name), target.size())
                         : system_error("make the symbolic link", path_of(name), error);
}

Result<std::string> Dir::read_link(std::string_view name) const {
  COWSTORE_IN_PARENT(name, read_link)
  std::string terminated(name);
  std::string target(PATH_MAX, '\0');
  ssize_t length = observed(Call::kReadLink, name,
                            [&] { return ::readlinkat(fd(), terminated.c_str(), target.data(), target.size()); });
  if (length < 0) return system_error("read the symbolic link", path_of(name), errno);
  target.resize(static_cast<std::size_t>(length));
  return target;
}

Result<Stat> Dir::stat(std::string_view name) const {
  COWSTORE_IN_PARENT(name, stat)
  const ShortName terminated(name);
  auto found = detail::statx_at(fd(), terminated.get(), AT_SYMLINK_NOFOLLOW, name);
  if (!found) return system_error("stat", path_of(name), errno);
  return *found;
}

Result<Stat> Dir::stat_plain(std::string_view name) const {
  COWSTORE_IN_PARENT(name, stat_plain)
  const ShortName terminated(name);
  struct ::stat raw;
  constexpr int kFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  int failed = observed(Call::kStat, name, [&] { return ::fstatat(fd(), terminated.get(), &raw, kFlags); });
  if (failed != 0) return system_error("stat", path_of(name), errno);
  return detail::stat_of(raw);
}

Result<Stat> Dir::stat_self() const {
  auto found = detail::statx_at(fd(), "", AT_EMPTY_PATH, path_);
  if (!found) return system_error("stat", path_, errno);
  return *found;
}

Result<std::optional<Timestamp>> Dir::birth_time() const {
  struct statx raw {};
  int failed = observed(Call::kStat, path_, [&] { return ::statx(fd(), "", AT_EMPTY_PATH, STATX_BTIME, &raw); });
  if (failed != 0) return system_error("stat", path_, errno);
  if ((raw.stx_mask & STATX_BTIME) == 0) return std::optional<Timestamp>();
  return std::optional(Timestamp{raw.stx_btime.tv_sec, raw.stx_btime.tv_nsec});
}

bool Dir::exists(std::string_view name) const {
  return stat(name).ok();
}

Result<void> Dir::check_may_change(std::string_view name) const {
  Fd dir = COWSTORE_TRY(open_at("open the directory", name, O_PATH | O_DIRECTORY, 0));
  // Of the effective user, whom the calls to come are judged by.
  int failed = observed(Call::kStat, name, [&] { return ::faccessat(dir.get(), ".", W_OK | X_OK, AT_EACCESS); });
  if (failed != 0) return system_error("change names in", path_of(name), errno);
  return {};
}

Result<void> Dir::set_mtime(std::string_view name, Timestamp mtime) const {
  COWSTORE_IN_PARENT(name, set_mtime, mtime)
  timespec times[2] = {{0, UTIME_OMIT}, {mtime.seconds, static_cast<long>(mtime.nanoseconds)}};
  std::string terminated(name);
  int failed = observed(Call::kSetTimes, name,
                        [&] { return ::utimensat(fd(), terminated.c_str(), times, AT_SYMLINK_NOFOLLOW); });
  if (failed != 0) return system_error("set the time of", path_of(name), errno);
  return {};
}

Result<void> Dir::set_mode(std::string_view name, int mode) const {
  COWSTORE_IN_PARENT(name, set_mode, mode)
  // fchmodat follows links; nobody may put one in the way, so the file is opened without following and changed by
  // descriptor.
  Fd file = COWSTORE_TRY(open_at("set the mode of", name, O_PATH, 0));
  std::string by_descriptor = "/proc/self/fd/" + std::to_string(file.get());
  int failed =
      observed(Call::kSetMode, name, [&] { return ::chmod(by_descriptor.c_str(), static_cast<mode_t>(mode)); });
  if (failed != 0) return system_error("set the mode of", path_of(name), errno);
  return {};
}

Result<void> Dir::sync() const {
  if (observed(Call::kSync, path_, [&] { return ::fsync(fd()); }) != 0) {
    return system_error("sync the directory", path_, errno);
  }
  return {};
}

Result<void> Dir::sync_all() const {
  if (observed(Call::kSync, path_, [&] { return ::syncfs(fd()); }) != 0) {
    return system_error("sync the file system of", path_, errno);
  }
  return {};
}

}  // namespace cowstore::sys
