#include "sys/address_space.hpp"

#include <linux/btrfs.h>
#include <linux/fiemap.h>
#include <sys/ioctl.h>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "base/try.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

Result<std::string> address_space_of(const Dir& dir) {
  btrfs_ioctl_fs_info_args info{};
  int failed = detail::observed(Call::kStat, dir.path(), [&] { return ::ioctl(dir.fd(), BTRFS_IOC_FS_INFO, &info); });
  if (failed == 0) return "btrfs " + base::to_hex(ByteView(info.fsid, sizeof info.fsid));
  return "device " + std::to_string(COWSTORE_TRY(dir.stat_self()).device);
}

Placement placement_of(const Extent& extent) {
  if ((extent.flags & (FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL)) != 0) return Placement::kInline;
  if ((extent.flags & FIEMAP_EXTENT_DELALLOC) != 0) return Placement::kDelayed;
  if ((extent.flags & (FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_DATA_ENCRYPTED)) != 0) return Placement::kEncoded;
  if ((extent.flags & FIEMAP_EXTENT_UNKNOWN) != 0) return Placement::kDelayed;
  return Placement::kPlain;
}

}  // namespace cowstore::sys
