#include <algorithm>

#include "base/try.hpp"
#include "checkout/new_index.hpp"
#include "sys/system.hpp"

namespace cowstore::checkout {

namespace {

/// Nobody else has put anything into it.
index::Listing listing_of(const MadeDirectory& directory, Timestamp stamp) {
  const bool proven = index::prove(directory.stat, stamp) == index::Proof::kProven;
  return proven && !directory.has_special_files ? index::Listing::kComplete : index::Listing::kUnknown;
}

}  // namespace

Timestamp last_change(const Materialised& made) {
  Timestamp last;
  for (const MadeDirectory& directory : made.directories) {
    last = std::max(last, directory.stat.ctime);
    for (const MadeEntry& entry : directory.entries) last = std::max(last, entry.stat.ctime);
  }
  return last;
}

void NewIndex::add(const MadeDirectory& directory) {
  builder.begin_directory(
      {directory.path, directory.stat, directory.roots.tree, directory.roots.attributes, listing_of(directory, stamp)});
  for (const MadeEntry& entry : directory.entries) add(entry);
}

void NewIndex::add(const MadeEntry& entry) {
  index::NewEntry indexed;
  indexed.name = entry.entry.name;
  indexed.kind = entry.entry.kind;
  indexed.stat = entry.stat;
  indexed.file = entry.entry.file;
  indexed.target = entry.entry.target;
  indexed.durability = durability;
  indexed.proof = index::prove(entry.stat, stamp, entry.sharing);
  indexed.sharing = entry.sharing;
  indexed.recorded = entry.recorded;
  // A variant was synced before others could find it.
  if (entry.sharing == index::Sharing::kSharedInode) indexed.durability = index::Durability::kSynced;
  builder.add(indexed);
}

Result<Bytes> index_of(const Materialised& made, const sys::Dir& control, std::string_view boot_id,
                       index::Durability durability) {
  Timestamp stamp = COWSTORE_TRY(sys::file_system_time_after(control, last_change(made)));
  NewIndex index{index::IndexBuilder(boot_id), stamp, durability};
  for (const MadeDirectory& directory : made.directories) index.add(directory);
  return index.builder.finish();
}

}  // namespace cowstore::checkout
