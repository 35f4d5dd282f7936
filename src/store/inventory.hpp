// What lies in a store's directory against what its segments list: for fsck and gc. Nothing is changed.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "store/object_info.hpp"
#include "store/store.hpp"

namespace cowstore::store {

/// Paths are relative to the store. While others write, what they are about to list shows as unlisted, and their
/// session is not stale: only who excludes writers may act on it.
struct Inventory {
  std::vector<Digest> unlisted_packs;
  std::vector<Digest> unlisted_loose;       ///< their FileId
  std::vector<ContainerRecord> missing;     ///< listed, but not there (one record of each)
  std::vector<ContainerRecord> altered;     ///< loose, agrees with none of its records (one record of each)
  std::vector<std::string> superseded;      ///< segments that could go
  std::vector<std::string> stale_sessions;  ///< in tmp/, left by a crash: the next transaction removes them
  std::vector<std::string> foreign;         ///< what no store puts there
  std::vector<Error> damaged_segments;
};

/// Looks at names and stats, never at contents. Refreshes the store first.
Result<Inventory> take_inventory(Store& store);

}  // namespace cowstore::store
