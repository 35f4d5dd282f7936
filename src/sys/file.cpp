#include "sys/file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"
#include "sys/statx.hpp"

namespace cowstore::sys {

using detail::observed;

Result<Stat> stat(const Fd& fd, std::string_view path) {
  // A fifth cheaper than statx, which knows more; and every file of a commit is asked twice.
  struct ::stat raw;
  int failed = observed(Call::kStat, path, [&] { return ::fstat(fd.get(), &raw); });
  if (failed != 0) return system_error("stat", path, errno);
  return detail::stat_of(raw);
}

Result<std::size_t> read_at(const Fd& fd, std::span<std::uint8_t> out, std::uint64_t offset, std::string_view path) {
  std::size_t done = 0;
  while (done < out.size()) {
    std::span<std::uint8_t> rest = out.subspan(done);
    ssize_t got = observed(Call::kRead, rest.size(), path, [&] {
      return ::pread(fd.get(), rest.data(), rest.size(), static_cast<off_t>(offset + done));
    });
    if (got < 0) return system_error("read", path, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

Result<void> read_exactly_at(const Fd& fd, std::span<std::uint8_t> out, std::uint64_t offset, std::string_view path) {
  std::size_t got = COWSTORE_TRY(read_at(fd, out, offset, path));
  if (got == out.size()) return {};
  return Error{ErrorCode::kCorrupt,
               0,
               "read",
               std::string(path),
               "ends at byte " + std::to_string(offset + got) + ", expected " + std::to_string(offset + out.size()),
               ""};
}

Result<Bytes> read_all(const Fd& fd, std::uint64_t limit, std::string_view path) {
  Stat info = COWSTORE_TRY(stat(fd, path));
  if (info.size > limit) {
    return Error{ErrorCode::kCorrupt,
                 0,
                 "read",
                 std::string(path),
                 "has " + std::to_string(info.size) + " bytes, at most " + std::to_string(limit) + " make sense",
                 ""};
  }
  Bytes bytes(static_cast<std::size_t>(info.size));
  bytes.resize(COWSTORE_TRY(read_at(fd, bytes, 0, path)));
  return bytes;
}

Result<void> write_at(const Fd& fd, ByteView bytes, std::uint64_t offset, std::string_view path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    ByteView rest = bytes.subspan(done);
    ssize_t put = observed(Call::kWrite, rest.size(), path, [&] {
      auto size = static_cast<std::size_t>(fault::allowed(rest.size()));
      return ::pwrite(fd.get(), rest.data(), size, static_cast<off_t>(offset + done));
    });
    if (put < 0) return system_error("write", path, errno);
    if (put == 0) return system_error("write", path, EIO);  // no progress: never again in a loop
    done += static_cast<std::size_t>(put);
  }
  return {};
}

Result<void> truncate(const Fd& fd, std::uint64_t size, std::string_view path) {
  int failed = observed(Call::kTruncate, path, [&] { return ::ftruncate(fd.get(), static_cast<off_t>(size)); });
  if (failed != 0) return system_error("set the size of", path, errno);
  return {};
}

Result<void> allocate(const Fd& fd, std::uint64_t bytes, std::string_view path) {
  int failed = observed(Call::kAllocate, path, [&] { return ::fallocate(fd.get(), 0, 0, static_cast<off_t>(bytes)); });
  if (failed != 0) return system_error("allocate", path, errno);
  return {};
}

Result<void> sync_data(const Fd& fd, std::string_view path) {
  int failed = observed(Call::kSync, path, [&] { return ::fdatasync(fd.get()); });
  if (failed != 0) return system_error("sync", path, errno);
  return {};
}

namespace {

/// On an overlay the pages belong to a file of another file system: sync_file_range() finds none of them.
bool is_of_overlay(const Fd& fd) {
  struct statfs info {};
  return ::fstatfs(fd.get(), &info) == 0 && info.f_type == OVERLAYFS_SUPER_MAGIC;
}

}  // namespace

Result<void> write_back(const Fd& fd, std::string_view path) {
  if (is_of_overlay(fd)) return sync_data(fd, path);
  constexpr unsigned kAll = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  int failed = observed(Call::kWriteback, path, [&] { return ::sync_file_range(fd.get(), 0, 0, kAll); });
  if (failed != 0) return system_error("write back", path, errno);
  return {};
}

void start_write_back(const Fd& fd) {
  (void)::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

void advise_sequential(const Fd& fd) {
  (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

Result<void> set_mtime(const Fd& fd, Timestamp mtime, std::string_view path) {
  timespec times[2] = {{0, UTIME_OMIT}, {mtime.seconds, static_cast<long>(mtime.nanoseconds)}};
  int failed = observed(Call::kSetTimes, path, [&] { return ::futimens(fd.get(), times); });
  if (failed != 0) return system_error("set the time of", path, errno);
  return {};
}

Result<void> set_mode(const Fd& fd, int mode, std::string_view path) {
  int failed = observed(Call::kSetMode, path, [&] { return ::fchmod(fd.get(), static_cast<mode_t>(mode)); });
  if (failed != 0) return system_error("set the mode of", path, errno);
  return {};
}

Result<std::optional<DataRange>> next_data(const Fd& fd, std::uint64_t offset, std::uint64_t size,
                                           std::string_view path) {
  if (offset >= size) return std::optional<DataRange>();
  off_t data = observed(Call::kExtents, path, [&] { return ::lseek(fd.get(), static_cast<off_t>(offset), SEEK_DATA); });
  if (data < 0 && errno == ENXIO) return std::optional<DataRange>();
  if (data < 0 && errno == EINVAL) return std::optional<DataRange>(DataRange{offset, size - offset});
  if (data < 0) return system_error("look for data in", path, errno);
  off_t hole = observed(Call::kExtents, path, [&] { return ::lseek(fd.get(), data, SEEK_HOLE); });
  if (hole < 0 && errno != ENXIO) return system_error("look for a hole in", path, errno);
  std::uint64_t begin = static_cast<std::uint64_t>(data);
  std::uint64_t end = hole < 0 ? size : static_cast<std::uint64_t>(hole);
  // The file may have grown meanwhile; what lies beyond `size` is not asked for.
  if (begin >= size) return std::optional<DataRange>();
  return std::optional<DataRange>(DataRange{begin, std::min(end, size) - begin});
}

}  // namespace cowstore::sys
