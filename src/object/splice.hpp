// Putting paths of one version into another: what `restore` means, and half of what `undo` does.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// `into` with everything at `paths` as it is in `donor`: replaced, added, or removed where the donor has nothing.
/// The empty path is the root, hence all of the donor. A directory that has to be made on the way takes its own
/// attributes from the donor. Removing the last entry of a directory leaves it empty.
/// Reads and writes O(paths * depth * log n) nodes. kUsage for a path with an empty, "." or ".." component.
Result<TreeRoots> splice_paths(NodeSource& source, NodeSink& sink, const TreeRoots& into, const TreeRoots& donor,
                               std::vector<std::string> paths);

}  // namespace cowstore::object
