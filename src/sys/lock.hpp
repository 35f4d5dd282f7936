// Advisory locks (flock): released by the kernel when the process ends, so never stale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::sys {

/// An exclusive lock on a file that is created if missing and never replaced. Holds until destroyed.
/// The holder writes its process id and `holder`, its command, into the file, so that who waits can name it.
class FileLock {
 public:
  /// Nothing if another process, or another FileLock of this one, holds it.
  static Result<std::optional<FileLock>> try_acquire(const Dir& dir, std::string_view name, std::string_view holder);
  /// Waits for it.
  static Result<FileLock> acquire(const Dir& dir, std::string_view name, std::string_view holder);
  /// What the last holder wrote ("1234 cowstore commit", at most 4 KiB), for a message to who finds it held. Empty if
  /// unknown; whether it still holds the lock only an attempt tells.
  static std::string holder(const Dir& dir, std::string_view name);
  /// Whether the file that is locked still has that name there, and isn't one that was removed since.
  [[nodiscard]] Result<bool> is_at(const Dir& dir, std::string_view name) const;

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// A lock on a directory itself, which needs no write in it. Holds until destroyed.
class DirLock {
 public:
  enum class Kind : std::uint8_t { kExclusive, kShared };
  /// Nothing if somebody else holds it (for kShared: exclusively).
  static Result<std::optional<DirLock>> try_acquire(const Dir& dir, Kind kind = Kind::kExclusive);

 private:
  explicit DirLock(Dir dir) : dir_(std::move(dir)) {}
  Dir dir_;
};

}  // namespace cowstore::sys
