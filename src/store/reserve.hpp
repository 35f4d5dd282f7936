// A little of the disk, kept for when there is nothing else left of it: `reserve/` of the store, a few files that hold
// nothing but space.
//
// What takes a command back, or takes something away, needs some space itself: a record of the log, a journal, a file
// built beside the one that it replaces. Who meets a full disk on such a way gives up the reserve, tries once more, and
// takes back what is left of it. Whatever adds to the store never touches it. Several files, so that there are inodes
// among what is given up.
//
// It is no part of what the store holds: without one everything works, as long as the disk isn't full.
#pragma once

#include <cstdint>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

/// What each command took, and why Btrfs takes more: docs/design/009-full-disk.md.
inline constexpr int kReserveFiles = 8;
inline constexpr std::uint64_t kReserveFileBytes = std::uint64_t{128} << 10;
/// Where metadata is copied on write as well.
inline constexpr std::uint64_t kReserveFileBytesOnBtrfs = std::uint64_t{512} << 10;

/// Gives up the reserve, and waits until the file system can use the space (freed blocks come back with its next
/// transaction). False if there was none. Others may take the space before the caller does.
Result<bool> release_reserve(const sys::Dir& store_dir);

/// Makes what is missing of it: as much as the disk has. One stat if nothing is. An error only says why there is less
/// than there should be, and is a reason to go on all the same.
Result<void> replenish_reserve(const sys::Dir& store_dir);

}  // namespace cowstore::store
