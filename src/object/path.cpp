#include "object/path.hpp"

#include "base/try.hpp"
#include "object/named_tree.hpp"

namespace cowstore::object {

namespace {

Error failure(ErrorCode code, std::string_view path, std::string_view reason) {
  return {code, 0, "look up", std::string(path), std::string(reason), ""};
}

/// Goes down both trees at once, one name at a time.
class Walk {
 public:
  Walk(NodeSource& source, const TreeId& tree, const std::optional<AttributesId>& attributes) : source_(source) {
    at_.entry.kind = EntryKind::kDirectory;
    at_.entry.tree = tree;
    at_.attributes_id = attributes;
  }

  Result<void> down(std::string_view name, std::string_view so_far) {
    if (const char* problem = name_problem(name)) return failure(ErrorCode::kUsage, so_far, problem);
    if (at_.entry.kind != EntryKind::kDirectory) return failure(ErrorCode::kNotFound, so_far, "not below a directory");
    auto entry = COWSTORE_TRY(DirectoryReader(source_, at_.entry.tree).find(name));
    if (!entry) return to_special(name, so_far);
    at_.entry = std::move(*entry);
    return read_attributes(name);
  }

  /// The attributes of a directory stand in its own tree.
  Result<ResolvedPath> finish() && {
    if (at_.entry.kind == EntryKind::kDirectory && at_.attributes_id) {
      auto own = COWSTORE_TRY(AttributesReader(source_, *at_.attributes_id).find(""));
      if (own) at_.attributes = std::move(own->attributes);
    }
    return std::move(at_);
  }

 private:
  /// What isn't in the directory may stand in its attributes.
  Result<void> to_special(std::string_view name, std::string_view so_far) {
    std::optional<AttributesEntry> found;
    if (at_.attributes_id) found = COWSTORE_TRY(AttributesReader(source_, *at_.attributes_id).find(name));
    if (!found || !found->attributes.special) {
      return failure(ErrorCode::kNotFound, so_far, "no such file or directory");
    }
    at_.entry = TreeEntry{};
    at_.entry.name = name;
    at_.entry.kind = entry_kind(found->attributes.special->kind);
    at_.attributes = std::move(found->attributes);
    at_.attributes_id.reset();
    return {};
  }

  Result<void> read_attributes(std::string_view name) {
    if (!at_.attributes_id) return {};
    auto found = COWSTORE_TRY(AttributesReader(source_, *at_.attributes_id).find(name));
    at_.attributes_id.reset();
    if (!found) return {};
    if (at_.entry.kind == EntryKind::kDirectory) {
      at_.attributes_id = found->children;
    } else {
      at_.attributes = std::move(found->attributes);
    }
    return {};
  }

  NodeSource& source_;
  ResolvedPath at_;
};

Result<ResolvedPath> resolve(NodeSource& source, const TreeId& tree, const std::optional<AttributesId>& attributes,
                             std::string_view path) {
  Walk walk(source, tree, attributes);
  for (std::size_t begin = 0; !path.empty() && begin <= path.size();) {
    std::size_t end = std::min(path.find('/', begin), path.size());
    COWSTORE_TRY(walk.down(path.substr(begin, end - begin), path.substr(0, end)));
    begin = end + 1;
  }
  return std::move(walk).finish();
}

}  // namespace

Result<TreeEntry> resolve_path(NodeSource& source, const TreeId& root, std::string_view path) {
  return std::move(COWSTORE_TRY(resolve(source, root, std::nullopt, path)).entry);
}

Result<ResolvedPath> resolve_in_roots(NodeSource& source, const TreeRoots& roots, std::string_view path) {
  if (!roots.tree) return failure(ErrorCode::kNotFound, path, "the version is empty");
  return resolve(source, *roots.tree, roots.attributes, path);
}

}  // namespace cowstore::object
