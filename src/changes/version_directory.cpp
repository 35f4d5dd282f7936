#include "changes/version_directory.hpp"

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

Result<void> read_attributes(object::NodeSource& source, const AttributesId& id, VersionDirectory& directory) {
  std::size_t next = 0;  // both trees are sorted by name; special files are in the attributes alone
  return object::AttributesReader(source, id).for_each([&](const object::AttributesEntry& found) -> Result<void> {
    directory.plain = directory.plain && is_plain(found.attributes);
    if (found.name.empty()) {
      directory.mode = found.attributes.mode;
      directory.mtime = found.attributes.mtime;
      return {};
    }
    while (next < directory.entries.size() && directory.entries[next].entry.name < found.name) ++next;
    if (next == directory.entries.size() || directory.entries[next].entry.name != found.name) return {};
    VersionEntry& entry = directory.entries[next];
    entry.mode = found.attributes.mode;
    entry.mtime = found.attributes.mtime;
    entry.attributes = found.children;
    return {};
  });
}

}  // namespace

Result<VersionDirectory> read_version_directory(object::NodeSource& source, const TreeId& tree,
                                                const std::optional<AttributesId>& attributes) {
  VersionDirectory directory;
  COWSTORE_TRY(object::DirectoryReader(source, tree).for_each([&](const object::TreeEntry& entry) -> Result<void> {
    directory.entries.push_back({entry, {}, {}, {}});
    return {};
  }));
  if (attributes) COWSTORE_TRY(read_attributes(source, *attributes, directory));
  return directory;
}

}  // namespace cowstore::changes
