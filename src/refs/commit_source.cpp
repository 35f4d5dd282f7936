#include "refs/commit_source.hpp"

#include <utility>

#include "base/try.hpp"
#include "object/commit.hpp"

namespace cowstore::refs {

Result<std::vector<CommitId>> NodeCommitSource::parents(const CommitId& id) {
  return COWSTORE_TRY(object::read_commit(nodes_, id)).parents;
}

Result<std::vector<CommitId>> NodeCommitSource::with_prefix(std::string_view hex, std::size_t limit) {
  return find_(hex, limit);
}

}  // namespace cowstore::refs
