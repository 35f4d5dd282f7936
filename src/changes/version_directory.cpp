#include "changes/version_directory.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/try.hpp"
#include "object/named_tree.hpp"

namespace cowstore::changes {

namespace {

bool is_plain(const object::Attributes& attributes) {
  object::Attributes rest = attributes;
  rest.mtime.reset();
  rest.mode.reset();
  return rest.empty();
}

/// Takes the recorded attributes of one directory, in order of their names, to its entries, which are sorted, too.
class AttributesTaker {
 public:
  AttributesTaker(VersionDirectory& directory, store::AttributesPolicy policy)
      : directory_(directory), full_(policy == store::AttributesPolicy::kFull) {}

  void take(const object::AttributesEntry& found) {
    directory_.plain = directory_.plain && is_plain(found.attributes);
    if (found.name.empty()) {
      directory_.mode = found.attributes.mode;
      directory_.mtime = found.attributes.mtime;
      directory_.full = kept(found.attributes);
      return;
    }
    auto& entries = directory_.entries;
    while (next_ < entries.size() && entries[next_].entry.name < found.name) ++next_;
    if (next_ < entries.size() && entries[next_].entry.name == found.name) {
      fill(entries[next_], found);
    } else if (full_ && found.attributes.special) {
      add_special(found);
    }
  }

  /// Special files are in the attributes alone: they find their places among the others.
  void finish() {
    auto& entries = directory_.entries;
    const auto middle = static_cast<std::ptrdiff_t>(entries.size());
    std::move(special_.begin(), special_.end(), std::back_inserter(entries));
    std::inplace_merge(entries.begin(), entries.begin() + middle, entries.end(),
                       [](const VersionEntry& a, const VersionEntry& b) { return a.entry.name < b.entry.name; });
  }

 private:
  std::shared_ptr<const object::Attributes> kept(const object::Attributes& attributes) const {
    return full_ ? std::make_shared<const object::Attributes>(attributes) : nullptr;
  }

  void fill(VersionEntry& entry, const object::AttributesEntry& found) const {
    entry.mode = found.attributes.mode;
    entry.mtime = found.attributes.mtime;
    entry.attributes = found.children;
    if (!found.children) entry.full = kept(found.attributes);
  }

  void add_special(const object::AttributesEntry& found) {
    VersionEntry& entry = special_.emplace_back();
    entry.entry.name = found.name;
    entry.entry.kind = object::entry_kind(found.attributes.special->kind);
    fill(entry, found);
  }

  VersionDirectory& directory_;
  const bool full_;
  std::size_t next_ = 0;
  std::vector<VersionEntry> special_;
};

}  // namespace

Result<VersionDirectory> read_version_directory(object::NodeSource& source, const TreeId& tree,
                                                const std::optional<AttributesId>& attributes,
                                                store::AttributesPolicy policy) {
  VersionDirectory directory;
  COWSTORE_TRY(object::DirectoryReader(source, tree).for_each([&](const object::TreeEntry& entry) -> Result<void> {
    directory.entries.push_back({entry, {}, {}, {}, {}});
    return {};
  }));
  if (!attributes) return directory;
  AttributesTaker taker(directory, policy);
  COWSTORE_TRY(
      object::AttributesReader(source, *attributes).for_each([&](const object::AttributesEntry& found) -> Result<void> {
        taker.take(found);
        return {};
      }));
  taker.finish();
  return directory;
}

}  // namespace cowstore::changes
