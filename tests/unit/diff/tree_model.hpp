// A directory tree as plain data: builds the trees of a version, and says by brute force how two versions differ.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "diff/diff.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::diff {

using object::EntryKind;
using object::MemoryNodes;

struct ModelNode {
  EntryKind kind = EntryKind::kFile;
  std::string content;
  std::uint16_t mode = 0644;
  std::int64_t mtime = 1;
  std::map<std::string, ModelNode> children;

  [[nodiscard]] bool is_directory() const { return kind == EntryKind::kDirectory; }
};

inline ModelNode file(std::string content, std::uint16_t mode = 0644, std::int64_t mtime = 1) {
  return {EntryKind::kFile, std::move(content), mode, mtime, {}};
}
inline ModelNode executable(std::string content) {
  return {EntryKind::kExecutable, std::move(content), 0755, 1, {}};
}
inline ModelNode symlink(std::string target, std::uint16_t mode = 0777) {
  return {EntryKind::kSymlink, std::move(target), mode, 1, {}};
}
inline ModelNode directory(std::map<std::string, ModelNode> children, std::uint16_t mode = 0755,
                           std::int64_t mtime = 1) {
  return {EntryKind::kDirectory, "", mode, mtime, std::move(children)};
}

inline object::AttributesEntry attributes_of(const std::string& name, const ModelNode& node) {
  return object::times_entry(name, node.mtime, node.mode);
}

inline TreeRoots build(MemoryNodes& nodes, const ModelNode& root) {
  std::vector<object::TreeEntry> entries;
  std::vector<object::AttributesEntry> attributes = {attributes_of("", root)};
  for (const auto& [name, node] : root.children) {
    switch (node.kind) {
      case EntryKind::kFile:
      case EntryKind::kExecutable:
        entries.push_back(object::file_entry(name, node.content, node.kind));
        break;
      case EntryKind::kSymlink:
        entries.push_back(object::link_entry(name, node.content));
        break;
      case EntryKind::kDirectory: {
        TreeRoots below = build(nodes, node);
        entries.push_back(object::directory_entry(name, *below.tree));
        attributes.push_back({name, {}, below.attributes});
        continue;
      }
      default:
        throw std::logic_error("special files have no place in a directory");
    }
    attributes.push_back(attributes_of(name, node));
  }
  return {object::build_tree(nodes, entries), object::build_attributes(nodes, attributes)};
}

enum class Attributes { kCompared, kIgnored };

/// What a diff must say, as "A path", "R path", "M path" and "T path".
class BruteForce {
 public:
  BruteForce(const DiffOptions& options, Attributes attributes) : options_(options), attributes_(attributes) {}

  std::vector<std::string> diff(const ModelNode& from, const ModelNode& to) {
    compare("", from, to);
    return lines_;
  }

 private:
  static std::string join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "/" + name;
  }

  void compare(const std::string& path, const ModelNode& from, const ModelNode& to) {
    bool both_directories = from.is_directory() && to.is_directory();
    bool links = from.kind == EntryKind::kSymlink || to.kind == EntryKind::kSymlink;
    bool compared = attributes_ == Attributes::kCompared;
    bool modified = from.kind != to.kind || (!both_directories && from.content != to.content) ||
                    (compared && from.mode != to.mode && !links);
    if (modified) {
      lines_.push_back("M " + path);
    } else if (compared && options_.times == Times::kReport && from.mtime != to.mtime) {
      lines_.push_back("T " + path);
    }
    std::map<std::string, std::pair<const ModelNode*, const ModelNode*>> names;
    for (const auto& [name, node] : from.children) names[name].first = &node;
    for (const auto& [name, node] : to.children) names[name].second = &node;
    for (const auto& [name, pair] : names) {
      if (pair.first != nullptr && pair.second != nullptr) {
        compare(join(path, name), *pair.first, *pair.second);
      } else if (pair.first != nullptr) {
        whole("R ", join(path, name), *pair.first);
      } else {
        whole("A ", join(path, name), *pair.second);
      }
    }
  }

  void whole(const std::string& what, const std::string& path, const ModelNode& node) {
    bool itself =
        !node.is_directory() || node.children.empty() || options_.whole_directory != WholeDirectory::kContents;
    if (itself) lines_.push_back(what + path);
    if (options_.whole_directory == WholeDirectory::kItself) return;
    for (const auto& [name, child] : node.children) whole(what, join(path, name), child);
  }

  DiffOptions options_;
  Attributes attributes_;
  std::vector<std::string> lines_;
};

inline std::vector<Change> changes(MemoryNodes& nodes, const TreeRoots& from, const TreeRoots& to,
                                   const DiffOptions& options = {}) {
  std::vector<Change> found;
  auto done = diff_trees(nodes, from, to, options, [&](Change&& change) -> Result<void> {
    found.push_back(std::move(change));
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().message();
  return found;
}

inline std::vector<std::string> lines(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const Change& change : changes) {
    const char* what = "ARMT";
    lines.push_back(std::string(1, what[static_cast<std::size_t>(change.kind)]) + " " + change.path);
  }
  return lines;
}

}  // namespace cowstore::diff
