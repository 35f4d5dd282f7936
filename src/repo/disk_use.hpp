// Measuring of working copies and store.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "cowstore/space.hpp"
#include "repo/registered.hpp"
#include "repo/session.hpp"
#include "space/census.hpp"

namespace cowstore::repo {

/// A census of all registered working copies that are there, and of the store's parts.
struct Measured {
  std::vector<WorktreeSpace> worktrees;  ///< by path
  std::vector<StoreSpace> store;
  space::Census census;               ///< its owners: the working copies, then the parts
  std::vector<std::string> left_out;  ///< path and reason
};
Result<Measured> measure_all(Session& session);

/// See Repository::disk_use().
Result<DiskUse> disk_use(Session& session, const DiskUseOptions& options);

}  // namespace cowstore::repo
