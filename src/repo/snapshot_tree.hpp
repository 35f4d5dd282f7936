// A Btrfs snapshot of a whole working copy, under the staging name of its target.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "repo/target.hpp"
#include "repo/working_copy.hpp"

namespace cowstore::repo {

struct SnapshotTree {
  BuildDirectory directory;
  std::vector<std::string> subvolumes;  ///< other ones within, of which snapshots stand in their places
};

/// Nothing is written in it but snapshots of other subvolumes within the source, in the places of their stubs; of the
/// store there is none. kUnsupported, with the way out, where the working copy is no subvolume, isn't this user's, or
/// lies on another file system than the target; then nothing is left.
Result<SnapshotTree> snapshot_tree(const WorkingCopy& source, const Target& target);

}  // namespace cowstore::repo
