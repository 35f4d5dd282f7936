// Reading versions: commits, differences, listings, contents, operations.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/commit.hpp"
#include "cowstore/diff.hpp"
#include "cowstore/entry.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/repository.hpp"
#include "cowstore/result.hpp"
#include "cowstore/scope.hpp"
#include "refs/operation.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

Result<CommitInfo> show(Session& session, const std::string& revision);
Result<void> log(Session& session, const LogOptions& options,
                 const std::function<Result<bool>(const CommitInfo&)>& sink);
Result<void> diff(Session& session, const std::optional<std::string>& before, const std::optional<std::string>& after,
                  const ChangeSink& sink, const Scope& scope);
Result<void> changes_of(Session& session, const CommitId& commit, const ChangeSink& sink);
Result<void> list(Session& session, const std::string& revision_path, Recursion recursion,
                  const std::function<Result<void>(const EntryInfo&)>& sink);
Result<void> cat(Session& session, const std::string& revision_path, const ContentSink& sink);
Result<void> read_content(Session& session, const EntryInfo& entry, const ContentSink& sink);

OperationInfo describe_operation(const refs::Operation& operation);

}  // namespace cowstore::repo
