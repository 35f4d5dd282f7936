// Reading, writing and describing open files. All calls retry EINTR; `path` is only for messages.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "sys/fd.hpp"
#include "sys/stat.hpp"

namespace cowstore::sys {

/// All but `mount_root`.
Result<Stat> stat(const Fd& fd, std::string_view path);

/// Reads until `out` is full or the file ends; returns how much was read. Short reads are continued.
Result<std::size_t> read_at(const Fd& fd, std::span<std::uint8_t> out, std::uint64_t offset, std::string_view path);
/// kCorrupt ("shorter than …") when the file ends before `out` is full.
Result<void> read_exactly_at(const Fd& fd, std::span<std::uint8_t> out, std::uint64_t offset, std::string_view path);
/// The whole file, as large as it is at the call; kCorrupt when that is more than `limit` bytes.
Result<Bytes> read_all(const Fd& fd, std::uint64_t limit, std::string_view path);

/// Writes everything; short writes are continued. After a failure any part may have been written.
Result<void> write_at(const Fd& fd, ByteView bytes, std::uint64_t offset, std::string_view path);
Result<void> truncate(const Fd& fd, std::uint64_t size, std::string_view path);
/// Gives an empty file `bytes` of disk to hold, without writing them (fallocate). kUnsupported where the file system
/// can't; after a failure a part may be held.
Result<void> allocate(const Fd& fd, std::uint64_t bytes, std::string_view path);

/// fdatasync. After a failure the data is lost to the kernel: write the file anew, never sync again.
Result<void> sync_data(const Fd& fd, std::string_view path);
/// Writes dirty pages back and waits, metadata excluded: afterwards a new store through a mapping faults and changes
/// mtime. On an overlay it is sync_data(), since nothing less reaches the pages.
Result<void> write_back(const Fd& fd, std::string_view path);
/// Starts writeback without waiting. Best effort.
void start_write_back(const Fd& fd);
/// Tells the kernel that a sequential read follows. Best effort.
void advise_sequential(const Fd& fd);

Result<void> set_mtime(const Fd& fd, Timestamp mtime, std::string_view path);
Result<void> set_mode(const Fd& fd, int mode, std::string_view path);

/// A stretch of a file that may hold data; everything between two extents is a hole.
struct DataRange {
  std::uint64_t offset;
  std::uint64_t length;
};
/// The first data range at or after `offset`, none if only a hole follows. On file systems without SEEK_DATA
/// the whole file is data. Moves the descriptor's file position, which nothing here uses.
Result<std::optional<DataRange>> next_data(const Fd& fd, std::uint64_t offset, std::uint64_t size,
                                           std::string_view path);

}  // namespace cowstore::sys
