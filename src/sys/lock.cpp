#include "sys/lock.hpp"

#include <sys/file.h>

#include <cerrno>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/observed.hpp"
#include "sys/system.hpp"

namespace cowstore::sys {

namespace {

constexpr std::size_t kMaxHolderText = 4096;

Result<bool> lock(int fd, int operation, const std::string& path) {
  if (detail::observed(Call::kLock, path, [&] { return ::flock(fd, operation); }) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return system_error("lock", path, errno);
}

void write_holder(const Fd& fd, std::string_view holder, const std::string& path) {
  // Only a courtesy to those who wait; a full disk must not make locking fail.
  std::string text = std::to_string(process_id()) + " " + std::string(holder);
  text.resize(std::min(text.size(), kMaxHolderText - 1));
  text += '\n';
  if (truncate(fd, 0, path)) (void)write_at(fd, as_bytes(text), 0, path);
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_acquire(const Dir& dir, std::string_view name, std::string_view holder) {
  Fd fd = COWSTORE_TRY(dir.open_or_create(name, 0666));
  if (!COWSTORE_TRY(lock(fd.get(), LOCK_EX | LOCK_NB, dir.path_of(name)))) return std::optional<FileLock>();
  write_holder(fd, holder, dir.path_of(name));
  return std::optional<FileLock>(FileLock(std::move(fd)));
}

Result<FileLock> FileLock::acquire(const Dir& dir, std::string_view name, std::string_view holder) {
  Fd fd = COWSTORE_TRY(dir.open_or_create(name, 0666));
  COWSTORE_TRY(lock(fd.get(), LOCK_EX, dir.path_of(name)));
  write_holder(fd, holder, dir.path_of(name));
  return FileLock(std::move(fd));
}

std::string FileLock::holder(const Dir& dir, std::string_view name) {
  auto fd = dir.open_read(name);
  if (!fd) return {};
  auto bytes = read_all(*fd, kMaxHolderText, name);
  if (!bytes) return {};
  std::string text(as_text(*bytes));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<bool> FileLock::is_at(const Dir& dir, std::string_view name) const {
  Stat own = COWSTORE_TRY(stat(fd_, dir.path_of(name)));
  auto there = dir.stat(name);
  if (!there && there.error().code == ErrorCode::kNotFound) return false;
  if (!there) return std::move(there).error();
  return there->inode == own.inode && there->device == own.device;
}

Result<std::optional<DirLock>> DirLock::try_acquire(const Dir& dir, Kind kind) {
  // Opened anew: the lock belongs to the open file.
  Dir own = COWSTORE_TRY(dir.open_dir("."));
  const int operation = (kind == Kind::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (!COWSTORE_TRY(lock(own.fd(), operation, dir.path()))) return std::optional<DirLock>();
  return std::optional<DirLock>(DirLock(std::move(own)));
}

}  // namespace cowstore::sys
