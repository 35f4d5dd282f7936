#include "commit/tree_writer.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "commit/staged_nodes.hpp"
#include "object/named_tree.hpp"

namespace cowstore::commit {

namespace {

using changes::Coverage;
using changes::PathSelection;
using changes::ScannedDirectory;
using changes::ScannedEntry;
using object::TreeRoots;

/// What a version has, or is to have, under one name.
struct Slot {
  std::optional<object::TreeEntry> entry;
  std::optional<object::AttributesEntry> attributes;
};

Slot directory_slot(const std::string& name, const TreeRoots& roots) {
  Slot slot;
  if (!roots.tree) return slot;
  slot.entry.emplace();
  slot.entry->name = name;
  slot.entry->kind = object::EntryKind::kDirectory;
  slot.entry->tree = *roots.tree;
  if (roots.attributes) slot.attributes = object::AttributesEntry{name, {}, roots.attributes};
  return slot;
}

TreeRoots roots_of(const Slot& slot) {
  TreeRoots roots;
  if (!slot.entry || slot.entry->kind != object::EntryKind::kDirectory) return roots;
  roots.tree = slot.entry->tree;
  if (slot.attributes) roots.attributes = slot.attributes->children;
  return roots;
}

class TreeWriter {
 public:
  TreeWriter(store::Store& store, store::Transaction& transaction, store::AttributesPolicy policy)
      : transaction_(transaction), nodes_(store, transaction), policy_(policy) {}

  Result<TreeRoots> directory(const ScannedDirectory& directory, const PathSelection::Node& selection,
                              const TreeRoots& base) {
    if (directory.coverage == Coverage::kOpaque) return base;
    if (!selection.whole()) return merged(directory, selection, base);
    auto known = COWSTORE_TRY(known_roots(directory));
    return known ? *known : COWSTORE_TRY(whole(directory, selection, base));
  }

 private:
  bool records_attributes() const { return policy_ != store::AttributesPolicy::kNone; }

  Result<std::optional<TreeRoots>> known_roots(const ScannedDirectory& directory) {
    if (!directory.known_tree || (records_attributes() && !directory.known_attributes))
      return std::optional<TreeRoots>();
    if (!COWSTORE_TRY(transaction_.knows(directory.known_tree->digest()))) return std::optional<TreeRoots>();
    TreeRoots roots{directory.known_tree, {}};
    if (!records_attributes()) return std::optional(roots);
    if (!COWSTORE_TRY(transaction_.knows(directory.known_attributes->digest()))) return std::optional<TreeRoots>();
    roots.attributes = directory.known_attributes;
    return std::optional(roots);
  }

  Result<TreeRoots> whole(const ScannedDirectory& directory, const PathSelection::Node& selection,
                          const TreeRoots& base) {
    object::DirectoryBuilder tree(transaction_);
    object::AttributesBuilder attributes(transaction_);
    if (records_attributes()) COWSTORE_TRY(attributes.add({"", own_attributes(directory), {}}));
    for (const ScannedEntry& entry : directory.entries) {
      Slot slot = COWSTORE_TRY(scanned_slot(entry, selection, base));
      if (slot.entry) COWSTORE_TRY(tree.add(*slot.entry));
      if (slot.attributes) COWSTORE_TRY(attributes.add(*slot.attributes));
    }
    TreeRoots roots;
    roots.tree = COWSTORE_TRY(tree.finish());
    if (records_attributes()) roots.attributes = COWSTORE_TRY(attributes.finish());
    return roots;
  }

  /// Only some names of this directory are selected; the others stay.
  Result<TreeRoots> merged(const ScannedDirectory& directory, const PathSelection::Node& selection,
                           const TreeRoots& base) {
    std::vector<object::DirectoryEdit> tree_edits;
    std::vector<object::AttributesEdit> attribute_edits;
    for (const auto& [name, node] : selection.children()) {
      const ScannedEntry* entry = directory.find(name);
      Slot slot;
      if (entry != nullptr && holds_any(*entry, node)) {
        slot = COWSTORE_TRY(scanned_slot(*entry, node, base));
      } else if (!node.whole()) {
        // Nothing of what is selected below the name exists; what isn't selected there stays.
        slot = COWSTORE_TRY(base_slot(base, name));
        if (!roots_of(slot).tree) continue;
        slot = directory_slot(name, COWSTORE_TRY(merged(ScannedDirectory{}, node, roots_of(slot))));
      }
      tree_edits.push_back({name, slot.entry});
      attribute_edits.push_back({name, slot.attributes});
    }
    TreeRoots start = base.tree ? base : COWSTORE_TRY(empty_directory(directory));
    TreeRoots roots;
    roots.tree = COWSTORE_TRY(object::edit_directory(nodes_, nodes_, *start.tree, tree_edits));
    if (start.attributes) {
      roots.attributes = COWSTORE_TRY(object::edit_attributes(nodes_, nodes_, *start.attributes, attribute_edits));
    }
    return roots;
  }

  /// Whether something that is selected is there, or can't be told.
  static bool holds_any(const ScannedEntry& entry, const PathSelection::Node& selection) {
    if (selection.whole()) return true;
    if (!entry.directory) return false;
    if (entry.directory->coverage == Coverage::kOpaque) return true;
    return std::any_of(selection.children().begin(), selection.children().end(), [&](const auto& child) {
      const ScannedEntry* below = std::as_const(*entry.directory).find(child.first);
      return below != nullptr && holds_any(*below, child.second);
    });
  }

  Result<Slot> scanned_slot(const ScannedEntry& entry, const PathSelection::Node& selection, const TreeRoots& base) {
    if (entry.kind == object::EntryKind::kDirectory) {
      if (entry.directory->coverage == Coverage::kOpaque) return base_slot(base, entry.name);
      bool look = !selection.whole() || base.tree.has_value();
      Slot before = look ? COWSTORE_TRY(base_slot(base, entry.name)) : Slot{};
      return directory_slot(entry.name, COWSTORE_TRY(directory(*entry.directory, selection, roots_of(before))));
    }
    if (entry.state == ScannedEntry::State::kKept) return base_slot(base, entry.name);
    Slot slot;
    slot.entry.emplace();
    slot.entry->name = entry.name;
    slot.entry->kind = entry.kind;
    slot.entry->file = entry.file;
    slot.entry->target = entry.target;
    object::Attributes attributes = attributes_of(entry, policy_);
    if (!attributes.empty()) slot.attributes = object::AttributesEntry{entry.name, std::move(attributes), {}};
    return slot;
  }

  Result<Slot> base_slot(const TreeRoots& base, const std::string& name) {
    Slot slot;
    if (base.tree) slot.entry = COWSTORE_TRY(object::DirectoryReader(nodes_, *base.tree).find(name));
    if (base.attributes) slot.attributes = COWSTORE_TRY(object::AttributesReader(nodes_, *base.attributes).find(name));
    return slot;
  }

  Result<TreeRoots> empty_directory(const ScannedDirectory& directory) {
    TreeRoots roots;
    roots.tree = COWSTORE_TRY(object::DirectoryBuilder(nodes_).finish());
    if (!records_attributes()) return roots;
    object::AttributesBuilder attributes(nodes_);
    COWSTORE_TRY(attributes.add({"", own_attributes(directory), {}}));
    roots.attributes = COWSTORE_TRY(attributes.finish());
    return roots;
  }

  object::Attributes own_attributes(const ScannedDirectory& directory) const {
    object::Attributes attributes;
    attributes.mtime = directory.stat.mtime;
    attributes.mode = directory.stat.mode;
    return attributes;
  }

  store::Transaction& transaction_;
  StagedNodes nodes_;  ///< where what was written must be read again
  store::AttributesPolicy policy_;
};

}  // namespace

object::Attributes attributes_of(const ScannedEntry& entry, store::AttributesPolicy policy) {
  object::Attributes attributes;
  if (policy == store::AttributesPolicy::kNone) return attributes;
  attributes.mtime = entry.mtime();
  if (entry.kind != object::EntryKind::kSymlink) attributes.mode = entry.mode();
  return attributes;
}

Result<TreeRoots> write_trees(store::Store& store, store::Transaction& transaction, store::AttributesPolicy policy,
                              const ScannedDirectory& root, const PathSelection& selection, const TreeRoots& base) {
  return TreeWriter(store, transaction, policy).directory(root, selection.root(), base);
}

}  // namespace cowstore::commit
