// Making commits.
#pragma once

#include "cowstore/commit.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// Durable when it returns a created commit. Nothing to commit is fine: `created` is false then.
Result<CommitReport> commit(Session& session, const CommitOptions& options);

}  // namespace cowstore::repo
