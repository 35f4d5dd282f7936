// What an overlay's upper directory says of changes: every place in which the overlay may differ from the lower
// directory, found without a look at what was never touched.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// Relative paths, in no order. What isn't named is as in the lower directory; what is named need not be another.
struct UpperChanges {
  /// Each with all below it: files and links that are there, whiteouts (what they stand for is gone), and directories
  /// that don't show what the lower one has under their name: opaque and redirected ones.
  std::vector<std::string> paths;
  /// Directories that show both, and so may have permission bits and times of their own. The top ("") always.
  std::vector<std::string> directories;
};

/// Reads names and the overlay's notes, in O(what is in `upper`), the `.cowstore` at its top left out. Where
/// directories are moved meanwhile all is looked at again, a few times; then it is kBusy. What can't be read is named
/// as a path. Sees opaque and redirected directories only with the right to see the overlay's notes: for others it is
/// not enough.
Result<UpperChanges> read_upper(const sys::Dir& upper);

}  // namespace cowstore::changes
