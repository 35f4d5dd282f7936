#include "changes/scanned.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "changes/path_text.hpp"

namespace cowstore::changes {

namespace {

bool comes_before(const ScannedEntry& entry, std::string_view wanted) {
  return entry.name < wanted;
}

auto lower_bound(std::vector<ScannedEntry>& entries, std::string_view name) {
  return std::lower_bound(entries.begin(), entries.end(), name,
                          [](const ScannedEntry& entry, std::string_view wanted) { return entry.name < wanted; });
}

void forget_ids(ScannedDirectory& directory) {
  directory.listing = index::Listing::kUnknown;
  directory.known_tree.reset();
  directory.known_attributes.reset();
}

std::unique_ptr<ScannedDirectory> make_directory(const Scan& scan, std::string path) {
  auto directory = std::make_unique<ScannedDirectory>();
  if (!scan.selection.contains(path)) directory->coverage = Coverage::kPartial;
  directory->path = std::move(path);
  return directory;
}

/// The place of a name, made if there is none.
ScannedEntry& place_of(ScannedDirectory& directory, std::string_view name) {
  auto at = lower_bound(directory.entries, name);
  if (at == directory.entries.end() || at->name != name) {
    at = directory.entries.emplace(at);
    at->name = name;
  }
  return *at;
}

ScannedDirectory& enter_or_make(const Scan& scan, ScannedDirectory& parent, std::string_view name) {
  ScannedEntry& entry = place_of(parent, name);
  if (entry.directory == nullptr) {
    entry = ScannedEntry{};
    entry.name = name;
    entry.kind = object::EntryKind::kDirectory;
    entry.directory = make_directory(scan, join_path(parent.path, name));
  }
  return *entry.directory;
}

/// Makes what is missing on the way; takes the known ids of all.
ScannedDirectory& enter_all(Scan& scan, std::string_view path) {
  ScannedDirectory* directory = scan.root.directory.get();
  forget_ids(*directory);
  while (!path.empty()) {
    const auto [name, rest] = split_first(path);
    directory = &enter_or_make(scan, *directory, name);
    forget_ids(*directory);
    path = rest;
  }
  return *directory;
}

/// Of the sorted paths, which are all in this directory, the names that it doesn't have yet.
void add_names(ScannedDirectory& directory, std::vector<std::string_view>::const_iterator begin,
               std::vector<std::string_view>::const_iterator end) {
  std::vector<ScannedEntry>& entries = directory.entries;
  const auto before = static_cast<std::ptrdiff_t>(entries.size());
  auto at = entries.cbegin();
  std::vector<std::string_view> missing;
  for (; begin != end; ++begin) {
    const std::string_view name = last_name(*begin);
    at = std::lower_bound(at, entries.cend(), name, comes_before);
    if (at == entries.cend() || at->name != name) missing.push_back(name);
  }
  entries.reserve(entries.size() + missing.size());
  for (std::string_view name : missing) entries.emplace_back().name = name;
  std::inplace_merge(entries.begin(), entries.begin() + before, entries.end(),
                     [](const ScannedEntry& a, const ScannedEntry& b) { return a.name < b.name; });
}

/// nullptr if there is none; takes the known ids of all on the way to it.
ScannedDirectory* directory_to_change(Scan& scan, std::string_view path) {
  ScannedDirectory* directory = scan.root.directory.get();
  forget_ids(*directory);
  while (!path.empty()) {
    const auto [name, rest] = split_first(path);
    ScannedEntry* entry = directory->find(name);
    if (entry == nullptr || entry->directory == nullptr) return nullptr;
    directory = entry->directory.get();
    forget_ids(*directory);
    path = rest;
  }
  return directory;
}

}  // namespace

bool is_read_only_link(const sys::Stat& stat) {
  return stat.kind == sys::FileKind::kRegular && stat.links > 1 && !is_writable(stat.mode);
}

std::uint16_t ScannedEntry::mode() const {
  return recorded != nullptr && recorded->mode ? *recorded->mode : stat.mode;
}

Timestamp ScannedEntry::mtime() const {
  return recorded != nullptr && recorded->mtime ? *recorded->mtime : stat.mtime;
}

void ScannedEntry::settle(Confirmed confirmed) {
  state = State::kKnown;
  origin = Origin::kFresh;
  if (confirmed == Confirmed::kYes) return;
  if (recorded != nullptr && recorded->mtime) {
    recorded = recorded->mode ? std::make_unique<const index::Recorded>(index::Recorded{recorded->mode, std::nullopt})
                              : nullptr;
  }
  sharing = index::Sharing::kOwnInode;
  durability = index::Durability::kUnsynced;
}

void ScannedEntry::set_content(const object::FileRef& found, const sys::Stat& as_of, Timestamp stamp) {
  const bool same_file = as_of.inode == stat.inode && as_of.mode == stat.mode;
  const bool same_ctime = sharing == index::Sharing::kSharedInode || as_of.ctime == stat.ctime;
  const bool confirmed = same_file && as_of.mtime == stat.mtime && same_ctime && found == file;
  if (!same_file) recorded.reset();
  file = found;
  stat = as_of;
  kind = *index::entry_kind(as_of);
  settle(confirmed ? Confirmed::kYes : Confirmed::kNo);
  proof = index::prove(as_of, stamp, sharing);
}

ScannedEntry* ScannedDirectory::find(std::string_view name) {
  auto at = lower_bound(entries, name);
  return at == entries.end() || at->name != name ? nullptr : &*at;
}

const ScannedEntry* ScannedDirectory::find(std::string_view name) const {
  auto at = std::lower_bound(entries.begin(), entries.end(), name,
                             [](const ScannedEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return at == entries.end() || at->name != name ? nullptr : &*at;
}

const ScannedEntry* Scan::find(std::string_view path) const {
  const ScannedEntry* entry = &root;
  while (!path.empty() && entry != nullptr) {
    const auto [name, rest] = split_first(path);
    entry = entry->directory == nullptr ? nullptr : std::as_const(*entry->directory).find(name);
    path = rest;
  }
  return entry;
}

ScannedEntry* Scan::find(std::string_view path) {
  return const_cast<ScannedEntry*>(std::as_const(*this).find(path));  // all of it is ours, and not const
}

void Scan::add_skipped(std::vector<Skipped> more) {
  skipped.insert(skipped.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  std::stable_sort(skipped.begin(), skipped.end(), [](const Skipped& a, const Skipped& b) { return a.path < b.path; });
  auto same = [](const Skipped& a, const Skipped& b) { return a.path == b.path; };
  skipped.erase(std::unique(skipped.begin(), skipped.end(), same), skipped.end());
}

const char* to_string(SkipReason reason) {
  switch (reason) {
    case SkipReason::kNestedRepository:
      return "nested repository";
    case SkipReason::kForeignSubvolume:
      return "place of a subvolume that is not part of this snapshot";
    case SkipReason::kMountPoint:
      return "mount point";
    case SkipReason::kOtherFileSystem:
      return "on another file system";
    case SkipReason::kUnreadable:
      return "unreadable";
    case SkipReason::kFifo:
      return "named pipe";
    case SkipReason::kSocket:
      return "socket";
    case SkipReason::kDevice:
      return "device";
  }
  return "not versioned";
}

void make_places(Scan& scan, std::vector<std::string_view> paths) {
  auto place = [](std::string_view path) { return std::pair(parent_path(path), last_name(path)); };
  std::sort(paths.begin(), paths.end(), [&](std::string_view a, std::string_view b) { return place(a) < place(b); });
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (auto begin = paths.begin(); begin != paths.end();) {
    auto end = std::find_if(begin, paths.end(), [&](auto path) { return place(path).first != place(*begin).first; });
    add_names(enter_all(scan, place(*begin).first), begin, end);
    begin = end;
  }
}

void put_entry(Scan& scan, std::string_view parent, ScannedEntry entry) {
  ScannedDirectory* directory = &enter_all(scan, parent);
  ScannedEntry& place = place_of(*directory, entry.name);
  if (entry.kind == object::EntryKind::kDirectory) {
    if (entry.directory == nullptr) entry.directory = std::move(place.directory);
    if (entry.directory == nullptr) entry.directory = make_directory(scan, join_path(directory->path, entry.name));
    entry.directory->stat = entry.stat;
    entry.directory->listing = index::Listing::kUnknown;  // it was made before that stat
  }
  place = std::move(entry);
}

void remove_entries(Scan& scan, std::vector<std::string> paths) {
  auto place = [](const std::string& path) { return std::pair(parent_path(path), last_name(path)); };
  std::sort(paths.begin(), paths.end(),
            [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
  for (auto begin = paths.begin(); begin != paths.end();) {
    auto end =
        std::find_if(begin, paths.end(), [&](const auto& path) { return place(path).first != place(*begin).first; });
    ScannedDirectory* directory = directory_to_change(scan, place(*begin).first);
    auto is_named = [&](const ScannedEntry& entry) {
      auto at = std::lower_bound(begin, end, entry.name, [](const std::string& path, const std::string& name) {
        return last_name(path) < name;
      });
      return at != end && last_name(*at) == entry.name;
    };
    if (directory != nullptr) std::erase_if(directory->entries, is_named);
    begin = end;
  }
}

}  // namespace cowstore::changes
