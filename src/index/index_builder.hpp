// Makes a new stat index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::index {

/// An entry whose content is known. `stat` must have been taken before the content was read, or be that of a file which
/// nobody else could reach yet.
struct NewEntry {
  std::string_view name;
  object::EntryKind kind = object::EntryKind::kFile;
  sys::Stat stat;                  ///< of directories unused
  object::FileRef file;            ///< of a file
  std::string_view target;         ///< of a symlink
  Proof proof = Proof::kUnproven;  ///< see prove()
  Durability durability = Durability::kUnsynced;
  Sharing sharing = Sharing::kOwnInode;
  Recorded recorded;
};

/// Ids may be given only where the entries that follow are all that the directory holds.
struct NewDirectory {
  std::string_view path;
  sys::Stat stat;
  std::optional<TreeId> tree;
  std::optional<AttributesId> attributes;
  Listing listing = Listing::kUnknown;
};

/// Directories come in any order, each once, its entries sorted by name right after it. Not thread-safe.
///
/// A checkout that builds in a directory of its own, which nobody else writes to, proves all of it at the end: it asks
/// sys::file_system_now() until that lies after the last ctime it caused, stats, and only then publishes.
class IndexBuilder {
 public:
  explicit IndexBuilder(std::string_view boot_id);
  /// Makes room for what is to come; a guess will do.
  void reserve(std::size_t directories, std::size_t entries);

  void begin_directory(const NewDirectory& directory);
  /// A file whose reference has another size than its stat is left out: the one can't be the content of the other. Then
  /// the listing isn't complete, either.
  void add(const NewEntry& entry);
  /// Takes over entry `i` of a directory of another index, into the directory begun last. What that index can't vouch
  /// for now (judge(): kUncertain for an equal stat) the new one won't either.
  void keep(const StatIndex& from, const IndexedDirectory& directory, std::size_t i);
  /// Takes over a directory with its ids and all of its entries.
  void keep(const StatIndex& from, const IndexedDirectory& directory);

  /// The bytes of the file. To be called once.
  [[nodiscard]] Bytes finish();

 private:
  [[nodiscard]] std::size_t entry_count() const;
  void append_sorted(Bytes& out);
  void forget_listing();
  std::string boot_id_;
  std::vector<std::pair<std::string, std::size_t>> order_;  ///< paths, and the number of their record
  std::vector<std::size_t> first_entries_;                  ///< of the directory with that number
  Bytes directories_;
  Bytes entries_;
  Bytes heap_;
};

/// Replaces `index` in the control directory: temporary name, rename, no sync. After a failure the old one stands.
Result<void> write_index(const sys::Dir& control, ByteView bytes);

}  // namespace cowstore::index
