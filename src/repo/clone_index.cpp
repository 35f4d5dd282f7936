#include "repo/clone_index.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/try.hpp"
#include "index/index_builder.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

Timestamp last_change(const provider::CopiedTree& tree) {
  Timestamp last;
  for (const provider::CopiedDirectory& directory : tree.directories) {
    for (const provider::CopiedEntry& entry : directory.entries) last = std::max(last, entry.copy.ctime);
  }
  return last;
}

index::NewEntry subdirectory(const provider::CopiedEntry& copied) {
  index::NewEntry entry;
  entry.name = copied.name;
  entry.kind = object::EntryKind::kDirectory;
  return entry;
}

index::NewEntry same_content(const provider::CopiedEntry& copied, const index::IndexedEntry& known, Timestamp stamp) {
  index::NewEntry entry;
  entry.name = copied.name;
  entry.kind = known.kind;
  entry.stat = copied.copy;
  entry.file = known.file;
  entry.target = known.target;
  entry.proof = index::prove(copied.copy, stamp, copied.sharing);
  entry.sharing = copied.sharing;
  // A variant was synced before others could find it.
  if (copied.sharing == index::Sharing::kSharedInode) entry.durability = index::Durability::kSynced;
  entry.recorded = {copied.recorded_mode, known.recorded.mtime};
  return entry;
}

/// Those entries of a directory that the source's index knows, sorted as they were.
std::vector<index::NewEntry> known_entries(const provider::CopiedDirectory& directory, const index::StatIndex& source,
                                           const index::IndexedDirectory& indexed, Timestamp stamp) {
  std::vector<index::NewEntry> entries;
  for (const provider::CopiedEntry& copied : directory.entries) {
    auto known = indexed.find(copied.name);
    if (!known) continue;
    const bool is_directory = copied.source.kind == sys::FileKind::kDirectory;
    if (is_directory != (known->kind == object::EntryKind::kDirectory)) continue;
    if (is_directory) {
      entries.push_back(subdirectory(copied));
    } else if (source.judge(*known, copied.source) == index::Trust::kClean) {
      entries.push_back(same_content(copied, *known, stamp));
    }
  }
  return entries;
}

bool is_as_indexed(const sys::Stat& stat, const index::IndexedDirectory& indexed) {
  return stat.mode == indexed.mode() && stat.mtime == indexed.mtime() && stat.ctime == indexed.ctime();
}

}  // namespace

Result<Bytes> index_of_clone(const provider::CopiedTree& tree, const index::StatIndex& source, const sys::Dir& control,
                             std::string_view boot_id) {
  Timestamp stamp = COWSTORE_TRY(sys::file_system_time_after(control, last_change(tree)));
  index::IndexBuilder builder(boot_id);
  for (const provider::CopiedDirectory& directory : tree.directories) {
    auto indexed = source.find_directory(directory.path);
    if (!indexed) continue;
    std::vector<index::NewEntry> entries = known_entries(directory, source, *indexed, stamp);
    index::NewDirectory made{directory.path, directory.copy, std::nullopt, std::nullopt};
    // The ids are those of exactly the entries that the source's index holds, and of the directory as it was then.
    if (entries.size() == indexed->size()) {
      made.tree = indexed->tree();
      if (is_as_indexed(directory.source, *indexed)) made.attributes = indexed->attributes();
    }
    builder.begin_directory(made);
    for (const index::NewEntry& entry : entries) builder.add(entry);
  }
  return builder.finish();
}

}  // namespace cowstore::repo
