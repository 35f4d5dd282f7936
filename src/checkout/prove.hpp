// Whether files that others could reach from the moment they had their names are still what was made.
#pragma once

#include <vector>

#include "checkout/execute.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/open_watch.hpp"

namespace cowstore::checkout {

/// Sets `proof` of the files that were watched from before they had a name, and that nobody has opened until the file
/// system's clock ticked past their last change: whoever writes to them later leaves a time. That tick is waited for,
/// a few milliseconds at most. `control` lies on the files' file system.
Result<void> prove(std::vector<Done>& made, const sys::OpenWatch& watch, const sys::Dir& control);

}  // namespace cowstore::checkout
