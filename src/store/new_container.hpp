// A container that a transaction lists beside the packs that it writes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "store/segment_writer.hpp"
#include "sys/fd.hpp"

namespace cowstore::store {

/// Up to so many files or directories are synced one by one. On ext4 200 files took 58 ms singly and 23 ms by syncfs;
/// but syncfs also waits for what others wrote.
inline constexpr std::size_t kSyncSingly = 16;

struct NewContainer {
  ContainerRecord record;
  std::string staged;                 ///< file in the session's directory; empty for one that lies in its place already
  sys::Fd fd;                         ///< of a staged file, for its sync; closed where there are many
  std::vector<SegmentEntry> entries;  ///< their container is this one, whatever the number says
};

}  // namespace cowstore::store
