// Running a command in a private working copy.
#pragma once

#include "cowstore/result.hpp"
#include "cowstore/run.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// See Repository::run().
Result<RunReport> run(Session& session, const RunOptions& options);

}  // namespace cowstore::repo
