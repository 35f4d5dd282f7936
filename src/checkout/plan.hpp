// What an in-place switch will do, and what is in its way. A plan is a value: `--dry-run` prints it, tests assert it,
// the executor only obeys it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "changes/compare.hpp"
#include "changes/scanned.hpp"
#include "checkout/difference.hpp"
#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "sys/stat.hpp"

namespace cowstore::checkout {

/// A file or link that goes away; it must still be what was seen.
struct Removal {
  std::string path;
  const sys::Stat* seen;  ///< points into the scan
};

/// A file, link or special file that comes, in place of what was seen there or of nothing.
struct Making {
  std::string path;
  std::shared_ptr<const Wanted> wanted;  ///< never null
  const sys::Stat* displaces = nullptr;  ///< a file or link, null if there is nothing; points into the scan
  /// What is there already, as the target has it, and is to be the same inode: the rest of an interrupted command.
  struct Present {
    std::string path;
    std::uint64_t inode = 0;
  };
  std::shared_ptr<const Present> link_to = nullptr;
};

/// A directory that comes.
struct DirectoryMaking {
  std::string path;
  object::Attributes attributes;
};

/// Something that stays and gets other permissions, or other full attributes.
struct ModeChange {
  std::string path;                                  ///< "" is the working copy itself
  std::shared_ptr<const Wanted> wanted;              ///< what the target has there: permissions, or an owner
  std::optional<std::uint16_t> seen = std::nullopt;  ///< the mode that it had; others are left alone
};

struct Conflict {
  std::string path;
  std::string reason;  ///< "has uncommitted changes", "is not versioned, and in the way"
};

/// Valid as long as the scan that it was made from has the same entries.
struct Plan {
  std::vector<Removal> removals;
  std::vector<std::string> directory_removals;     ///< the deepest first; those that aren't empty then stay
  std::vector<DirectoryMaking> directory_makings;  ///< parents first
  std::vector<Making> makings;
  std::vector<ModeChange> mode_changes;  ///< the deepest first
  std::vector<Conflict> conflicts;       ///< with Overwrite::kForce: what will be overwritten all the same
  std::vector<Conflict> obstacles;       ///< in the way, and nothing that could be kept: a nested repository, a socket
  std::vector<std::string> revived;      ///< missing on disk although `from` has them: somebody deleted them
  std::vector<std::string> kept;         ///< not versioned, in directories that the target doesn't have

  [[nodiscard]] bool empty() const {
    return removals.empty() && directory_removals.empty() && directory_makings.empty() && makings.empty() &&
           mode_changes.empty();
  }
  /// One line a step: "remove a", "make b/c", …
  [[nodiscard]] std::vector<std::string> describe() const;
};

/// The state on disk at the paths in question, from one scan of them without ignore rules.
struct DiskState {
  const changes::Scan& scan;
  std::vector<changes::Change> against_from;  ///< what of it isn't what `from` has: uncommitted, or not versioned
  std::vector<changes::Change> against_to;    ///< what of it isn't what `to` has yet
  /// Of directories that both versions have and that the scan doesn't show; see directories_to_stat().
  std::map<std::string, std::uint16_t, std::less<>> directory_modes = {};
};

/// Pure. `differences` are those between `from` and `to`. A path whose state on disk is neither
/// that of `from` nor that of `to` is a conflict, permissions of a directory among them; one that has gone missing is
/// not. What the scan has skipped is never touched: where the target wants something in its place, or below it, it is
/// an obstacle.
Plan make_plan(const std::vector<Difference>& differences, const DiskState& disk, Overwrite overwrite);

/// The paths that a scan has to look at for a plan of these differences: whole directories that come or go, and every
/// file elsewhere.
std::vector<std::string> paths_to_scan(const std::vector<Difference>& differences);
/// The directories, "" among them, whose permissions differ between the versions, or may.
std::vector<std::string> directories_to_stat(const std::vector<Difference>& differences);

}  // namespace cowstore::checkout
