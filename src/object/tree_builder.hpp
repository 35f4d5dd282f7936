// From a sequence of entries to a tree of nodes, bottom up, with one open node per level. Lists of chunks, directories
// and attributes differ in what a node is (`OpenNode`), not in this.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/try.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// After an error every further call fails.
template <class OpenNode>
class TreeBuilder {
 public:
  using Leaf = typename OpenNode::Leaf;
  using Link = typename OpenNode::Link;
  struct Root {
    Digest id;
    std::uint8_t level = 0;
  };

  explicit TreeBuilder(NodeSink& sink) : sink_(&sink) { levels_.emplace_back(std::uint8_t{0}); }

  Result<void> add(const Leaf& leaf) { return remember(append(0, leaf)); }

  /// Takes over a whole subtree below a link at `level` >= 1, as if its entries had been added. close_below(level) must
  /// have been true.
  Result<void> add_link(std::uint8_t level, const Link& link) { return remember(append(level, link)); }

  /// Whether the nodes below `level` all end here; those that the split rule ends are closed. Only for entries that
  /// never merge.
  Result<bool> close_below(std::uint8_t level) {
    for (std::uint8_t below = 0; below < level && below < levels_.size(); ++below) {
      if (levels_[below].empty()) continue;
      if (!levels_[below].at_end()) return false;
      COWSTORE_TRY(remember(close(below)));
    }
    return true;
  }

  /// Whether the tree has something at this level already: a subtree added there isn't going to be the root.
  [[nodiscard]] bool reaches(std::uint8_t level) const {
    return level + 1U < levels_.size() || (level + 1U == levels_.size() && !levels_[level].empty());
  }

  /// Closes all nodes. The root is the lowest node that everything is below.
  Result<Root> finish() {
    for (std::uint8_t level = 0; level + 1U < levels_.size(); ++level) {
      if (!levels_[level].empty()) COWSTORE_TRY(remember(close(level)));
    }
    const auto top = static_cast<std::uint8_t>(levels_.size() - 1);
    if (const Digest* child = levels_[top].only_child()) return Root{*child, static_cast<std::uint8_t>(top - 1)};
    return Root{COWSTORE_TRY(write(top)), top};
  }

 private:
  template <class Item>
  Result<void> append(std::uint8_t level, const Item& item) {
    if (failed_) return Error{ErrorCode::kOther, 0, "build a tree", "", "an earlier step failed", ""};
    while (levels_.size() <= level) levels_.emplace_back(static_cast<std::uint8_t>(levels_.size()));
    if (levels_[level].absorb(item)) return {};
    if (levels_[level].at_end()) COWSTORE_TRY(close(level));
    levels_[level].append(item);
    return {};
  }

  Result<void> close(std::uint8_t level) {
    if (level >= kMaxLevel) return Error{ErrorCode::kUnsupported, 0, "build a tree", "", "too many levels", ""};
    Digest id = COWSTORE_TRY(write(level));
    Link link = levels_[level].link_to(id);
    levels_[level] = OpenNode(level);
    return append(static_cast<std::uint8_t>(level + 1), link);
  }

  Result<Digest> write(std::uint8_t level) {
    Bytes encoding = levels_[level].encode();
    Digest id = node_id(OpenNode::kKind, encoding);
    COWSTORE_TRY(sink_->put_node(OpenNode::kKind, id, encoding));
    return id;
  }

  Result<void> remember(Result<void> result) {
    if (!result) failed_ = true;
    return result;
  }

  NodeSink* sink_;
  std::vector<OpenNode> levels_;
  bool failed_ = false;
};

}  // namespace cowstore::object
