#include "repo/entry_info.hpp"

namespace cowstore::repo {

namespace {

void add_full(EntryInfo& info, const object::Attributes& attributes) {
  info.mode = attributes.mode;
  info.mtime = attributes.mtime;
  if (attributes.owner) info.owner = FileOwner{attributes.owner->uid, attributes.owner->gid};
  for (const object::ExtendedAttribute& xattr : attributes.xattrs) info.xattrs.push_back(xattr.name);
  info.link_group = attributes.link_group;
  if (attributes.special) {
    info.device_major = attributes.special->device_major;
    info.device_minor = attributes.special->device_minor;
  }
}

void add_full(EntryInfo& info, const changes::ScannedEntry& entry, const changes::Xattrs& xattrs) {
  info.owner = FileOwner{entry.stat.uid, entry.stat.gid};
  info.device_major = entry.stat.device_major;
  info.device_minor = entry.stat.device_minor;
  for (const auto& [name, value] : xattrs) info.xattrs.push_back(name);
  if (entry.full != nullptr && entry.full->links == changes::FullAttributes::Links::kGroup)
    info.link_group = entry.full->link_group;
}

}  // namespace

EntryInfo entry_info(const std::string& path, const changes::Before& before) {
  if (before.full != nullptr) return entry_info(path, before.entry, *before.full);
  object::Attributes attributes;
  attributes.mode = before.mode;
  attributes.mtime = before.mtime;
  return entry_info(path, before.entry, attributes);
}

EntryInfo entry_info(const std::string& path, const object::TreeEntry& entry, const object::Attributes& attributes) {
  EntryInfo info;
  info.path = path;
  info.kind = entry.kind;
  add_full(info, attributes);
  if (object::is_file(entry.kind)) {
    info.size = entry.file.size;
    info.id = entry.file.id.digest();
  } else if (entry.kind == EntryKind::kSymlink) {
    info.target = entry.target;
    info.size = entry.target.size();
  } else if (entry.kind == EntryKind::kDirectory) {
    info.id = entry.tree.digest();
  }
  return info;
}

EntryInfo entry_info(const std::string& path, const changes::ScannedEntry& entry, store::AttributesPolicy policy) {
  EntryInfo info;
  info.path = path;
  info.kind = entry.kind;
  info.mode = entry.mode();
  info.mtime = entry.mtime();
  static const changes::Xattrs kNone;
  const auto& xattrs = entry.directory != nullptr ? entry.directory->xattrs : entry.full ? entry.full->xattrs : kNone;
  if (policy == store::AttributesPolicy::kFull) add_full(info, entry, xattrs);
  if (object::is_file(entry.kind)) {
    info.size = entry.stat.size;
    if (entry.state == changes::ScannedEntry::State::kKnown) info.id = entry.file.id.digest();
  } else if (entry.kind == EntryKind::kSymlink) {
    info.target = entry.target;
    info.size = entry.target.size();
  }
  return info;
}

std::optional<EntryInfo> entry_info(const std::string& path, const diff::Side& side) {
  const object::Attributes attributes = side.attributes.value_or(object::Attributes{});
  if (side.entry) return entry_info(path, *side.entry, attributes);
  if (!attributes.special) return std::nullopt;
  object::TreeEntry special;
  special.kind = object::entry_kind(attributes.special->kind);
  return entry_info(path, special, attributes);
}

}  // namespace cowstore::repo
