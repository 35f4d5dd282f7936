// Where a file's blocks lie on the device (ioctl FIEMAP).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "sys/fd.hpp"

namespace cowstore::sys {

struct Extent {
  std::uint64_t logical = 0;   ///< byte offset in the file
  std::uint64_t physical = 0;  ///< byte offset on the device
  std::uint64_t length = 0;    ///< bytes
  std::uint32_t flags = 0;     ///< FIEMAP_EXTENT_*
  bool operator==(const Extent&) const = default;

  [[nodiscard]] bool shared() const;
  /// Whether equal physical addresses mean equal bytes: not so for encoded, inline, delayed or unknown extents.
  [[nodiscard]] bool comparable() const;
};

/// The synced extent map (FIEMAP_FLAG_SYNC): dirty pages are written back first. At most `limit` extents;
/// more is kUnsupported, as is a file system without FIEMAP.
Result<std::vector<Extent>> extent_map(const Fd& fd, std::size_t limit, std::string_view path);

/// All extents of a file as they are now: what is not written back yet has no address (FIEMAP_EXTENT_DELALLOC).
/// In order, in bounded memory. kUnsupported (EOPNOTSUPP, ENOTTY) on file systems without FIEMAP.
Result<void> visit_extents(const Fd& fd, std::string_view path, const std::function<void(const Extent&)>& visit);

/// How many extents the synced file lies in, told without listing them, which is cheaper.
/// kUnsupported on a file system without FIEMAP.
Result<std::uint64_t> count_extents(const Fd& fd, std::string_view path);

/// Whether both maps place the same data at the same addresses, all of it comparable; unwritten extents are holes, and
/// the "shared" and "last" flags may differ. Then two files of the same size held the same bytes when they were mapped:
/// sizes are compared beside it, a map doesn't tell them. Between a file and its clone, any write to either since
/// makes it false.
bool same_blocks(const std::vector<Extent>& a, const std::vector<Extent>& b);

}  // namespace cowstore::sys
