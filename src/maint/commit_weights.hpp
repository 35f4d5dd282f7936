// What each commit takes of a store: the containers that it reaches, and those that no other commit does.
#pragma once

#include <cstdint>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "store/store.hpp"

namespace cowstore::maint {

/// In bytes. Without the commit's ancestors: of its own tree and attributes.
struct CommitWeight {
  std::uint64_t files = 0;      ///< names
  std::uint64_t apparent = 0;   ///< sizes of all files
  std::uint64_t exclusive = 0;  ///< in containers (packs, loose files) that only this commit of `all` reaches
  std::uint64_t shared = 0;     ///< in containers that others reach, too
};

/// Of each of `wanted`, which are among `all`. Reads nodes, never content: of `all` each node at most twice, then the
/// nodes of each wanted one. What is missing from the store is left out.
Result<std::vector<CommitWeight>> weigh_commits(store::Store& store, const std::vector<CommitId>& all,
                                                const std::vector<CommitId>& wanted);

}  // namespace cowstore::maint
