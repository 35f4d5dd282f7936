#include "changes/clocks.hpp"

#include <cerrno>
#include <limits>

#include "sys/system.hpp"

namespace cowstore::changes {

namespace {

/// Nothing is older than this: where a file system's own time isn't known, nothing can be proven.
constexpr Timestamp kNever{std::numeric_limits<std::int64_t>::min(), 0};

}  // namespace

Timestamp Clocks::stamp_of(const sys::Dir& dir, std::uint64_t device) {
  if (device == first_.device) return first_.now;
  if (!first_.device) return kNever;  // no index can be written, either: nothing is gained by proofs
  std::lock_guard lock(mutex_);
  const auto known = others_.find(device);
  if (known != others_.end()) return known->second;
  auto now = sys::file_system_now_unseen(dir);
  // Another directory of that file system may be the user's own.
  if (!now && (now.error().sys_errno == EACCES || now.error().sys_errno == EPERM)) return kNever;
  return others_.emplace(device, now ? *now : kNever).first->second;
}

}  // namespace cowstore::changes
