// Where resolving learns about commits.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/node.hpp"

namespace cowstore::refs {

class CommitSource {
 public:
  virtual ~CommitSource() = default;
  /// In order. kNotFound if there is no such commit.
  virtual Result<std::vector<CommitId>> parents(const CommitId& id) = 0;
  /// Commits whose id begins with these hex digits (lower case, 4 to 64), at most `limit`, in any order. Ids of other
  /// objects must not be among them.
  virtual Result<std::vector<CommitId>> with_prefix(std::string_view hex, std::size_t limit) = 0;
};

/// Commits as nodes of a store; finding ids by their beginning is the store's index's business.
class NodeCommitSource final : public CommitSource {
 public:
  using PrefixFinder = std::function<Result<std::vector<CommitId>>(std::string_view hex, std::size_t limit)>;

  /// Borrows the nodes.
  NodeCommitSource(object::NodeSource& nodes, PrefixFinder find) : nodes_(nodes), find_(std::move(find)) {}
  Result<std::vector<CommitId>> parents(const CommitId& id) override;
  Result<std::vector<CommitId>> with_prefix(std::string_view hex, std::size_t limit) override;

 private:
  object::NodeSource& nodes_;
  PrefixFinder find_;
};

}  // namespace cowstore::refs
