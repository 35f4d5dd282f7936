#include "sys/lock.hpp"

#include <sys/file.h>

#include <cerrno>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/fault.hpp"
#include "sys/file.hpp"
#include "sys/system.hpp"

namespace cowstore::sys {

namespace {

constexpr std::uint64_t kMaxHolderText = 4096;

Result<bool> lock(const Fd& fd, int operation, const std::string& path) {
  if (fault::injected(Call::kLock, 0, path)) return system_error("lock", path, errno);
  while (::flock(fd.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return system_error("lock", path, errno);
  }
  return true;
}

void write_holder(const Fd& fd, std::string_view holder, const std::string& path) {
  // Only a courtesy to those who wait; a full disk must not make locking fail.
  std::string text = std::to_string(process_id()) + " " + std::string(holder) + "\n";
  if (truncate(fd, 0, path)) (void)write_at(fd, as_bytes(text), 0, path);
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_acquire(const Dir& dir, std::string_view name, std::string_view holder) {
  Fd fd = COWSTORE_TRY(dir.open_or_create(name, 0666));
  if (!COWSTORE_TRY(lock(fd, LOCK_EX | LOCK_NB, dir.path_of(name)))) return std::optional<FileLock>();
  write_holder(fd, holder, dir.path_of(name));
  return std::optional<FileLock>(FileLock(std::move(fd)));
}

Result<FileLock> FileLock::acquire(const Dir& dir, std::string_view name, std::string_view holder) {
  Fd fd = COWSTORE_TRY(dir.open_or_create(name, 0666));
  COWSTORE_TRY(lock(fd, LOCK_EX, dir.path_of(name)));
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

}  // namespace cowstore::sys
