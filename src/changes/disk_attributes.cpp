#include "changes/disk_attributes.hpp"

#include <algorithm>
#include <utility>

#include "base/try.hpp"

namespace cowstore::changes {

namespace {

constexpr std::uint16_t kSetIdBits = 06000;

using XattrList = std::vector<object::ExtendedAttribute>;

Result<XattrList> xattrs_of(const Xattrs& found, const LargeValue& large) {
  XattrList list;
  list.reserve(found.size());
  std::uint64_t inline_bytes = 0;
  for (const auto& [name, value] : found) {
    if (object::xattr_is_inline(value.size(), inline_bytes)) {
      inline_bytes += value.size();
      list.push_back({name, value});
    } else {
      object::FileRef file = COWSTORE_TRY(large(value));
      list.push_back({name, file});
    }
  }
  return list;
}

object::Attributes stat_attributes(const sys::Stat& stat) {
  object::Attributes attributes;
  attributes.mtime = stat.mtime;
  attributes.mode = stat.mode;
  attributes.owner = object::Owner{stat.uid, stat.gid};
  return attributes;
}

bool is_out_of_reach(const std::string& xattr, const sys::Privileges& privileges) {
  if (xattr == object::kCapabilityXattr) return !privileges.set_capabilities;
  return xattr.starts_with("trusted.") && !privileges.trusted_attributes;
}

bool is_valid(const XattrList& xattrs) {
  object::AttributesEntry entry;
  entry.name = "any";
  entry.attributes.xattrs = xattrs;
  return xattrs.empty() || object::entry_problem(entry) == nullptr;
}

/// Where very many bytes of values come together, which of them is inline depends on the others: then there is no such
/// merge, and what the disk has is recorded.
XattrList merge_xattrs(XattrList disk, const XattrList& before, const sys::Privileges& privileges) {
  XattrList merged = disk;
  std::erase_if(merged, [&](const auto& xattr) { return is_out_of_reach(xattr.name, privileges); });
  for (const auto& xattr : before) {
    if (is_out_of_reach(xattr.name, privileges)) merged.push_back(xattr);
  }
  std::sort(merged.begin(), merged.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return is_valid(merged) ? merged : disk;
}

void merge_owner(object::Attributes& disk, const object::Attributes& before, const sys::Privileges& privileges) {
  if (!before.owner || disk.owner == before.owner) return;
  if (privileges.may_give_to(before.owner->uid, before.owner->gid)) return;
  disk.owner = before.owner;
  if (disk.mode && before.mode) disk.mode = static_cast<std::uint16_t>(*disk.mode | (*before.mode & kSetIdBits));
}

}  // namespace

Result<object::Attributes> disk_attributes(const ScannedEntry& entry, const LargeValue& large) {
  object::Attributes attributes = stat_attributes(entry.stat);
  attributes.mtime = entry.mtime();
  attributes.mode = entry.mode();
  if (entry.kind == object::EntryKind::kSymlink) attributes.mode.reset();
  if (object::is_special(entry.kind)) {
    attributes.special =
        object::SpecialFile{object::special_kind(entry.kind), entry.stat.device_major, entry.stat.device_minor};
  }
  if (entry.full == nullptr) return attributes;
  attributes.xattrs = COWSTORE_TRY(xattrs_of(entry.full->xattrs, large));
  if (entry.full->links == FullAttributes::Links::kGroup) attributes.link_group = entry.full->link_group;
  return attributes;
}

Result<object::Attributes> disk_attributes(const ScannedDirectory& directory, const LargeValue& large) {
  object::Attributes attributes = stat_attributes(directory.stat);
  attributes.xattrs = COWSTORE_TRY(xattrs_of(directory.xattrs, large));
  return attributes;
}

object::Attributes within_reach(object::Attributes disk, FullAttributes::Links links, const object::Attributes& before,
                                const sys::Privileges& privileges) {
  if (links == FullAttributes::Links::kUnknown) disk.link_group = before.link_group;
  if (privileges.all() || !before.owner) return disk;
  merge_owner(disk, before, privileges);
  disk.xattrs = merge_xattrs(std::move(disk.xattrs), before.xattrs, privileges);
  return disk;
}

bool may_be_unmade(object::EntryKind kind, const sys::Privileges& privileges) {
  const bool device = kind == object::EntryKind::kCharDevice || kind == object::EntryKind::kBlockDevice;
  return device && !privileges.make_devices;
}

FullAttributes::Links links_of(const ScannedEntry& entry) {
  return entry.full == nullptr ? FullAttributes::Links::kAlone : entry.full->links;
}

}  // namespace cowstore::changes
