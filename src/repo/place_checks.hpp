// What stands in the way of a plan although no scan of the paths in question shows it.
#pragma once

#include "changes/scanned.hpp"
#include "checkout/plan.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::repo {

/// Before the journal is written, since a command that fails in the midst can't be finished before the reason is gone.
/// kConflict where something else is in the place of a directory; kIo, naming all, for directories in which names have
/// to change and this user may not change any.
Result<void> check_places(const sys::Dir& root, const changes::Scan& scan, const checkout::Plan& plan);

}  // namespace cowstore::repo
