// Trees of entries sorted by name: the one mechanism behind directories and attributes.
// Equal entries make equal trees, whatever the order of the edits that led to them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cowstore/ids.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::object {

template <class Entry>
struct NamedTraits;

template <>
struct NamedTraits<TreeEntry> {
  using Id = TreeId;
  static constexpr NodeKind kKind = NodeKind::kDirectory;
};

template <>
struct NamedTraits<AttributesEntry> {
  using Id = AttributesId;
  static constexpr NodeKind kKind = NodeKind::kAttributes;
};

/// Makes a tree of entries that come sorted by name. Memory is one open node per level. Not thread-safe.
template <class Entry>
class NamedBuilder {
 public:
  using Id = typename NamedTraits<Entry>::Id;
  explicit NamedBuilder(NodeSink& sink);
  ~NamedBuilder();
  NamedBuilder(NamedBuilder&&) noexcept;
  NamedBuilder& operator=(NamedBuilder&&) noexcept;

  /// kUsage for an entry that can't stand in this tree, or not after the one before. After an error, only destroy it.
  Result<void> add(const Entry& entry);
  /// Writes the open nodes. To be called once. Attributes without the entry of the directory itself are kUsage.
  Result<Id> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads a tree. Keeps nothing between calls; thread-safe if the source is.
template <class Entry>
class NamedReader {
 public:
  using Id = typename NamedTraits<Entry>::Id;
  NamedReader(NodeSource& source, const Id& root) : source_(&source), root_(root) {}

  /// In order of names; an error of the function ends the walk and is returned.
  Result<void> for_each(const std::function<Result<void>(const Entry&)>& function) const;
  /// O(log n) nodes are read.
  Result<std::optional<Entry>> find(std::string_view name) const;

 private:
  NodeSource* source_;
  Id root_;
};

/// Puts `entry` (whose name is `name`) in place of what has the name, or adds it; without an entry removes the name,
/// which need not exist.
template <class Entry>
struct NamedEdit {
  std::string name;
  std::optional<Entry> entry;
};

/// The tree with the edits applied: the same id as one built from scratch. The edits are sorted by name, one for each
/// (else kUsage). Reads and writes O(edits * log n) nodes.
template <class Entry>
Result<typename NamedTraits<Entry>::Id> edit_named_tree(NodeSource& source, NodeSink& sink,
                                                        const typename NamedTraits<Entry>::Id& root,
                                                        std::span<const NamedEdit<Entry>> edits);

using DirectoryBuilder = NamedBuilder<TreeEntry>;
using DirectoryReader = NamedReader<TreeEntry>;
using DirectoryEdit = NamedEdit<TreeEntry>;
using AttributesBuilder = NamedBuilder<AttributesEntry>;
using AttributesReader = NamedReader<AttributesEntry>;
using AttributesEdit = NamedEdit<AttributesEntry>;

Result<TreeId> edit_directory(NodeSource& source, NodeSink& sink, const TreeId& root,
                              std::span<const DirectoryEdit> edits);
Result<AttributesId> edit_attributes(NodeSource& source, NodeSink& sink, const AttributesId& root,
                                     std::span<const AttributesEdit> edits);

}  // namespace cowstore::object
