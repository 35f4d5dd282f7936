// Checking the sources of hard links: each against the content and the attributes that its name tells.
#pragma once

#include "base/thread_pool.hpp"
#include "cowstore/context.hpp"
#include "cowstore/fsck.hpp"
#include "maint/findings.hpp"
#include "store/store.hpp"

namespace cowstore::maint {

/// Reads all of them. Another content than its name says is a fault, since working copies that link the file have it,
/// too; no object is lost by it. Counts those that are right in `report`.
Result<void> check_variants(store::Store& store, base::ThreadPool& pool, Progress* progress, Findings& findings,
                            FsckReport& report);

}  // namespace cowstore::maint
