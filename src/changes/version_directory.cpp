#include "changes/version_directory.hpp"

#include <utility>

#include "base/try.hpp"

namespace cowstore::changes {

namespace {

bool is_plain(const object::Attributes& attributes) {
  return !attributes.owner && attributes.xattrs.empty() && !attributes.link_group && !attributes.special;
}

}  // namespace

Result<VersionDirectory> VersionDirectory::open(object::NodeSource& source, const TreeId& tree,
                                                const std::optional<AttributesId>& attributes,
                                                store::AttributesPolicy policy) {
  auto names = COWSTORE_TRY(TreeCursor::open(source, tree.digest()));
  AttributesCursor recorded(source);
  if (attributes) recorded = COWSTORE_TRY(AttributesCursor::open(source, attributes->digest()));
  VersionDirectory directory(std::move(names), std::move(recorded), policy);
  COWSTORE_TRY(directory.read_own());
  return directory;
}

/// It stands first, under the empty name.
Result<void> VersionDirectory::read_own() {
  COWSTORE_TRY(attributes_.descend());
  if (attributes_.at_end() || !attributes_.entry().name.empty()) return {};
  own_ = attributes_.entry().attributes;
  plain_ = is_plain(*own_);
  attributes_.next();
  return {};
}

void VersionDirectory::fill_own(VersionEntry& entry) const {
  if (own_) fill(entry, *own_);
}

Result<const VersionEntry*> VersionDirectory::next() {
  while (true) {
    COWSTORE_TRY(tree_.descend());
    COWSTORE_TRY(attributes_.descend());
    if (tree_.at_end() && attributes_.at_end()) return nullptr;
    const int order = tree_.at_end()         ? 1
                      : attributes_.at_end() ? -1
                                             : tree_.entry().name.compare(attributes_.entry().name);
    entry_ = {};
    if (order <= 0) {
      entry_.entry = tree_.entry();
      tree_.next();
    }
    const bool is_special = order >= 0 && take_recorded();
    if (order <= 0 || is_special) return &entry_;
  }
}

/// Whether it is a special file, which is in the attributes alone.
bool VersionDirectory::take_recorded() {
  const object::AttributesEntry& found = attributes_.entry();
  const bool is_special = full_ && found.attributes.special;
  if (is_special) {
    entry_.entry.name = found.name;
    entry_.entry.kind = object::entry_kind(found.attributes.special->kind);
  }
  plain_ = plain_ && is_plain(found.attributes);
  entry_.attributes = found.children;
  if (!found.children) fill(entry_, found.attributes);
  attributes_.next();
  return is_special;
}

void VersionDirectory::fill(VersionEntry& entry, const object::Attributes& attributes) const {
  entry.mode = attributes.mode;
  entry.mtime = attributes.mtime;
  if (full_) entry.full = std::make_shared<const object::Attributes>(attributes);
}

}  // namespace cowstore::changes
