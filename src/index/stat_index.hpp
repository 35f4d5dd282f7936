// The stat index of a working copy: path -> stat and content, so that unchanged files need not be opened.
//
// It is a cache, and never wrong: judge() says kClean only where no write can have gone unnoticed. What can't be
// vouched for is kUncertain and has to be hashed. A file system's clock ticks, and two writes within a tick leave equal
// stats: so an entry is *proven* only if max(mtime, ctime) lies before the file system's time at a moment from which on
// every write would have been noticed (the stamp taken before a scan began). The comparison is made when the entry is
// written (IndexBuilder), so that copies and snapshots of an index keep its outcome.
//
// `.cowstore/index` is replaced by rename, never written in place, and not synced: losing it costs time only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "object/entry.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::index {

enum class Trust : std::uint8_t {
  kClean,      ///< unchanged since it was recorded: use the reference without opening the file
  kChanged,    ///< the stat differs: what was recorded says nothing
  kUncertain,  ///< the stat agrees, but a write may have gone unnoticed: hash and compare
};

/// Whether every write up to the recorded state left a time before `stamp`.
enum class Proof : std::uint8_t { kUnproven, kProven };
/// Whether the content is known to survive a power cut.
enum class Durability : std::uint8_t { kUnsynced, kSynced };
/// Of a hard-linked variant: link() changes its ctime, which is therefore not compared (DESIGN 5).
enum class Sharing : std::uint8_t { kOwnInode, kSharedInode };

/// Whether the names in a directory are known, and not only some of them.
enum class Listing : std::uint8_t {
  kUnknown,
  /// The entries are all that was in it as of its stat (the root's `.cowstore` apart), and any change of them since
  /// then changed that stat: its times lay before the stamp, which was taken before it, and it before the listing.
  kComplete,
};

/// What a version records where the disk was given something else on purpose: the mode of a hard-linked variant, the
/// time of a file that a switch rewrote. Counts in place of the stat's for as long as the entry is kClean or proves so.
struct Recorded {
  std::optional<std::uint16_t> mode;
  std::optional<Timestamp> mtime;
  bool operator==(const Recorded&) const = default;
  [[nodiscard]] bool empty() const { return !mode && !mtime; }
};

/// One entry as the index holds it. Views point into the index.
struct IndexedEntry {
  std::string_view name;
  object::EntryKind kind = object::EntryKind::kFile;
  std::uint16_t mode = 0;  ///< 07777, as stat said
  std::uint64_t size = 0;  ///< bytes, as stat said
  std::uint64_t inode = 0;
  Timestamp mtime;
  Timestamp ctime;
  object::FileRef file;     ///< of a file
  std::string_view target;  ///< of a symlink
  Proof proof = Proof::kUnproven;
  Durability durability = Durability::kUnsynced;
  Sharing sharing = Sharing::kOwnInode;
  Recorded recorded;
};

class StatIndex;

/// A directory of the index, entries sorted by name (subdirectories too, of which an entry says nothing but name and
/// kind). Cheap to copy; points into the index.
class IndexedDirectory {
 public:
  [[nodiscard]] std::string_view path() const;  ///< relative to the working copy, "" for its root
  [[nodiscard]] std::uint16_t mode() const;
  [[nodiscard]] std::uint64_t inode() const;
  [[nodiscard]] Timestamp mtime() const;
  [[nodiscard]] Timestamp ctime() const;
  [[nodiscard]] Listing listing() const;
  /// What the entries (all of them, and as they are here) made when they were last encoded.
  [[nodiscard]] std::optional<TreeId> tree() const;
  [[nodiscard]] std::optional<AttributesId> attributes() const;

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::string_view name(std::size_t i) const;
  [[nodiscard]] object::EntryKind kind(std::size_t i) const;
  [[nodiscard]] IndexedEntry entry(std::size_t i) const;
  [[nodiscard]] std::size_t lower_bound(std::string_view name) const;  ///< the first that isn't before it; O(log n)
  [[nodiscard]] std::optional<IndexedEntry> find(std::string_view name) const;

 private:
  friend class StatIndex;
  friend class IndexBuilder;
  IndexedDirectory(const StatIndex& index, std::size_t number) : index_(&index), number_(number) {}
  [[nodiscard]] const std::uint8_t* record() const;
  [[nodiscard]] const std::uint8_t* entry_record(std::size_t i) const;
  const StatIndex* index_;
  std::size_t number_;
};

/// Immutable; any number of threads may use one. Moving one invalidates no view into it, but every IndexedDirectory.
class StatIndex {
 public:
  /// An index that knows nothing.
  StatIndex() = default;
  StatIndex(StatIndex&&) = default;
  StatIndex& operator=(StatIndex&&) = default;
  /// Reads `index` in the control directory. Never fails: what is missing, damaged, or of another version is an empty
  /// index, and problem() says why. `boot_id` is sys::boot_id() of now, empty if unknown.
  static StatIndex load(const sys::Dir& control, std::string_view boot_id);
  /// The same of bytes in memory.
  static StatIndex decode(Bytes bytes, std::string_view boot_id);

  /// Why the index is empty; empty if it isn't, or if there simply was none.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool empty() const { return directory_count_ == 0; }
  [[nodiscard]] std::size_t directory_count() const { return directory_count_; }
  [[nodiscard]] std::size_t entry_count() const { return entry_count_; }
  [[nodiscard]] IndexedDirectory directory(std::size_t i) const { return {*this, i}; }  ///< in byte order of paths
  [[nodiscard]] std::optional<IndexedDirectory> find_directory(std::string_view path) const;

  /// What `entry` of this index is worth, now that the file system says `stat` of its path. Directories are
  /// always kChanged: their entries answer for them.
  [[nodiscard]] Trust judge(const IndexedEntry& entry, const sys::Stat& stat) const;
  /// Whether the directory, of which the file system says `stat` now, holds what its entries here say, and nothing
  /// else: it need not be listed. Only for file systems that keep a directory's times (sys::is_native()).
  [[nodiscard]] bool lists(const IndexedDirectory& directory, const sys::Stat& stat) const;
  /// Whether it was written since the machine was started, or before; neither if that isn't known.
  [[nodiscard]] bool of_this_boot() const { return boot_ == Boot::kThis; }
  [[nodiscard]] bool of_earlier_boot() const { return boot_ == Boot::kEarlier; }

 private:
  friend class IndexedDirectory;
  friend class IndexBuilder;
  Bytes bytes_;
  std::size_t directory_count_ = 0;
  std::size_t entry_count_ = 0;
  const std::uint8_t* directories_ = nullptr;
  const std::uint8_t* entries_ = nullptr;
  ByteView heap_;
  enum class Boot : std::uint8_t { kUnknown, kThis, kEarlier } boot_ = Boot::kUnknown;
  std::string problem_;
};

/// The kind that a version gives a file of this stat; nothing for fifos, sockets and devices.
std::optional<object::EntryKind> entry_kind(const sys::Stat& stat);
/// kProven if both times lie before `stamp` (of a shared inode the mtime alone), which was taken before `stat` was, and
/// `stat` before the content was read; or all three while nobody else could reach the file.
Proof prove(const sys::Stat& stat, Timestamp stamp, Sharing sharing = Sharing::kOwnInode);

}  // namespace cowstore::index
