#include "sys/address_space.hpp"

#include <linux/btrfs.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

namespace {

constexpr std::uint32_t kBatch = 64;

/// A fiemap header with room for a batch of extents behind it, as the ioctl wants it.
struct Buffer {
  alignas(fiemap) std::uint8_t bytes[sizeof(fiemap) + kBatch * sizeof(fiemap_extent)] = {};
  fiemap& header() { return *reinterpret_cast<fiemap*>(bytes); }
  Extent extent(std::uint32_t i) const {
    fiemap_extent raw;
    std::memcpy(&raw, bytes + sizeof(fiemap) + i * sizeof raw, sizeof raw);
    return {raw.fe_logical, raw.fe_physical, raw.fe_length, raw.fe_flags};
  }
};

}  // namespace

Result<std::string> address_space_of(const Dir& dir) {
  btrfs_ioctl_fs_info_args info{};
  int failed = detail::observed(Call::kStat, dir.path(), [&] { return ::ioctl(dir.fd(), BTRFS_IOC_FS_INFO, &info); });
  if (failed == 0) return "btrfs " + base::to_hex(ByteView(info.fsid, sizeof info.fsid));
  return "device " + std::to_string(COWSTORE_TRY(dir.stat_self()).device);
}

Result<void> visit_extents(const Fd& fd, std::string_view path, const std::function<void(const Extent&)>& visit) {
  for (std::uint64_t start = 0;;) {
    Buffer buffer;
    buffer.header().fm_start = start;
    buffer.header().fm_length = FIEMAP_MAX_OFFSET - start;
    buffer.header().fm_extent_count = kBatch;
    int failed = detail::observed(Call::kExtents, path, [&] { return ::ioctl(fd.get(), FS_IOC_FIEMAP, buffer.bytes); });
    if (failed != 0) return system_error("map the extents of", path, errno);
    Extent last;
    for (std::uint32_t i = 0; i < buffer.header().fm_mapped_extents; ++i) {
      last = buffer.extent(i);
      visit(last);
    }
    if (buffer.header().fm_mapped_extents == 0 || (last.flags & FIEMAP_EXTENT_LAST) != 0) return {};
    start = last.logical + last.length;
  }
}

Placement placement_of(const Extent& extent) {
  if ((extent.flags & (FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL)) != 0) return Placement::kInline;
  if ((extent.flags & FIEMAP_EXTENT_DELALLOC) != 0) return Placement::kDelayed;
  if ((extent.flags & (FIEMAP_EXTENT_ENCODED | FIEMAP_EXTENT_DATA_ENCRYPTED)) != 0) return Placement::kEncoded;
  if ((extent.flags & FIEMAP_EXTENT_UNKNOWN) != 0) return Placement::kDelayed;
  return Placement::kPlain;
}

}  // namespace cowstore::sys
