#include "repo/head_at.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "refs/names.hpp"

namespace cowstore::repo {

namespace {

bool registers(const refs::Operation& operation, const std::string& path_key) {
  return std::any_of(operation.changes.begin(), operation.changes.end(),
                     [&](const refs::Change& change) { return change.name == path_key && !change.old_value; });
}

}  // namespace

Result<PastHead> head_at(refs::History& history, const refs::View& view, const std::string& id, Timestamp moment) {
  const std::string commit_key = refs::worktree_key(id, "commit");
  const std::string branch_key = refs::worktree_key(id, "branch");
  const std::string path_key = refs::worktree_key(id, "path");
  std::optional<std::string> commit = view.get(commit_key);
  std::optional<std::string> branch = view.get(branch_key);
  auto take_back = [&](const refs::Operation& operation) {
    if (operation.time <= moment || registers(operation, path_key)) return refs::Walk::kStop;
    for (const refs::Change& change : operation.changes) {
      if (change.name == commit_key) commit = change.old_value;
      if (change.name == branch_key) branch = change.old_value;
    }
    return refs::Walk::kContinue;
  };
  COWSTORE_TRY(history.newest_first(take_back));
  auto digest = commit ? Digest::from_hex(*commit) : std::nullopt;
  return PastHead{digest ? std::optional(CommitId(*digest)) : std::nullopt, branch};
}

}  // namespace cowstore::repo
