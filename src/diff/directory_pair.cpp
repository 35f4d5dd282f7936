#include "diff/directory_pair.hpp"

#include <algorithm>
#include <utility>

#include "base/try.hpp"

namespace cowstore::diff {

using object::AttributesEntry;
using object::TreeEntry;

namespace {

/// The attributes of a directory are those of the first entry of its own tree.
Result<std::optional<object::Attributes>> own_attributes(object::NodeSource& source,
                                                         const std::optional<AttributesId>& id) {
  std::optional<object::Attributes> attributes;
  if (!id) return attributes;
  auto own = COWSTORE_TRY(object::AttributesReader(source, *id).find(""));
  if (own) attributes = std::move(own->attributes);
  return attributes;
}

}  // namespace

template <class Entry>
Result<std::optional<Entry>> Lookup<Entry>::find(std::string_view name) {
  if (!root_) return std::optional<Entry>();
  if (!cursor_) cursor_ = COWSTORE_TRY(object::Cursor<object::NamedNode<Entry>>::open(*source_, root_->digest()));
  COWSTORE_TRY(cursor_->seek(name));
  if (cursor_->at_end() || cursor_->entry().name != name) return std::optional<Entry>();
  return std::optional<Entry>(cursor_->entry());
}

DirectoryPair::DirectoryPair(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to,
                             TreeDifference trees, AttributesDifference attributes)
    : source_(&source),
      from_{{source, from.tree}, {source, from.attributes}},
      to_{{source, to.tree}, {source, to.attributes}},
      trees_(std::move(trees)),
      attributes_(std::move(attributes)) {}

Result<DirectoryPair> DirectoryPair::open(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to) {
  auto trees = COWSTORE_TRY(TreeDifference::open(source, from.tree, to.tree));
  const bool comparable = from.attributes && to.attributes;
  auto attributes = COWSTORE_TRY(AttributesDifference::open(source, comparable ? from.attributes : std::nullopt,
                                                            comparable ? to.attributes : std::nullopt));
  return DirectoryPair(source, from, to, std::move(trees), std::move(attributes));
}

Result<void> DirectoryPair::advance() {
  if (!started_ || at_tree_) tree_pending_ = COWSTORE_TRY(trees_.next());
  if (!started_ || at_attributes_) attributes_pending_ = COWSTORE_TRY(attributes_.next());
  if (attributes_pending_ && attributes_.name().empty()) attributes_pending_ = COWSTORE_TRY(attributes_.next());
  started_ = true;
  return {};
}

Result<bool> DirectoryPair::next() {
  COWSTORE_TRY(advance());
  if (!tree_pending_ && !attributes_pending_) return false;
  at_tree_ = tree_pending_ && (!attributes_pending_ || trees_.name() <= attributes_.name());
  at_attributes_ = attributes_pending_ && (!tree_pending_ || attributes_.name() <= trees_.name());
  name_ = at_tree_ ? trees_.name() : attributes_.name();
  return true;
}

Result<Side> DirectoryPair::take_from() {
  return side(from_, trees_.from(), attributes_.from());
}
Result<Side> DirectoryPair::take_to() {
  return side(to_, trees_.to(), attributes_.to());
}

/// What differs is at hand, what doesn't is looked up.
Result<Side> DirectoryPair::side(Version& version, const std::optional<TreeEntry>& entry,
                                 const std::optional<AttributesEntry>& attributes) {
  Side side;
  side.entry = at_tree_ ? entry : COWSTORE_TRY(version.tree.find(name_));
  std::optional<AttributesEntry> record = at_attributes_ ? attributes : COWSTORE_TRY(version.attributes.find(name_));
  const bool directory = side.entry && side.entry->kind == object::EntryKind::kDirectory;
  if (directory) {
    if (record) side.attributes_id = record->children;
    side.attributes = COWSTORE_TRY(own_attributes(*source_, side.attributes_id));
  } else if (record && !record->children) {
    side.attributes = std::move(record->attributes);
  }
  return side;
}

Result<Side> own_side(object::NodeSource& source, const TreeRoots& roots, const std::string& name) {
  Side side;
  side.entry = TreeEntry{name, object::EntryKind::kDirectory, {}, {}, roots.tree.value_or(TreeId{})};
  side.attributes_id = roots.attributes;
  side.attributes = COWSTORE_TRY(own_attributes(source, roots.attributes));
  return side;
}

}  // namespace cowstore::diff
