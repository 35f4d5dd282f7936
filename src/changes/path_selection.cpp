#include "changes/path_selection.hpp"

#include <utility>
#include <vector>

#include "base/try.hpp"
#include "changes/path_text.hpp"

namespace cowstore::changes {

namespace {

Error bad_path(std::string_view path, std::string_view reason) {
  return Error{ErrorCode::kUsage, 0, "select", std::string(path), std::string(reason), ""};
}

/// The names in a path, outermost first.
Result<std::vector<std::string_view>> split(std::string_view path) {
  if (path.starts_with('/')) return bad_path(path, "the path is not relative to the working copy");
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view name = path.substr(at, end - at);
    at = end + 1;
    if (name.empty() || name == ".") continue;
    if (name == "..") return bad_path(path, "\"..\" is not allowed in it");
    if (name == ".cowstore") return bad_path(path, "it is inside of the repository itself");
    names.push_back(name);
  }
  return names;
}

}  // namespace

const PathSelection::Node* PathSelection::Node::child(std::string_view name) const {
  if (whole_) return this;
  auto found = children_.find(name);
  return found == children_.end() ? nullptr : &found->second;
}

PathSelection::PathSelection() {
  auto root = std::make_shared<Node>();
  root->whole_ = true;
  root_ = std::move(root);
}

/// nullptr if it lies in what is selected as a whole already.
Result<PathSelection::Node*> PathSelection::place(Node& root, std::string_view path) {
  Node* node = &root;
  for (std::string_view name : COWSTORE_TRY(split(path))) {
    if (node->whole_) return static_cast<Node*>(nullptr);
    node = &node->children_[std::string(name)];
  }
  return node->whole_ ? nullptr : node;
}

Result<PathSelection> PathSelection::of(std::span<const std::string> paths) {
  return of(paths, {});
}

Result<PathSelection> PathSelection::of(std::span<const std::string> paths, std::span<const std::string> directories) {
  auto root = std::make_shared<Node>();
  for (const std::string& path : paths) {
    Node* node = COWSTORE_TRY(place(*root, path));
    if (node == nullptr) continue;
    node->whole_ = true;
    node->children_.clear();
  }
  for (const std::string& path : directories) {
    if (Node* node = COWSTORE_TRY(place(*root, path))) node->itself_ = true;
  }
  return PathSelection(std::move(root));
}

bool PathSelection::everything() const {
  return root_->whole();
}

const PathSelection::Node* PathSelection::find(std::string_view path) const {
  const Node* node = root_.get();
  while (node != nullptr && !node->whole() && !path.empty()) {
    const auto [name, rest] = split_first(path);
    node = node->child(name);
    path = rest;
  }
  return node;
}

bool PathSelection::contains(std::string_view path) const {
  const Node* node = find(path);
  return node != nullptr && node->whole();
}

}  // namespace cowstore::changes
