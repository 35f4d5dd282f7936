// Names of branches and tags beside the commits that they name, for log and show.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cowstore/repository.hpp"
#include "cowstore/result.hpp"

namespace cowstore::cli {

using Decorations = std::map<CommitId, std::vector<std::string>>;

/// "main", "tag: v1"; the branch that this working copy follows comes first, as "@ -> main".
Result<Decorations> decorations_in(Repository& repository);

}  // namespace cowstore::cli
