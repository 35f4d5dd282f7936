// A position in a tree: at an entry of a leaf, or in front of a whole subtree that may be entered or passed over.
// Reading, comparing, editing and verifying are walks of one or two of these.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/try.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// Reads and decodes one node of a tree. kCorrupt with the node's id if it isn't canonical, and also if it isn't there:
/// whoever names a node promises it, and kNotFound is left to names and revisions that don't exist.
template <class Node>
Result<std::shared_ptr<const Node>> read_decoded(NodeSource& source, const Digest& id) {
  Result<NodeBytes> bytes = source.read_node(Node::kKind, id);
  if (!bytes) {
    Error error = std::move(bytes).error();
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kCorrupt;
    return error;
  }
  Result<Node> node = Node::decode(**bytes);
  if (!node) return corrupt_node(Node::kKind, id, node.error().reason);
  return std::make_shared<const Node>(std::move(node).value());
}

/// Every node that is entered is checked against its parent. One node per level is in memory.
/// The source must outlive the cursor. Cheap to copy. Not thread-safe.
template <class Node>
class Cursor {
 public:
  /// At the end of a tree without any entry.
  explicit Cursor(NodeSource& source) : source_(&source) {}

  /// At the first position of the root node.
  static Result<Cursor> open(NodeSource& source, const Digest& root) {
    Cursor cursor(source);
    auto node = COWSTORE_TRY(read_decoded<Node>(source, root));
    if (const char* problem = node->root_problem()) return corrupt_node(Node::kKind, root, problem);
    cursor.frames_.push_back({std::move(node), 0, 0, {}, true});
    return cursor;
  }

  [[nodiscard]] bool at_end() const { return frames_.empty() || top().index == top().node->size(); }

  // The rest is for a cursor that isn't at the end.

  /// 0: at an entry. n: in front of the subtree under a link of a node of level n.
  [[nodiscard]] std::uint8_t level() const { return top().node->level(); }
  [[nodiscard]] const auto& entry() const { return top().node->entry(top().index); }
  [[nodiscard]] const auto& link() const { return top().node->link(top().index); }
  [[nodiscard]] const Node& node() const { return *top().node; }
  [[nodiscard]] std::size_t index() const { return top().index; }
  /// How many of the repetitions of this entry or link have been passed.
  [[nodiscard]] std::uint64_t passed() const { return top().passed; }
  /// Whether the subtree (or entry) is the last one of the tree at its level.
  [[nodiscard]] bool is_last() const {
    const Frame& f = top();
    return f.rightmost && f.index + 1 == f.node->size() && f.passed + 1 == f.node->repeat(f.index);
  }
  /// What all names of the subtree come after.
  [[nodiscard]] typename Node::Bound bound() const { return top().node->bound_below(top().index, top().bound); }

  /// Into the subtree, to its first position. On failure the cursor stays. Only in front of a subtree.
  Result<void> enter() {
    const Digest& id = top().node->child(top().index);
    auto child = COWSTORE_TRY(read_decoded<Node>(*source_, id));
    Frame frame{std::move(child), 0, 0, bound(), is_last()};
    if (const char* problem = top().node->child_problem(top().index, *frame.node, frame.bound, frame.rightmost)) {
      return corrupt_node(Node::kKind, id, problem);
    }
    frames_.push_back(std::move(frame));
    return {};
  }

  /// To the entry at or after this position, if there is one.
  Result<void> descend() {
    while (!at_end() && level() > 0) COWSTORE_TRY(enter());
    return {};
  }

  /// Past the entry with all its repetitions, or past the subtree once; out of every node that ends there.
  void next() {
    step();
    while (frames_.size() > 1 && top().index == top().node->size()) {
      frames_.pop_back();
      step();
    }
  }

  /// Forward to the first entry whose name is `name` or comes after it. Only for trees of names.
  Result<void> seek(std::string_view name) {
    if (frames_.empty()) return {};
    while (frames_.size() > 1 && top().node->name(top().node->size() - 1) < name) frames_.pop_back();
    while (true) {
      top().index = top().node->lower_bound(top().index, name);
      if (at_end() || level() == 0) return {};
      COWSTORE_TRY(enter());
    }
  }

  /// To another place of the same node.
  void jump(std::size_t index, std::uint64_t passed) {
    top().index = index;
    top().passed = passed;
  }

  /// Back to the first position of the root node.
  void rewind() {
    if (frames_.empty()) return;
    frames_.resize(1);
    jump(0, 0);
  }

 private:
  struct Frame {
    std::shared_ptr<const Node> node;
    std::size_t index = 0;
    std::uint64_t passed = 0;
    typename Node::Bound bound{};  ///< borrowed from nodes further down in frames_
    bool rightmost = true;
  };

  Frame& top() { return frames_.back(); }
  [[nodiscard]] const Frame& top() const { return frames_.back(); }

  void step() {
    Frame& f = top();
    if (f.node->level() > 0 && ++f.passed < f.node->repeat(f.index)) return;
    ++f.index;
    f.passed = 0;
  }

  NodeSource* source_;
  std::vector<Frame> frames_;
};

}  // namespace cowstore::object
