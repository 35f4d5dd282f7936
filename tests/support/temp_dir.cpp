#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "support/check.hpp"

namespace cowstore::test {

using detail::require;
namespace fs = std::filesystem;

namespace {

/// Every Btrfs subvolume has this inode number, BTRFS_FIRST_FREE_OBJECTID.
constexpr ino_t kSubvolumeInode = 256;

std::string make_below(const std::string& parent) {
  std::string path = parent + "/cowstore-test-XXXXXX";
  require(::mkdtemp(path.data()) != nullptr, "make a temporary directory in " + parent);
  return fs::canonical(path).string();
}

std::string temporary_parent() {
  const char* directory = std::getenv("TMPDIR");
  return directory != nullptr && *directory != '\0' ? directory : "/tmp";
}

/// Lets the files of a read-only snapshot be deleted; anything else is left alone.
void make_subvolume_writable(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  struct statfs info {};
  struct stat self {};
  if (::fstatfs(fd, &info) == 0 && info.f_type == BTRFS_SUPER_MAGIC && ::fstat(fd, &self) == 0 &&
      self.st_ino == kSubvolumeInode) {
    std::uint64_t flags = 0;
    (void)::ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &flags);
  }
  ::close(fd);
}

void make_removable(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return;
  make_subvolume_writable(path);
  (void)::chmod(path.c_str(), 0700);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) make_removable(entry.path().string());
}

void detach_mounts_below(const std::string& path) {
  std::ifstream mounts("/proc/self/mounts");
  std::vector<std::string> found;
  for (std::string device, point, rest; mounts >> device >> point && std::getline(mounts, rest);) {
    if (point.starts_with(path + "/")) found.push_back(point);
  }
  std::for_each(found.rbegin(), found.rend(), [](const std::string& point) { ::umount2(point.c_str(), MNT_DETACH); });
}

void write_to(const std::string& path, std::string_view content, int flags, std::uint64_t offset) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  require(fd >= 0, "open " + path);
  while (!content.empty()) {
    ssize_t put = ::pwrite(fd, content.data(), content.size(), static_cast<off_t>(offset));
    require(put > 0, "write " + path);
    content.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  require(::close(fd) == 0, "close " + path);
}

struct stat lstat_of(const std::string& path) {
  struct stat info {};
  require(::lstat(path.c_str(), &info) == 0, "stat " + path);
  return info;
}

}  // namespace

TempDir::TempDir() : TempDir(temporary_parent()) {}

TempDir::TempDir(const std::string& parent) : path_(make_below(parent)) {}

TempDir::~TempDir() {
  detach_mounts_below(path_);
  make_removable(path_);
  std::error_code error;
  fs::remove_all(path_, error);
  if (error) std::cerr << "test bed: can't remove " << path_ << ": " << error.message() << "\n";
}

sys::Dir TempDir::open() const {
  auto dir = sys::Dir::open(path_);
  require(dir.ok(), "open " + path_);
  return std::move(*dir);
}

void write_file(const std::string& path, std::string_view content, int mode) {
  make_dirs(fs::path(path).parent_path().string());
  write_to(path, content, O_WRONLY | O_CREAT | O_TRUNC, 0);
  set_mode(path, mode);
}

void append_file(const std::string& path, std::string_view content) {
  write_to(path, content, O_WRONLY, static_cast<std::uint64_t>(lstat_of(path).st_size));
}

void overwrite_file(const std::string& path, std::string_view content, std::uint64_t offset) {
  write_to(path, content, O_WRONLY, offset);
}

void write_hole(const std::string& path, std::uint64_t size) {
  write_file(path, "");
  require(::truncate(path.c_str(), static_cast<off_t>(size)) == 0, "truncate " + path);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  require(in.good(), "open " + path);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  require(!in.bad(), "read " + path);
  return content;
}

void make_dirs(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  require(!error, "make the directory " + path + ": " + error.message());
}

void make_symlink(const std::string& target, const std::string& path) {
  require(::symlink(target.c_str(), path.c_str()) == 0, "symlink " + path);
}

void make_hard_link(const std::string& existing, const std::string& path) {
  require(::link(existing.c_str(), path.c_str()) == 0, "link " + path);
}

void rename_path(const std::string& from, const std::string& to) {
  require(::rename(from.c_str(), to.c_str()) == 0, "rename " + from);
}

void remove_path(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  require(!error, "remove " + path + ": " + error.message());
}

void set_mode(const std::string& path, int mode) {
  require(::chmod(path.c_str(), static_cast<mode_t>(mode)) == 0, "chmod " + path);
}

void set_mtime(const std::string& path, Timestamp mtime) {
  timespec times[2] = {{0, UTIME_OMIT}, {mtime.seconds, static_cast<long>(mtime.nanoseconds)}};
  require(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0, "set the time of " + path);
}

Timestamp mtime_of(const std::string& path) {
  struct stat info = lstat_of(path);
  return {info.st_mtim.tv_sec, static_cast<std::uint32_t>(info.st_mtim.tv_nsec)};
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

std::uint64_t inode_of(const std::string& path) {
  return lstat_of(path).st_ino;
}

}  // namespace cowstore::test
