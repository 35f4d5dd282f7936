#include "provider/source_files.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "changes/scanned.hpp"
#include "store/object_info.hpp"
#include "sys/system.hpp"
#include "sys/xattr.hpp"

namespace cowstore::provider {

namespace {

Result<bool> has_xattrs(const sys::Dir& from, const std::string& name) {
  const auto names = COWSTORE_TRY(sys::list_xattrs(from, name));
  return std::any_of(names.begin(), names.end(), [](const auto& each) { return object::is_recorded_xattr(each); });
}

}  // namespace

std::optional<index::IndexedEntry> SourceFiles::find(std::string_view directory, std::string_view name) const {
  const auto indexed = index_.find_directory(directory);
  return indexed ? indexed->find(name) : std::nullopt;
}

std::optional<std::uint16_t> SourceFiles::mode_of_copy(std::string_view directory, std::string_view name,
                                                       const sys::Stat& seen) {
  if (seen.kind != sys::FileKind::kRegular) return std::nullopt;
  auto known = find(directory, name);
  if (!known && changes::is_read_only_link(seen)) known = shared_.find(seen.inode);
  return known && known->mode == seen.mode ? known->recorded.mode : std::nullopt;
}

Result<std::optional<LinkedFile>> SourceFiles::link(const sys::Dir& from, const sys::Dir& to,
                                                    std::string_view directory, const std::string& name,
                                                    const sys::Stat& seen) const {
  const std::optional<LinkedFile> none;
  if (linker_ == nullptr || seen.kind != sys::FileKind::kRegular) return none;
  const auto known = find(directory, name);
  if (!known || !object::is_file(known->kind) || index_.judge(*known, seen) != index::Trust::kClean) return none;
  const bool is_variant = known->sharing == index::Sharing::kSharedInode;
  if (is_variant) {
    auto linked = COWSTORE_TRY(linker_->link_again(from, to, name, seen));
    if (linked) linked->recorded.mode = known->recorded.mode;
    if (linked) return linked;
  }
  // Names that the user gave the file stay names of one file, of their own.
  if (seen.links > 1 && !is_variant) return none;
  return link_stored(from, to, name, seen, *known);
}

Result<std::optional<LinkedFile>> SourceFiles::link_stored(const sys::Dir& from, const sys::Dir& to,
                                                           const std::string& name, const sys::Stat& seen,
                                                           const index::IndexedEntry& known) const {
  const std::optional<LinkedFile> none;
  if (seen.uid != sys::effective_user_id()) return none;
  const Digest& id = known.file.id.digest();
  if (!store::is_implied_zero_chunk(id) && !COWSTORE_TRY(store_.contains(id))) return none;  // hashed, never committed
  auto any = has_xattrs(from, name);
  if (!any || *any) return none;
  object::TreeEntry entry;
  entry.name = name;
  entry.kind = known.kind;
  entry.file = known.file;
  object::Attributes attributes;
  attributes.mode = known.recorded.mode.value_or(seen.mode);
  attributes.mtime = seen.mtime;
  const bool full = store_.config().attributes == store::AttributesPolicy::kFull;
  if (full) attributes.owner = object::Owner{seen.uid, seen.gid};
  auto linked = COWSTORE_TRY(linker_->link(to, name, entry, attributes));
  if (!linked || linked->stat.gid == seen.gid) return linked;
  COWSTORE_TRY(to.unlink(name));
  return none;
}

}  // namespace cowstore::provider
