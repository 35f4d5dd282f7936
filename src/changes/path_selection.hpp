// Which paths of a working copy a command is about: all, or those that were named.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"

namespace cowstore::changes {

/// A set of paths, each with everything below it. Immutable and cheap to copy; thread-safe.
/// Walkers take a Node along: it says of each name whether it is wanted whole, in part, or not at all.
class PathSelection {
 public:
  class Node;
  /// Everything.
  PathSelection();
  /// Relative paths, "a/b/c"; "" and "." mean everything. No paths at all select nothing. kUsage for a path that is
  /// absolute or has a "..", or a ".cowstore" in it; trailing and doubled slashes and "." components are ignored.
  static Result<PathSelection> of(std::span<const std::string> paths);
  /// The same, and of `directories` what they are themselves (permission bits, times, owner), whatever is in them.
  static Result<PathSelection> of(std::span<const std::string> paths, std::span<const std::string> directories);

  [[nodiscard]] const Node& root() const { return *root_; }
  [[nodiscard]] bool everything() const;
  /// What is selected at and below a path, nullptr if nothing is.
  [[nodiscard]] const Node* find(std::string_view path) const;
  /// Whether the path, with all below it, is selected.
  [[nodiscard]] bool contains(std::string_view path) const;

 private:
  static Result<Node*> place(Node& root, std::string_view path);
  explicit PathSelection(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

/// What is selected at and below one path.
class PathSelection::Node {
 public:
  /// All of it.
  [[nodiscard]] bool whole() const { return whole_; }
  /// What has this path, be it alone or with all below it.
  [[nodiscard]] bool itself() const { return whole_ || itself_; }
  /// The node of a name in this directory; nullptr if nothing there is selected.
  [[nodiscard]] const Node* child(std::string_view name) const;
  /// Of a node that isn't whole: the names that are selected, wholly or in part.
  [[nodiscard]] const std::map<std::string, Node, std::less<>>& children() const { return children_; }

 private:
  friend class PathSelection;
  bool whole_ = false;
  bool itself_ = false;
  std::map<std::string, Node, std::less<>> children_;
};

}  // namespace cowstore::changes
