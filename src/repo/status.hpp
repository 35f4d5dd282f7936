// Looking at the working copy.
#pragma once

#include <string>
#include <vector>

#include "changes/compare.hpp"
#include "changes/scan.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "cowstore/scope.hpp"
#include "cowstore/status.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// Refreshes the stat index on the way if the working copy isn't locked and can be written to.
Result<Status> status(Session& session, const StatusOptions& options);

/// What comparing the session's working copy with a version takes. Borrows from the session.
changes::CompareTools compare_tools(Session& session);

/// A scan with what it says against a version. The changes point into the scan.
struct Compared {
  changes::Scan scan;
  std::vector<changes::Change> changes;
};
/// The working copy against any version, ignore rules applied to what neither it nor HEAD has. What can't be read is
/// listed in the scan.
Result<Compared> compare_with(Session& session, const index::StatIndex& index, const object::TreeRoots& version,
                              const changes::CompareOptions& how, FileSystems file_systems);

/// "a/pipe (named pipe)", one for each thing in the scan that isn't looked at.
std::vector<std::string> describe_skipped(const changes::Scan& scan);
std::vector<std::string> unreadable_paths(const changes::Scan& scan);

/// The way out where something can't be read, of commands that may leave it out.
inline constexpr const char* kSkipHint =
    "make them readable, leave them out with .cowignore, or use --skip-unreadable: what the last version has of them "
    "then stays";

inline changes::MountPoints mount_points_of(FileSystems file_systems) {
  return file_systems == FileSystems::kOne ? changes::MountPoints::kOpaque : changes::MountPoints::kEnter;
}

}  // namespace cowstore::repo
