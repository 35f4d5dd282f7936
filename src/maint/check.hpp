// Checking a store: every byte of every container, every entry of every segment, every reference that is reachable.
#pragma once

#include <vector>

#include "base/thread_pool.hpp"
#include "cowstore/context.hpp"
#include "cowstore/fsck.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "store/store.hpp"

namespace cowstore::maint {

struct CheckInput {
  store::Store& store;
  base::ThreadPool& pool;
  Progress* progress;                ///< may be null
  std::vector<CommitId> roots;       ///< must be there with all that they reach
  std::vector<CommitId> remembered;  ///< what old operations name: marked if still there
};

/// Adds what it finds. Changes nothing, and takes no lock: what a writer publishes meanwhile may show as unlisted.
/// An error is only what keeps it from looking at all.
Result<void> check_store(const CheckInput& input, FsckReport& report);

}  // namespace cowstore::maint
