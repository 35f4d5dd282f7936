// What a scan found: the working copy as a tree in memory. It is also the model from which a new stat index is written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "changes/path_selection.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "store/config.hpp"
#include "sys/ownership.hpp"
#include "sys/stat.hpp"

namespace cowstore::changes {

struct ScannedDirectory;

inline constexpr std::uint16_t kWriteBits = 0222;
inline bool is_writable(std::uint16_t mode) {
  return (mode & kWriteBits) != 0;
}
/// Of a file that others may have, too, and that nobody may write to: a version may have other permissions for it.
bool is_read_only_link(const sys::Stat& stat);

/// Names and values, sorted by name; those that versions record.
using Xattrs = std::vector<std::pair<std::string, std::string>>;

/// Of an entry, where full attributes are asked for: what its stat doesn't say.
struct FullAttributes {
  Xattrs xattrs;
  /// Whether other names in the working copy are the same inode.
  enum class Links : std::uint8_t {
    kAlone,    ///< none that a version would hold
    kGroup,    ///< `link_group` is their number
    kUnknown,  ///< some of its names were not scanned
  } links = Links::kAlone;
  std::uint64_t link_group = 0;
};

/// A name in a directory. Links and special files are kKnown unless they are kKept, directories never matter in that
/// respect.
struct ScannedEntry {
  enum class State : std::uint8_t {
    kKnown,    ///< `file` is the content as of `stat`
    kUnknown,  ///< must be hashed
    kKept,     ///< can't or mustn't be read: what the version has there stays, whatever that is
  };
  std::string name;
  sys::Stat stat;
  object::FileRef file;                             ///< of a file; while kUnknown, what it was last known to be
  std::string target;                               ///< of a link
  std::unique_ptr<ScannedDirectory> directory;      ///< of a directory, never null there
  std::unique_ptr<const index::Recorded> recorded;  ///< null if nothing was overridden
  std::unique_ptr<FullAttributes> full;             ///< null if there is nothing to say, or nothing was read
  object::EntryKind kind = object::EntryKind::kFile;
  State state = State::kUnknown;
  /// What the next index may say of the content, once it is known.
  index::Proof proof = index::Proof::kUnproven;
  index::Durability durability = index::Durability::kUnsynced;
  index::Sharing sharing = index::Sharing::kOwnInode;
  enum class Origin : std::uint8_t {
    kIndex,
    kFresh
  } origin = Origin::kFresh;  ///< kIndex: the old index vouches for it

  /// As a version would record them: what was overridden, else what the disk says.
  [[nodiscard]] std::uint16_t mode() const;
  [[nodiscard]] Timestamp mtime() const;
  /// Brings a file up to date with what hashing it has shown: kKnown, as of that stat. `stamp` is its directory's.
  void set_content(const object::FileRef& found, const sys::Stat& as_of, Timestamp stamp);
  /// Makes it kKnown. Unless the content is what it was last known to be, what was said of that content is dropped;
  /// permissions that the disk was given on purpose stay.
  enum class Confirmed : std::uint8_t { kNo, kYes };
  void settle(Confirmed confirmed);
};

enum class Coverage : std::uint8_t {
  kWhole,    ///< `entries` is all there is (but for what is ignored or skipped)
  kPartial,  ///< `entries` is what the selection asked for
  kOpaque,   ///< not looked into (a nested repository, another file system, no permission): what the version has
             ///< there stays
};

struct ScannedDirectory {
  std::string path;  ///< relative to the working copy, "" for its root
  sys::Stat stat;
  std::vector<ScannedEntry> entries;  ///< sorted by name
  Xattrs xattrs;                      ///< of the directory itself
  /// Whether its extended attributes and those of its files were read: see read_missing_xattrs().
  enum class XattrState : std::uint8_t { kUnread, kRead } xattr_state = XattrState::kUnread;
  Coverage coverage = Coverage::kWhole;
  /// kComplete: `entries` is all there was, ignored and skipped things included, when it was listed after `stat`.
  index::Listing listing = index::Listing::kUnknown;
  /// Writes in here after the scan began leave a time of at least this; what is older than it is proven.
  Timestamp stamp;
  /// What the directory and all below it are as an object; only if the coverage is kWhole all the way down and every
  /// content is kKnown. The attributes also vouch for the times, modes and owners.
  std::optional<TreeId> known_tree;
  std::optional<AttributesId> known_attributes;

  /// nullptr if there is none. O(log n).
  [[nodiscard]] const ScannedEntry* find(std::string_view name) const;
  [[nodiscard]] ScannedEntry* find(std::string_view name);
};

/// Why something in a working copy isn't versioned.
enum class SkipReason : std::uint8_t {
  kNestedRepository,
  kForeignSubvolume,  ///< the empty stub that a Btrfs snapshot has in place of a subvolume
  kMountPoint,        ///< only with MountPoints::kOpaque
  kOtherFileSystem,   ///< likewise: a Btrfs subvolume, which is no mount point
  kUnreadable,
  kFifo,
  kSocket,
  kDevice,
};
/// For people: "nested repository", "named pipe", …
const char* to_string(SkipReason reason);

struct Skipped {
  std::string path;
  SkipReason reason;
  int sys_errno = 0;  ///< of what is unreadable: why
};

struct Scan {
  ScannedEntry root;             ///< a directory without a name
  PathSelection selection;       ///< what was asked for
  std::vector<Skipped> skipped;  ///< sorted by path
  /// What was asked for. With kFull, special files are entries, and links are told apart.
  store::AttributesPolicy attributes = store::AttributesPolicy::kTimes;
  sys::Privileges privileges;  ///< of this process; known with kFull only

  [[nodiscard]] ScannedDirectory& directory() { return *root.directory; }
  [[nodiscard]] const ScannedDirectory& directory() const { return *root.directory; }
  /// "" is the root; nullptr if there is no such path.
  [[nodiscard]] const ScannedEntry* find(std::string_view path) const;
  [[nodiscard]] ScannedEntry* find(std::string_view path);
  /// Those that are listed already stay as they are.
  void add_skipped(std::vector<Skipped> more);
};

// For those who change the working copy after a scan and know the outcome (checkout): the tree is brought up to date,
// then written as the new index. Each takes the known ids away from the directories above, whose content is another
// now.

/// Puts the entry in place of what has its name in the directory `parent` (""), or adds it. Directories on the way that
/// are missing are added, with a stat that nothing is equal to, until somebody puts them too.
/// Putting a directory without `directory` over one keeps what is below it. The path must be in the scan's selection.
void put_entry(Scan& scan, std::string_view parent, ScannedEntry entry);
/// So that put_entry() finds its place at each of the paths: many in one directory are made in time linear in its size,
/// where one by one they would take the square of it. Each of them must be put afterwards.
void make_places(Scan& scan, std::vector<std::string_view> paths);
/// Each with all below it; absent is fine. In time linear in the sizes of the directories that they are in.
void remove_entries(Scan& scan, std::vector<std::string> paths);

}  // namespace cowstore::changes
