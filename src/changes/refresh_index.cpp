#include "changes/refresh_index.hpp"

#include <algorithm>

#include "index/index_builder.hpp"

namespace cowstore::changes {

namespace {

using index::IndexBuilder;
using index::IndexedDirectory;
using index::StatIndex;

index::NewEntry describe(const ScannedEntry& entry) {
  index::NewEntry result{entry.name,  entry.kind,       entry.stat,    entry.file, entry.target,
                         entry.proof, entry.durability, entry.sharing, {}};
  if (entry.recorded != nullptr) result.recorded = *entry.recorded;
  return result;
}

/// The index knows nothing of special files: nothing about them needs to be spared.
bool has_content(const ScannedEntry& entry) {
  if (object::is_special(entry.kind)) return false;
  return entry.kind == object::EntryKind::kDirectory || entry.state == ScannedEntry::State::kKnown;
}

void add_whole(const ScannedDirectory& directory, IndexBuilder& builder) {
  for (const ScannedEntry& entry : directory.entries) {
    if (has_content(entry)) builder.add(describe(entry));
  }
}

/// What the selection left out is as it was. Kept entries that are stale do no harm: they are judged when they are
/// used.
void add_partial(const ScannedDirectory& directory, const StatIndex& old, const PathSelection::Node& selection,
                 IndexBuilder& builder) {
  const auto known = old.find_directory(directory.path);
  std::size_t next = 0;
  const auto keep_up_to = [&](const ScannedEntry* scanned) {
    for (; known && next < known->size(); ++next) {
      const std::string_view name = known->name(next);
      if (scanned != nullptr && name >= scanned->name) break;
      if (selection.child(name) == nullptr) builder.keep(old, *known, next);
    }
  };
  for (const ScannedEntry& entry : directory.entries) {
    keep_up_to(&entry);
    if (known && next < known->size() && known->name(next) == entry.name) ++next;
    if (has_content(entry)) builder.add(describe(entry));
  }
  keep_up_to(nullptr);
}

/// The attributes of a directory itself are proven, or not, like the content of a file.
std::optional<AttributesId> proven_attributes(const ScannedDirectory& directory) {
  const bool proven = index::prove(directory.stat, directory.stamp) == index::Proof::kProven;
  return proven ? directory.known_attributes : std::nullopt;
}

/// What the next scan may believe of the names: only where the index will hold them all.
index::Listing proven_listing(const ScannedDirectory& directory) {
  const bool proven = directory.listing == index::Listing::kComplete &&
                      index::prove(directory.stat, directory.stamp) == index::Proof::kProven &&
                      std::all_of(directory.entries.begin(), directory.entries.end(), has_content);
  return proven ? index::Listing::kComplete : index::Listing::kUnknown;
}

void add_directory(const ScannedDirectory& directory, const StatIndex& old, const PathSelection& selection,
                   IndexBuilder& builder) {
  if (directory.coverage == Coverage::kOpaque) return;
  builder.begin_directory(
      {directory.path, directory.stat, directory.known_tree, proven_attributes(directory), proven_listing(directory)});
  if (directory.coverage == Coverage::kWhole) {
    add_whole(directory, builder);
  } else {
    add_partial(directory, old, *selection.find(directory.path), builder);
  }
  for (const ScannedEntry& entry : directory.entries) {
    if (entry.directory != nullptr) add_directory(*entry.directory, old, selection, builder);
  }
}

struct Counts {
  std::size_t directories = 0;
  std::size_t entries = 0;
};

void count(const ScannedDirectory& directory, Counts& counts) {
  ++counts.directories;
  counts.entries += directory.entries.size();
  for (const ScannedEntry& entry : directory.entries) {
    if (entry.directory != nullptr) count(*entry.directory, counts);
  }
}

void keep_unselected(const StatIndex& old, const PathSelection& selection, IndexBuilder& builder) {
  if (selection.everything()) return;
  for (std::size_t i = 0; i < old.directory_count(); ++i) {
    const IndexedDirectory directory = old.directory(i);
    if (selection.find(directory.path()) == nullptr) builder.keep(old, directory);
  }
}

/// Whether the next scan would be spared work by it that `old` doesn't spare it.
bool is_news(const ScannedEntry& entry) {
  return has_content(entry) && entry.directory == nullptr && entry.state == ScannedEntry::State::kKnown &&
         entry.origin == ScannedEntry::Origin::kFresh && entry.proof == index::Proof::kProven;
}

bool has_news(const ScannedDirectory& directory, const StatIndex& old) {
  if (directory.coverage == Coverage::kOpaque) return false;
  const auto known = old.find_directory(directory.path);
  if (directory.known_tree && (!known || known->tree() != directory.known_tree)) return true;
  const auto attributes = proven_attributes(directory);
  if (attributes && (!known || known->attributes() != attributes)) return true;
  const bool listed = known && old.lists(*known, directory.stat);
  if (!listed && proven_listing(directory) == index::Listing::kComplete) return true;
  for (const ScannedEntry& entry : directory.entries) {
    if (is_news(entry) || (entry.directory != nullptr && has_news(*entry.directory, old))) return true;
  }
  return false;
}

void mark_synced(ScannedDirectory& directory, std::uint64_t device) {
  for (ScannedEntry& entry : directory.entries) {
    const bool synced = directory.stat.device == device && entry.state == ScannedEntry::State::kKnown;
    if (synced) entry.durability = index::Durability::kSynced;
    if (entry.directory != nullptr) mark_synced(*entry.directory, device);
  }
}

}  // namespace

bool worth_writing(const Scan& scan, const StatIndex& old) {
  return has_news(scan.directory(), old);
}

Bytes make_index(const Scan& scan, const StatIndex& old, std::string_view boot_id) {
  IndexBuilder builder(boot_id);
  Counts counts;
  count(scan.directory(), counts);
  builder.reserve(std::max(counts.directories, old.directory_count()), std::max(counts.entries, old.entry_count()));
  add_directory(scan.directory(), old, scan.selection, builder);
  keep_unselected(old, scan.selection, builder);
  return builder.finish();
}

Result<void> refresh_index(const Scan& scan, const StatIndex& old, std::string_view boot_id, const sys::Dir& control) {
  if (!worth_writing(scan, old)) return {};
  return index::write_index(control, make_index(scan, old, boot_id));
}

void mark_synced(Scan& scan) {
  mark_synced(scan.directory(), scan.directory().stat.device);
}

}  // namespace cowstore::changes
