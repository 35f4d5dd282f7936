// The working copies of a repository: which there are, in what state, and their administration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/space.hpp"
#include "cowstore/time.hpp"

namespace cowstore {

/// What is found where a working copy is registered.
enum class WorktreeState {
  kUnchecked,   ///< it is there; what has changed in it was not asked for
  kClean,       ///< nothing differs from its commit
  kModified,    ///< something does
  kMissing,     ///< no such directory
  kElsewhere,   ///< a directory is there, but it is another working copy or none
  kNotMounted,  ///< nothing is there, and perhaps only because a file system isn't mounted
  kUnreadable,  ///< it can't be looked at
};

/// "unchecked", "clean", "modified", "missing", "elsewhere", "not mounted", "unreadable".
const char* to_string(WorktreeState state);

struct WorktreeInfo {
  std::string id;
  std::string path;      ///< absolute, as registered
  std::string method;    ///< how it came to be: "main", "reflink", "copy", …; "unknown" where nothing was registered
  bool main = false;     ///< holds the store
  bool current = false;  ///< the one that the command runs in
  std::optional<std::string> branch;    ///< none when detached
  std::optional<CommitId> commit;       ///< none before the first commit
  std::optional<Timestamp> registered;  ///< when it became known to the store, as far back as the operation log goes
  std::optional<Timestamp> last_operation;  ///< the newest that was done in it
  WorktreeState state = WorktreeState::kUnchecked;
  std::uint64_t changed = 0;      ///< paths that differ from the commit
  std::optional<SpaceUse> space;  ///< if it was measured
  std::string reason;             ///< why it is in a state other than clean and modified; may be empty
};

struct WorktreeListOptions {
  enum class Check {
    kChanges,
    kPresence
  } check = Check::kChanges;  ///< kPresence: no working copy is scanned or measured
};

struct WorktreeRemoveReport {
  std::string id;
  std::string path;  ///< absolute, where it was
  enum class Files {
    kFileByFile,
    kAtOnce,    ///< a Btrfs subvolume, destroyed
    kNotThere,  ///< there was nothing but the registration
    kLeft,      ///< not all could be removed: the rest waits for prune
  } files = Files::kFileByFile;
  std::optional<CommitId> kept;  ///< the snapshot that holds the uncommitted work that was in it
  std::uint64_t kept_paths = 0;
};

/// "file by file", "at once", "not there", "left".
const char* to_string(WorktreeRemoveReport::Files files);

struct WorktreeMoveReport {
  std::string id;
  std::string from;  ///< absolute, like all paths here
  std::string to;
  std::vector<std::string> also;        ///< working copies whose note of the store was brought up to date
  std::vector<std::string> unrepaired;  ///< those where that failed: `worktree repair` in each, or again in this one
};

struct WorktreeMountReport {
  std::string id;
  std::string path;      ///< absolute
  bool changed = false;  ///< else it was mounted, or wasn't, already
};

struct WorktreePruneOptions {
  enum class Run { kReally, kDryRun } run = Run::kReally;
  std::vector<std::string> directories;  ///< absolute; looked into for leftovers besides those that are known
  /// Trees of commits that are kept in the store for further checkouts. kDropUnused: what nobody uses goes, too.
  enum class Templates { kKeep, kDropUnused } templates = Templates::kKeep;
};

/// What was dropped or removed, and what was left alone in doubt.
struct WorktreePruneReport {
  struct Item {
    std::string path;
    std::string what;  ///< for people: "its directory is gone", "left by an interrupted checkout", …
  };
  std::vector<Item> dropped;   ///< registrations
  std::vector<Item> removed;   ///< directories
  std::vector<Item> restored;  ///< directories that got their name back
  std::vector<Item> kept;      ///< in doubt, or in use
};

struct WorktreeRepairReport {
  struct Item {
    std::string path;
    std::string what;
  };
  std::vector<Item> repaired;
  std::vector<Item> unrepaired;  ///< with the reason
};

}  // namespace cowstore
