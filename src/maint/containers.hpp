// The containers of a store, each read whole: are its objects what their ids say, and where the segments say?
#pragma once

#include <map>
#include <vector>

#include "base/thread_pool.hpp"
#include "cowstore/context.hpp"
#include "cowstore/fsck.hpp"
#include "cowstore/result.hpp"
#include "maint/findings.hpp"
#include "store/object_info.hpp"
#include "store/store.hpp"

namespace cowstore::maint {

/// What segments say of one container.
struct Listed {
  store::ContainerRecord record;
  struct Entry {
    Digest id;
    store::Location location;
  };
  std::vector<Entry> entries;
};
using ListedContainers = std::map<std::pair<store::ContainerKind, Digest>, Listed>;

/// Verifies every segment, superseded ones too, and collects what they list.
ListedContainers collect_listed(store::Store& store, Findings& findings);

/// Reads every listed container, in parallel.
Result<void> check_containers(store::Store& store, const ListedContainers& listed, base::ThreadPool& pool,
                              Progress* progress, Findings& findings);

}  // namespace cowstore::maint
