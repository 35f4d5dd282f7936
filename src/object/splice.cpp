#include "object/splice.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "base/try.hpp"
#include "object/named_tree.hpp"
#include "object/path.hpp"

namespace cowstore::object {

namespace {

/// What one directory has under a name, in both trees.
struct Found {
  std::optional<TreeEntry> entry;
  std::optional<AttributesEntry> attributes;

  [[nodiscard]] bool is_directory() const { return entry && entry->kind == EntryKind::kDirectory; }
  [[nodiscard]] TreeRoots roots() const {
    TreeRoots roots;
    if (is_directory()) roots.tree = entry->tree;
    if (is_directory() && attributes) roots.attributes = attributes->children;
    return roots;
  }
};

Result<Found> find(NodeSource& source, const TreeRoots& directory, std::string_view name) {
  Found found;
  if (directory.tree) found.entry = COWSTORE_TRY(DirectoryReader(source, *directory.tree).find(name));
  if (directory.attributes) found.attributes = COWSTORE_TRY(AttributesReader(source, *directory.attributes).find(name));
  return found;
}

Result<TreeId> empty_directory(NodeSink& sink) {
  return DirectoryBuilder(sink).finish();
}

/// The attributes of a new directory that has nothing in it yet: those that the donor's has for itself.
Result<AttributesId> own_attributes(NodeSource& source, NodeSink& sink, const AttributesId& donor) {
  auto own = COWSTORE_TRY(AttributesReader(source, donor).find(""));
  AttributesBuilder builder(sink);
  COWSTORE_TRY(builder.add(own ? *own : AttributesEntry{}));
  return builder.finish();
}

struct Edits {
  std::vector<DirectoryEdit> tree;
  std::vector<AttributesEdit> attributes;

  void add(const std::string& name, std::optional<TreeEntry> entry, std::optional<AttributesEntry> recorded) {
    tree.push_back({name, std::move(entry)});
    attributes.push_back({name, std::move(recorded)});
  }
};

class Splicer {
 public:
  Splicer(NodeSource& source, NodeSink& sink) : source_(source), sink_(sink) {}

  /// `paths` are sorted and relative to this directory; all of them share `prefix` bytes that are done with.
  Result<TreeRoots> directory(const TreeRoots& into, const TreeRoots& donor, std::span<const std::string> paths,
                              std::size_t prefix) {
    if (paths.front().size() <= prefix) return donor;
    Edits edits;
    while (!paths.empty()) {
      std::string name = first_component(paths.front(), prefix);
      std::size_t count = 1;
      while (count < paths.size() && first_component(paths[count], prefix) == name) ++count;
      COWSTORE_TRY(entry(into, donor, name, paths.first(count), prefix + name.size() + 1, edits));
      paths = paths.subspan(count);
    }
    return apply(into, donor, edits);
  }

 private:
  static std::string first_component(const std::string& path, std::size_t prefix) {
    return path.substr(prefix, path.find('/', prefix) - prefix);
  }

  Result<void> entry(const TreeRoots& into, const TreeRoots& donor, const std::string& name,
                     std::span<const std::string> paths, std::size_t prefix, Edits& edits) {
    Found given = COWSTORE_TRY(find(source_, donor, name));
    if (paths.front().size() < prefix) {  // the path ends here: all of the donor's entry
      edits.add(name, given.entry, given.attributes);
      return {};
    }
    Found present = COWSTORE_TRY(find(source_, into, name));
    if (!present.is_directory() && !COWSTORE_TRY(has_any(given, paths, prefix))) return {};
    TreeRoots roots = COWSTORE_TRY(directory(present.roots(), given.roots(), paths, prefix));
    TreeEntry entry;
    entry.name = name;
    entry.kind = EntryKind::kDirectory;
    entry.tree = *roots.tree;
    std::optional<AttributesEntry> attributes;
    if (roots.attributes) attributes = AttributesEntry{name, {}, roots.attributes};
    edits.add(name, std::move(entry), std::move(attributes));
    return {};
  }

  /// Whether the donor has something at one of the paths: else there is nothing to make a directory for.
  Result<bool> has_any(const Found& given, std::span<const std::string> paths, std::size_t prefix) {
    if (!given.is_directory()) return false;
    for (const std::string& path : paths) {
      auto found = resolve_in_roots(source_, given.roots(), std::string_view(path).substr(prefix));
      if (found) return true;
      if (found.error().code != ErrorCode::kNotFound) return std::move(found).error();
    }
    return false;
  }

  Result<TreeRoots> apply(const TreeRoots& into, const TreeRoots& donor, const Edits& edits) {
    TreeRoots roots;
    TreeId tree = into.tree ? *into.tree : COWSTORE_TRY(empty_directory(sink_));
    roots.tree = COWSTORE_TRY(edit_directory(source_, sink_, tree, edits.tree));
    std::optional<AttributesId> attributes = into.attributes;
    if (!attributes && !into.tree && donor.attributes) {
      attributes = COWSTORE_TRY(own_attributes(source_, sink_, *donor.attributes));
    }
    if (attributes) roots.attributes = COWSTORE_TRY(edit_attributes(source_, sink_, *attributes, edits.attributes));
    return roots;
  }

  NodeSource& source_;
  NodeSink& sink_;
};

Error bad_path(const std::string& path) {
  return {ErrorCode::kUsage, 0, "use the path", path, "it has an empty, \".\" or \"..\" component", ""};
}

bool is_plain(std::string_view path) {
  if (path.empty()) return true;
  for (std::size_t begin = 0; begin <= path.size();) {
    std::size_t end = std::min(path.find('/', begin), path.size());
    if (name_problem(path.substr(begin, end - begin)) != nullptr) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

Result<TreeRoots> splice_paths(NodeSource& source, NodeSink& sink, const TreeRoots& into, const TreeRoots& donor,
                               std::vector<std::string> paths) {
  for (const std::string& path : paths) {
    if (!is_plain(path)) return bad_path(path);
  }
  // Sorted so that a path stands right before what is below it, '/' before any other byte.
  auto key_less = [](const std::string& a, const std::string& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
      return rank(x) < rank(y);
    });
  };
  std::sort(paths.begin(), paths.end(), key_less);
  if (paths.empty()) return into;
  return Splicer(source, sink).directory(into, donor, paths, 0);
}

}  // namespace cowstore::object
