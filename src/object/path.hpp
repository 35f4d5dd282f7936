// From a path to what is there.
#pragma once

#include <optional>
#include <string_view>

#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// The entry at a path relative to the root, "a/b/c"; the empty path is the root itself (a directory without a name).
/// Symlinks are not followed. kNotFound if it doesn't exist or goes through something that is no directory; kUsage for
/// a path with an empty, "." or ".." component.
Result<TreeEntry> resolve_path(NodeSource& source, const TreeId& root, std::string_view path);

/// An entry with what is recorded beside it.
struct ResolvedPath {
  TreeEntry entry;
  std::optional<Attributes> attributes;       ///< its own; for a directory those of its "" entry
  std::optional<AttributesId> attributes_id;  ///< of a directory: its attributes tree
};

/// As resolve_path(), in both trees. A special file, which only the attributes know, is an entry of its kind.
/// kNotFound also if roots.tree is absent.
Result<ResolvedPath> resolve_in_roots(NodeSource& source, const TreeRoots& roots, std::string_view path);

}  // namespace cowstore::object
