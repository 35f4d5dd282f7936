// Looking at the working copy.
#pragma once

#include <string>
#include <vector>

#include "changes/compare.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "cowstore/status.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// Refreshes the stat index on the way if the working copy isn't locked and can be written to.
Result<Status> status(Session& session, const StatusOptions& options);

/// A scan with what it says against a version. The changes point into the scan.
struct Compared {
  changes::Scan scan;
  std::vector<changes::Change> changes;
};
/// The working copy against any version, ignore rules applied to what neither it nor HEAD has.
Result<Compared> compare_with(Session& session, const index::StatIndex& index, const object::TreeRoots& version,
                              changes::Times times);

/// "a/pipe (named pipe)", one for each thing in the scan that isn't versioned.
std::vector<std::string> describe_skipped(const changes::Scan& scan);

}  // namespace cowstore::repo
