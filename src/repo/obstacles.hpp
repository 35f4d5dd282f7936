// What a checkout or restore meets and never touches: nested repositories, sockets, what a scan skips.
#pragma once

#include "changes/scanned.hpp"
#include "checkout/plan.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::repo {

/// For `restore`, which is asked for a version's state of paths, whether two versions differ in them or not: adds to
/// the plan what the scan has skipped and the version has something else in its place.
Result<void> add_obstacles(object::NodeSource& source, const changes::Scan& scan, const object::TreeRoots& version,
                           checkout::Plan& plan);

/// kConflict naming all obstacles of the plan, of which there is one at least.
Error obstacles_error(const checkout::Plan& plan);

}  // namespace cowstore::repo
