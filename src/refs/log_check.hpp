// Reads a whole log and checks all that its format promises. For fsck.
#pragma once

#include "cowstore/result.hpp"
#include "refs/log_note.hpp"
#include "sys/dir.hpp"

namespace cowstore::refs {

/// Damage is in the notes; an Error means that something could not be read at all (kNotFound: no log). A writer at work
/// shows as a torn tail at most.
Result<LogCheck> check_log(const sys::Dir& dir);

}  // namespace cowstore::refs
