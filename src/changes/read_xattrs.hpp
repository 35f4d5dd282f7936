// Reading the extended attributes of what a scan found.
#pragma once

#include <string_view>

#include "changes/failures.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// Those of one name ("." for the directory itself) that versions record. What is gone has none.
Result<Xattrs> read_xattrs(const sys::Dir& dir, std::string_view name);

/// Fills in what the directory and its files, links and special files have. `dir` is that directory. Failures are
/// told, and leave out what they are about.
void read_xattrs_of(ScannedDirectory& directory, const sys::Dir& dir, Failures& failures);

/// Does so unless it was done: a scan leaves out directories for which the index could vouch. `root` is the directory
/// that was scanned. kIo naming what can't be read.
Result<void> read_missing_xattrs(ScannedDirectory& directory, const sys::Dir& root);

}  // namespace cowstore::changes
