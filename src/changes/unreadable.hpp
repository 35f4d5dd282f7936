// What can't be read of a working copy. Scans, comparisons and commits note it and go on, as if the version's state
// were there: whether that will do is for the caller to say.
#pragma once

#include <string>

#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// Whether an error of opening or reading something is that thing's own: no permission, or a disk that doesn't give it
/// back. Not so an error of the process or the machine, such as too many open files.
bool is_unreadable(const Error& error);

/// Finds, without reading, the files of unknown content that the user may not open: they become kKept, and are listed.
/// What only reading can tell is left to those who read.
void find_unreadable(Scan& scan, const sys::Dir& root);

/// kIo naming all that is listed as unreadable, with that way out; success if nothing is.
Result<void> require_readable(const Scan& scan, const std::string& hint);

}  // namespace cowstore::changes
