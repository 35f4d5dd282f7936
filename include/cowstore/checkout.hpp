// Bringing a version into a directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/sharing.hpp"

namespace cowstore {

/// kSnapshot, kHardlink and kOverlay make new working copies only; kOverlay is never what kAuto takes.
enum class CheckoutMethod { kAuto, kSnapshot, kReflink, kHardlink, kCopy, kOverlay };
enum class CowPolicy {
  kAllowCopies,
  kRequire
};                                         ///< kRequire: an error instead of a copy of a file larger than a block
enum class Overwrite { kRefuse, kForce };  ///< kForce keeps what it destroys for `undo`
enum class Execution { kReally, kDryRun };
enum class Verification { kTrust, kVerify };   ///< kVerify reads and hashes what is cloned, too
enum class FileTimes { kCurrent, kRecorded };  ///< for files that an in-place switch changes

struct CheckoutOptions {
  CheckoutMethod method = CheckoutMethod::kAuto;
  CowPolicy cow = CowPolicy::kAllowCopies;
  Overwrite overwrite = Overwrite::kRefuse;
  Execution execution = Execution::kReally;
  Verification verification = Verification::kTrust;
  FileTimes times = FileTimes::kCurrent;  ///< in place only; a new working copy always gets the recorded times
  /// switch_to() only: a branch that is made at the revision and followed, in the same operation as the switch.
  /// kConflict, and nothing is changed, if it exists.
  std::optional<std::string> new_branch;
};

struct RestoreOptions {
  std::string source = "@";        ///< revision
  std::vector<std::string> paths;  ///< relative to the working copy; files or directories
  Execution execution = Execution::kReally;
};

/// A path of which full attributes couldn't be restored in part, as an ordinary user or on a file system without them.
struct Unrestored {
  std::string path;               ///< relative to the working copy; "." is itself
  std::vector<std::string> what;  ///< "owner 0:0", "security.capability", "character device", …
};

/// The template of which a new working copy is a snapshot.
struct SnapshotSource {
  std::string path;             ///< absolute
  CommitId commit;              ///< what it holds
  std::uint64_t different = 0;  ///< paths in it that were not as in the version
};

struct CheckoutReport {
  CommitId commit;
  std::optional<std::string> branch;
  std::string path;                      ///< of the working copy, absolute
  std::string method;                    ///< what was used: "snapshot", "reflink", "hardlink", "copy", or "none"
  std::optional<SnapshotSource> source;  ///< of a snapshot
  SharingReport sharing;
  std::uint64_t created = 0;  ///< paths
  std::uint64_t replaced = 0;
  std::uint64_t removed = 0;
  std::vector<std::string> changes;    ///< with kDryRun: what would happen, one line a path ("create a/b", …)
  std::vector<Unrestored> unrestored;  ///< sorted by path
  std::vector<std::string> kept;  ///< left in place although the target doesn't have them (uncommitted or unversioned)
};

}  // namespace cowstore
