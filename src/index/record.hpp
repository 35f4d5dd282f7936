// The layout of `.cowstore/index`, little-endian throughout. Private to the module.
//
//   header             88   magic (16), version u32, flags u32 (none yet), boot id (40, padded with NUL),
//                           directories u64, entries u64, heap bytes u64
//   directory records 128   each, sorted by path; together their entries are all entries, in order
//   entry records      88   each, sorted by name within a directory
//   heap                    of a directory its path; of an entry its name, the target of a link, then if its flags say
//                           so the recorded mode (u16) and the recorded mtime (i64 seconds, u32 nanoseconds)
//   checksum           32   SHA-256 of the digests of everything before it, cut into pieces of 64 KiB: pieces are
//                           hashed side by side, which is faster
//
// The format may change with any release: a reader that doesn't know the version starts with an empty index.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"

namespace cowstore::index::layout {

inline constexpr std::string_view kFileName = "index";
inline constexpr std::string_view kMagic{"cowstore-index\0\0", 16};
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::size_t kBootIdBytes = 40;
inline constexpr std::size_t kHeaderBytes = 88;
inline constexpr std::size_t kDirectoryBytes = 128;
inline constexpr std::size_t kEntryBytes = 88;
inline constexpr std::size_t kChecksumBytes = 32;

namespace header {
inline constexpr std::size_t kVersionAt = 16, kFlagsAt = 20, kBootIdAt = 24, kDirectoriesAt = 64, kEntriesAt = 72,
                             kHeapAt = 80;
}

namespace directory {
inline constexpr std::size_t kHeapAt = 0, kPathLengthAt = 8, kModeAt = 12, kFlagsAt = 14, kFirstEntryAt = 16,
                             kEntriesAt = 24, kInodeAt = 32, kTimesAt = 40, kTreeAt = 64, kAttributesAt = 96;
inline constexpr std::uint8_t kHasTree = 1, kHasAttributes = 2, kListed = 4, kAllFlags = 7;
}  // namespace directory

namespace entry {
inline constexpr std::size_t kHeapAt = 0, kSizeAt = 8, kInodeAt = 16, kTimesAt = 24, kModeAt = 48, kNameLengthAt = 50,
                             kKindAt = 51, kFlagsAt = 52, kDepthAt = 53, kTargetLengthAt = 54, kIdAt = 56;
inline constexpr std::uint8_t kProven = 1, kSynced = 2, kSharedInode = 4, kRecordedMode = 8, kRecordedMtime = 16,
                              kAllFlags = 31;
/// What an entry has in the heap, by its flags, behind its name and target.
std::size_t recorded_bytes(std::uint8_t flags);
}  // namespace entry

/// mtime and ctime: both seconds (i64), then both nanoseconds (u32).
struct Times {
  Timestamp mtime;
  Timestamp ctime;
};
Times load_times(const std::uint8_t* at);
void store_times(std::uint8_t* at, const Times& times);
inline constexpr std::size_t kTimestampBytes = 12;
Timestamp load_timestamp(const std::uint8_t* at);
void store_timestamp(std::uint8_t* at, Timestamp time);

/// Of all that stands before the checksum.
Digest checksum(ByteView covered);

std::uint16_t load_u16(const std::uint8_t* at);
void store_u16(std::uint8_t* at, std::uint16_t value);
Digest load_digest(const std::uint8_t* at);
void store_digest(std::uint8_t* at, const Digest& digest);

}  // namespace cowstore::index::layout
