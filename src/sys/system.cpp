#include "sys/system.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

Result<std::string> boot_id() {
  Dir kernel = COWSTORE_TRY(Dir::open("/proc/sys/kernel/random"));
  Fd fd = COWSTORE_TRY(kernel.open_read("boot_id"));
  Bytes text(36);
  COWSTORE_TRY(read_exactly_at(fd, text, 0, "boot_id"));
  return std::string(as_text(text));
}

std::string user_name() {
  char buffer[4096];
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) return found->pw_name;
  return std::to_string(::getuid());
}

std::string host_name() {
  char buffer[HOST_NAME_MAX + 1] = {};
  return ::gethostname(buffer, sizeof buffer - 1) == 0 ? buffer : "localhost";
}

Timestamp now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return {time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)};
}

int utc_offset_minutes(Timestamp at) {
  time_t seconds = at.seconds;
  tm local{};
  return ::localtime_r(&seconds, &local) == nullptr ? 0 : static_cast<int>(local.tm_gmtoff / 60);
}

std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

std::size_t open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<std::size_t>(limit.rlim_cur);
}

int process_id() {
  return ::getpid();
}

std::uint32_t effective_user_id() {
  return ::geteuid();
}

std::uint32_t effective_group_id() {
  return ::getegid();
}

std::string unique_name() {
  static std::atomic<std::uint64_t> counter{0};
  Timestamp time = now();
  return std::to_string(::getpid()) + "-" + std::to_string(time.seconds) + std::to_string(time.nanoseconds) + "-" +
         std::to_string(counter.fetch_add(1));
}

Result<Timestamp> file_system_now(const Dir& dir) {
  std::string name = ".stamp-" + unique_name();
  Fd fd = COWSTORE_TRY(dir.create_new(name, 0600));
  auto info = stat(fd, dir.path_of(name));
  COWSTORE_TRY(dir.unlink(name));
  if (!info) return std::move(info).error();
  return info->mtime;
}

Result<Timestamp> file_system_time_after(const Dir& dir, Timestamp moment) {
  constexpr int kTries = 2000;  // of some 20 microseconds each: more than any clock's tick
  Timestamp now = COWSTORE_TRY(file_system_now(dir));
  for (int i = 0; i < kTries && now <= moment; ++i) now = COWSTORE_TRY(file_system_now(dir));
  return now;
}

Result<Timestamp> file_system_now_unseen(const Dir& dir) {
  constexpr int kFlags = O_TMPFILE | O_RDWR | O_CLOEXEC;
  Fd fd(detail::observed(Call::kOpen, dir.path(), [&] { return ::openat(dir.fd(), ".", kFlags, 0600); }));
  if (!fd.valid()) return system_error("read the clock of", dir.path(), errno);
  return COWSTORE_TRY(stat(fd, dir.path())).mtime;
}

Result<FreeSpace> free_space(const Dir& dir) {
  struct statfs info {};
  if (::fstatfs(dir.fd(), &info) != 0) return system_error("ask for the free space of", dir.path(), errno);
  FreeSpace free;
  free.bytes = std::uint64_t{info.f_bavail} * static_cast<std::uint64_t>(info.f_frsize);
  if (info.f_files != 0) free.files = info.f_ffree;
  free.exact = info.f_type == EXT4_SUPER_MAGIC || info.f_type == XFS_SUPER_MAGIC || info.f_type == TMPFS_MAGIC;
  return free;
}

Result<std::string> real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return system_error("find", path, errno);
  std::string text = resolved;
  std::free(resolved);
  return text;
}

}  // namespace cowstore::sys
