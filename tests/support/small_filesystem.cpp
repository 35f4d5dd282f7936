#include "support/small_filesystem.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "support/check.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::test {

using detail::require;
namespace fs = std::filesystem;

namespace {

constexpr const char* kMemory = "/dev/shm";
constexpr const char* kBallast = "ballast";
constexpr std::uint64_t kLargestPiece = std::uint64_t{64} << 20;
constexpr std::uint64_t kSmallestPiece = 4096;

void sync_filesystem(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(fd >= 0, "open " + path);
  (void)::syncfs(fd);
  ::close(fd);
}

}  // namespace

std::unique_ptr<SmallFilesystem> SmallFilesystem::make(const std::string& kind) {
  // Where none of that kind can be mounted at all, there is a reason on record.
  if (!temp_dir_on(kind.substr(0, kind.find('-')))) return nullptr;
  auto temp = fs::is_directory(kMemory) ? std::make_unique<TempDir>(kMemory) : std::make_unique<TempDir>();
  std::string command = std::string(COWSTORE_TEST_SUPPORT) + "/filesystems small " + kind + " '" + temp->path() + "'";
  require(std::system(command.c_str()) == 0, command);
  std::string mounted = *temp / "mounted";
  return std::unique_ptr<SmallFilesystem>(new SmallFilesystem(std::move(temp), std::move(mounted)));
}

SmallFilesystem::SmallFilesystem(std::unique_ptr<TempDir> temp, std::string mounted)
    : temp_(std::move(temp)), mounted_(std::move(mounted)) {
  make_dirs(path(kBallast));
}

SmallFilesystem::~SmallFilesystem() {
  ::umount2(mounted_.c_str(), MNT_DETACH);
}

std::uint64_t SmallFilesystem::free_bytes() const {
  sync_filesystem(mounted_);
  struct statvfs info {};
  require(::statvfs(mounted_.c_str(), &info) == 0, "statvfs " + mounted_);
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

std::string SmallFilesystem::next_ballast() {
  return path(kBallast) + "/" + std::to_string(ballast_++);
}

bool SmallFilesystem::take(std::uint64_t bytes) {
  std::string name = next_ballast();
  int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool taken = ::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0;
  ::close(fd);
  if (!taken) ::unlink(name.c_str());
  return taken;
}

/// As small as what some file systems keep beside the inode, in the space for metadata.
bool SmallFilesystem::take_small_file() {
  std::string name = next_ballast();
  int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  std::string content(1500, 'x');
  bool taken = ::write(fd, content.data(), content.size()) > 0;
  ::close(fd);
  return taken;
}

void SmallFilesystem::leave(std::uint64_t bytes) {
  for (std::uint64_t piece = kLargestPiece; piece >= kSmallestPiece;) {
    std::uint64_t free = free_bytes();
    if (free < bytes + piece || !take(piece)) piece /= 2;
  }
}

void SmallFilesystem::fill() {
  for (std::uint64_t piece = kLargestPiece; piece >= kSmallestPiece;) {
    if (!take(piece)) piece /= 2;
  }
  sync_filesystem(mounted_);
  while (take(kSmallestPiece)) continue;
  while (take_small_file()) continue;
  sync_filesystem(mounted_);
}

void SmallFilesystem::take_inodes() {
  for (;;) {
    int fd = ::open(next_ballast().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;
    ::close(fd);
  }
}

void SmallFilesystem::empty() {
  remove_path(path(kBallast));
  make_dirs(path(kBallast));
  sync_filesystem(mounted_);
}

}  // namespace cowstore::test
