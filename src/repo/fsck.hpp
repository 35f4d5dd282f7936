// Checking a whole repository: the store, the log, and everything that the one says of the other.
#pragma once

#include "cowstore/fsck.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

Result<FsckReport> fsck(Session& session);

}  // namespace cowstore::repo
