#include "sys/extents.hpp"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

namespace {

constexpr std::uint32_t kBatch = 128;
constexpr std::uint32_t kIncomparable = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_ENCODED |
                                        FIEMAP_EXTENT_DATA_ENCRYPTED | FIEMAP_EXTENT_NOT_ALIGNED |
                                        FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_DATA_TAIL;

/// A fiemap header with room for a batch of extents behind it, as the ioctl wants it.
struct FiemapBuffer {
  alignas(fiemap) std::uint8_t bytes[sizeof(fiemap) + kBatch * sizeof(fiemap_extent)] = {};

  fiemap& header() { return *reinterpret_cast<fiemap*>(bytes); }
  Extent extent(std::uint32_t i) const {
    fiemap_extent raw;
    std::memcpy(&raw, bytes + sizeof(fiemap) + i * sizeof raw, sizeof raw);
    return {raw.fe_logical, raw.fe_physical, raw.fe_length, raw.fe_flags};
  }
};

/// Flags that say something of the bytes, not of who else refers to them.
std::uint32_t content_flags(std::uint32_t flags) {
  return flags & ~std::uint32_t{FIEMAP_EXTENT_SHARED | FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_MERGED};
}

bool continues(const Extent& a, const Extent& b) {
  return a.logical + a.length == b.logical && a.physical + a.length == b.physical &&
         content_flags(a.flags) == content_flags(b.flags);
}

/// The data alone. Unwritten extents are holes with a reservation, which a clone doesn't get: those of fallocate, and
/// what XFS reserves behind the end of a file that grows. File systems cut the same blocks into extents differently
/// depending on who shares them; adjacent ones are joined.
std::vector<Extent> joined(const std::vector<Extent>& extents) {
  std::vector<Extent> out;
  for (Extent extent : extents) {
    if ((extent.flags & FIEMAP_EXTENT_UNWRITTEN) != 0) continue;
    extent.flags = content_flags(extent.flags);
    if (!out.empty() && continues(out.back(), extent)) {
      out.back().length += extent.length;
    } else {
      out.push_back(extent);
    }
  }
  return out;
}

/// Calls take(extent) for all in order, until it returns false.
template <class Take>
Result<void> walk(const Fd& fd, std::uint32_t flags, std::string_view path, Take take) {
  for (std::uint64_t start = 0;;) {
    FiemapBuffer buffer;
    buffer.header().fm_start = start;
    buffer.header().fm_length = FIEMAP_MAX_OFFSET - start;
    buffer.header().fm_flags = flags;
    buffer.header().fm_extent_count = kBatch;
    int failed = detail::observed(Call::kExtents, path, [&] { return ::ioctl(fd.get(), FS_IOC_FIEMAP, buffer.bytes); });
    if (failed != 0) return system_error("map the extents of", path, errno);
    Extent last;
    for (std::uint32_t i = 0; i < buffer.header().fm_mapped_extents; ++i) {
      last = buffer.extent(i);
      if (!take(last)) return {};
    }
    if (buffer.header().fm_mapped_extents == 0 || (last.flags & FIEMAP_EXTENT_LAST) != 0) return {};
    start = last.logical + last.length;
  }
}

}  // namespace

bool Extent::shared() const {
  return (flags & FIEMAP_EXTENT_SHARED) != 0;
}
bool Extent::comparable() const {
  return (flags & kIncomparable) == 0;
}

Result<std::vector<Extent>> extent_map(const Fd& fd, std::size_t limit, std::string_view path) {
  std::vector<Extent> extents;
  auto take = [&](const Extent& extent) {
    extents.push_back(extent);
    return extents.size() <= limit;
  };
  COWSTORE_TRY(walk(fd, FIEMAP_FLAG_SYNC, path, take));
  if (extents.size() <= limit) return extents;
  return Error{
      ErrorCode::kUnsupported, 0, "map the extents of", std::string(path), "it has more than " + std::to_string(limit),
      ""};
}

Result<void> visit_extents(const Fd& fd, std::string_view path, const std::function<void(const Extent&)>& visit) {
  auto take = [&](const Extent& extent) {
    visit(extent);
    return true;
  };
  return walk(fd, 0, path, take);
}

Result<std::uint64_t> count_extents(const Fd& fd, std::string_view path) {
  fiemap request{};
  request.fm_length = FIEMAP_MAX_OFFSET;  // fm_extent_count == 0: only count
  request.fm_flags = FIEMAP_FLAG_SYNC;
  int failed = detail::observed(Call::kExtents, path, [&] { return ::ioctl(fd.get(), FS_IOC_FIEMAP, &request); });
  if (failed != 0) return system_error("count the extents of", path, errno);
  return std::uint64_t{request.fm_mapped_extents};
}

bool same_blocks(const std::vector<Extent>& a, const std::vector<Extent>& b) {
  auto comparable = [](const Extent& extent) { return extent.comparable(); };
  if (!std::all_of(a.begin(), a.end(), comparable) || !std::all_of(b.begin(), b.end(), comparable)) return false;
  return joined(a) == joined(b);
}

}  // namespace cowstore::sys
