#include "commit/tree_writer.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "changes/disk_attributes.hpp"
#include "changes/list_bytes.hpp"
#include "changes/read_xattrs.hpp"
#include "chunk/chunker.hpp"
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
  TreeWriter(store::Store& store, store::Transaction& transaction, store::AttributesPolicy policy,
             const sys::Privileges& privileges, const sys::Dir& disk)
      : transaction_(transaction),
        nodes_(store, transaction),
        policy_(policy),
        privileges_(privileges),
        disk_(disk),
        rule_(chunk::rule_of(store.config().chunking)) {}

  Result<TreeRoots> directory(ScannedDirectory& directory, const PathSelection::Node& selection,
                              const TreeRoots& base) {
    if (directory.coverage == Coverage::kOpaque) return base;
    if (!selection.whole()) return merged(directory, selection, base);
    auto known = COWSTORE_TRY(known_roots(directory));
    return known ? *known : COWSTORE_TRY(whole(directory, selection, base));
  }

 private:
  bool records_attributes() const { return policy_ != store::AttributesPolicy::kNone; }
  bool full() const { return policy_ == store::AttributesPolicy::kFull; }

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

  Result<TreeRoots> whole(ScannedDirectory& directory, const PathSelection::Node& selection, const TreeRoots& base) {
    object::DirectoryBuilder tree(transaction_);
    object::AttributesBuilder attributes(transaction_);
    if (full()) COWSTORE_TRY(changes::read_missing_xattrs(directory, disk_));
    if (records_attributes()) COWSTORE_TRY(add_own_attributes(directory, base, attributes));
    auto unmade = COWSTORE_TRY(unmade_devices(directory, base));
    auto next_unmade = unmade.begin();
    auto add_unmade_before = [&](const std::string* name) -> Result<void> {
      for (; next_unmade != unmade.end() && (name == nullptr || next_unmade->name < *name); ++next_unmade)
        COWSTORE_TRY(attributes.add(*next_unmade));
      return {};
    };
    for (ScannedEntry& entry : directory.entries) {
      COWSTORE_TRY(add_unmade_before(&entry.name));
      Slot slot = COWSTORE_TRY(scanned_slot(entry, selection, base));
      if (slot.entry) COWSTORE_TRY(tree.add(*slot.entry));
      if (slot.attributes) COWSTORE_TRY(attributes.add(*slot.attributes));
    }
    COWSTORE_TRY(add_unmade_before(nullptr));
    TreeRoots roots;
    roots.tree = COWSTORE_TRY(tree.finish());
    if (records_attributes()) roots.attributes = COWSTORE_TRY(attributes.finish());
    note_ids(directory, roots);
    return roots;
  }

  /// What was written of a directory is what the directory is, unless something of it is as the base has it. With full
  /// attributes that may be any of them, and a comparison has to tell.
  void note_ids(ScannedDirectory& directory, const TreeRoots& roots) const {
    if (full() || directory.coverage != Coverage::kWhole) return;
    if (!std::all_of(directory.entries.begin(), directory.entries.end(), [&](auto& entry) { return is_told(entry); }))
      return;
    directory.known_tree = roots.tree;
    directory.known_attributes = roots.attributes;
  }

  bool is_told(const ScannedEntry& entry) const {
    if (entry.directory == nullptr) return entry.state == ScannedEntry::State::kKnown;
    return entry.directory->known_tree && (!records_attributes() || entry.directory->known_attributes);
  }

  /// Only some names of this directory are selected; the others stay.
  Result<TreeRoots> merged(ScannedDirectory& directory, const PathSelection::Node& selection, const TreeRoots& base) {
    std::vector<object::DirectoryEdit> tree_edits;
    std::vector<object::AttributesEdit> attribute_edits;
    if (full()) COWSTORE_TRY(changes::read_missing_xattrs(directory, disk_));
    if (selection.itself() && records_attributes()) {
      object::AttributesEntry own = COWSTORE_TRY(own_attributes(directory, base));
      attribute_edits.push_back({"", std::move(own)});
    }
    for (const auto& [name, node] : selection.children()) {
      ScannedEntry* entry = directory.find(name);
      Slot slot;
      if (entry != nullptr && holds_any(*entry, node)) {
        slot = COWSTORE_TRY(scanned_slot(*entry, node, base));
      } else if (!node.whole()) {
        // Nothing of what is selected below the name exists; what isn't selected there stays.
        slot = COWSTORE_TRY(base_slot(base, name));
        if (!roots_of(slot).tree) continue;
        ScannedDirectory nothing;
        nothing.xattr_state = ScannedDirectory::XattrState::kRead;
        slot = directory_slot(name, COWSTORE_TRY(merged(nothing, node, roots_of(slot))));
      } else {
        slot = COWSTORE_TRY(unmade_slot(base, name));
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
    if (selection.itself()) return true;
    if (entry.directory->coverage == Coverage::kOpaque) return true;
    return std::any_of(selection.children().begin(), selection.children().end(), [&](const auto& child) {
      const ScannedEntry* below = std::as_const(*entry.directory).find(child.first);
      return below != nullptr && holds_any(*below, child.second);
    });
  }

  Result<Slot> scanned_slot(ScannedEntry& entry, const PathSelection::Node& selection, const TreeRoots& base) {
    if (entry.kind == object::EntryKind::kDirectory) {
      if (entry.directory->coverage == Coverage::kOpaque) return base_slot(base, entry.name);
      bool look = !selection.whole() || base.tree.has_value();
      Slot before = look ? COWSTORE_TRY(base_slot(base, entry.name)) : Slot{};
      return directory_slot(entry.name, COWSTORE_TRY(directory(*entry.directory, selection, roots_of(before))));
    }
    if (entry.state == ScannedEntry::State::kKept) return base_slot(base, entry.name);
    Slot slot;
    if (!object::is_special(entry.kind)) {
      slot.entry.emplace();
      slot.entry->name = entry.name;
      slot.entry->kind = entry.kind;
      slot.entry->file = entry.file;
      slot.entry->target = entry.target;
    }
    object::Attributes attributes = COWSTORE_TRY(attributes_of(entry, base));
    if (!attributes.empty()) slot.attributes = object::AttributesEntry{entry.name, std::move(attributes), {}};
    return slot;
  }

  Result<Slot> base_slot(const TreeRoots& base, const std::string& name) {
    Slot slot;
    if (base.tree) slot.entry = COWSTORE_TRY(object::DirectoryReader(nodes_, *base.tree).find(name));
    if (base.attributes) slot.attributes = COWSTORE_TRY(object::AttributesReader(nodes_, *base.attributes).find(name));
    return slot;
  }

  Result<TreeRoots> empty_directory(ScannedDirectory& directory) {
    TreeRoots roots;
    roots.tree = COWSTORE_TRY(object::DirectoryBuilder(nodes_).finish());
    if (!records_attributes()) return roots;
    object::AttributesBuilder attributes(nodes_);
    COWSTORE_TRY(add_own_attributes(directory, {}, attributes));
    roots.attributes = COWSTORE_TRY(attributes.finish());
    return roots;
  }

  /// What a version records of a file, link or special file, by the policy.
  Result<object::Attributes> attributes_of(const ScannedEntry& entry, const TreeRoots& base) {
    object::Attributes attributes;
    if (full()) return full_attributes_of(entry, base);
    if (policy_ == store::AttributesPolicy::kNone) return attributes;
    attributes.mtime = entry.mtime();
    if (entry.kind != object::EntryKind::kSymlink) attributes.mode = entry.mode();
    return attributes;
  }

  Result<object::Attributes> full_attributes_of(const ScannedEntry& entry, const TreeRoots& base) {
    auto attributes = COWSTORE_TRY(changes::disk_attributes(entry, store_value()));
    auto links = changes::links_of(entry);
    if (privileges_.all() && links != changes::FullAttributes::Links::kUnknown) return attributes;
    auto before = COWSTORE_TRY(attributes_in(base, entry.name));
    return before ? changes::within_reach(std::move(attributes), links, before->attributes, privileges_) : attributes;
  }

  Result<void> add_own_attributes(const ScannedDirectory& directory, const TreeRoots& base,
                                  object::AttributesBuilder& builder) {
    object::AttributesEntry own = COWSTORE_TRY(own_attributes(directory, base));
    return builder.add(own);
  }

  /// What is recorded of a directory itself.
  Result<object::AttributesEntry> own_attributes(const ScannedDirectory& directory, const TreeRoots& base) {
    object::Attributes attributes;
    attributes.mtime = directory.stat.mtime;
    attributes.mode = directory.stat.mode;
    if (full()) attributes = COWSTORE_TRY(changes::disk_attributes(directory, store_value()));
    if (full() && !privileges_.all()) {
      auto before = COWSTORE_TRY(attributes_in(base, ""));
      auto alone = changes::FullAttributes::Links::kAlone;
      if (before) attributes = changes::within_reach(std::move(attributes), alone, before->attributes, privileges_);
    }
    return object::AttributesEntry{"", std::move(attributes), {}};
  }

  Result<std::optional<object::AttributesEntry>> attributes_in(const TreeRoots& base, const std::string& name) {
    if (!base.attributes) return std::optional<object::AttributesEntry>();
    return object::AttributesReader(nodes_, *base.attributes).find(name);
  }

  bool may_be_unmade(const object::AttributesEntry& entry) const {
    return full() && entry.attributes.special &&
           changes::may_be_unmade(object::entry_kind(entry.attributes.special->kind), privileges_);
  }

  /// The base's devices that aren't on disk since nobody could make them there: they stay in the version.
  Result<std::vector<object::AttributesEntry>> unmade_devices(const ScannedDirectory& directory,
                                                              const TreeRoots& base) {
    std::vector<object::AttributesEntry> unmade;
    if (!full() || privileges_.make_devices || !base.attributes) return unmade;
    auto take = [&](const object::AttributesEntry& entry) -> Result<void> {
      if (may_be_unmade(entry) && directory.find(entry.name) == nullptr) unmade.push_back(entry);
      return {};
    };
    COWSTORE_TRY(object::AttributesReader(nodes_, *base.attributes).for_each(take));
    return unmade;
  }

  Result<Slot> unmade_slot(const TreeRoots& base, const std::string& name) {
    Slot slot;
    auto before = full() ? COWSTORE_TRY(attributes_in(base, name)) : std::nullopt;
    if (before && may_be_unmade(*before)) slot.attributes = std::move(before);
    return slot;
  }

  /// Values that are too large to stand in the attributes are files.
  changes::LargeValue store_value() {
    return [this](const std::string& value) {
      auto put = [this](const ChunkId& id, ByteView bytes) -> Result<void> {
        COWSTORE_TRY(transaction_.put_chunk(id, bytes));
        return {};
      };
      return changes::list_bytes(as_bytes(value), rule_, transaction_, put);
    };
  }

  store::Transaction& transaction_;
  StagedNodes nodes_;  ///< where what was written must be read again
  store::AttributesPolicy policy_;
  const sys::Privileges& privileges_;
  const sys::Dir& disk_;
  const chunk::CutRule& rule_;
};

}  // namespace

Result<TreeRoots> write_trees(store::Store& store, store::Transaction& transaction, store::AttributesPolicy policy,
                              changes::Scan& scan, const PathSelection& selection, const TreeRoots& base,
                              const sys::Dir& disk) {
  TreeWriter writer(store, transaction, policy, scan.privileges, disk);
  return writer.directory(scan.directory(), selection.root(), base);
}

}  // namespace cowstore::commit
