#include "repo/entry_info.hpp"

namespace cowstore::repo {

EntryInfo entry_info(const std::string& path, const object::TreeEntry& entry, std::optional<std::uint16_t> mode,
                     std::optional<Timestamp> mtime) {
  EntryInfo info;
  info.path = path;
  info.kind = entry.kind;
  info.mode = mode;
  info.mtime = mtime;
  if (object::is_file(entry.kind)) {
    info.size = entry.file.size;
    info.id = entry.file.id.digest();
  } else if (entry.kind == EntryKind::kSymlink) {
    info.target = entry.target;
    info.size = entry.target.size();
  } else {
    info.id = entry.tree.digest();
  }
  return info;
}

EntryInfo entry_info(const std::string& path, const changes::ScannedEntry& entry) {
  EntryInfo info;
  info.path = path;
  info.kind = entry.kind;
  info.mode = entry.mode();
  info.mtime = entry.mtime();
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
  if (!side.entry) return std::nullopt;
  std::optional<std::uint16_t> mode;
  std::optional<Timestamp> mtime;
  if (side.attributes) {
    mode = side.attributes->mode;
    mtime = side.attributes->mtime;
  }
  return entry_info(path, *side.entry, mode, mtime);
}

}  // namespace cowstore::repo
