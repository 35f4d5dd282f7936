#include "sys/native.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdint>

#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

namespace {

/// Not in every version of linux/magic.h.
constexpr auto kBcachefsMagic = 0xca451a4eU;
constexpr auto kXfsMagic = 0x58465342U;
constexpr auto kF2fsMagic = 0xf2f52010U;

bool is_native(std::uint32_t magic) {
  switch (magic) {
    case BTRFS_SUPER_MAGIC:
    case EXT4_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case kBcachefsMagic:
    case kF2fsMagic:
    case kXfsMagic:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<bool> is_native(const Dir& dir) {
  struct statfs info {};
  if (detail::observed(Call::kStat, dir.path(), [&] { return ::fstatfs(dir.fd(), &info); }) != 0)
    return system_error("ask for the file system of", dir.path(), errno);
  return is_native(static_cast<std::uint32_t>(info.f_type));
}

}  // namespace cowstore::sys
