// Changing the files of a working copy from one version to another: what checkout, restore and undo have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "repo/session.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

struct InPlaceRequest {
  object::TreeRoots from;  ///< what the files are taken to be
  std::optional<CommitId> from_commit;
  object::TreeRoots to;
  std::optional<CommitId> to_commit;
  CheckoutOptions options;
  refs::NewOperation operation;  ///< what to append when the files are there; "before" and "after" are added
  /// `restore`: bring these paths to `to` even where `from` has the same. Nothing: only what differs between the two.
  std::optional<std::vector<std::string>> paths;
  /// Whether an operation is appended although nothing has to be done.
  enum class Append { kAlways, kIfFilesChange } append = Append::kAlways;
  /// Whether the outcome names what was made and removed.
  enum class Tell { kCounts, kPaths } tell = Tell::kCounts;
};

struct InPlaceOutcome {
  SharingReport sharing;
  std::string method;
  std::uint64_t created = 0, replaced = 0, removed = 0;
  std::vector<std::string> changes;  ///< of a dry run
  std::vector<std::string> kept;
  std::vector<Unrestored> unrestored;
  std::vector<std::string> paths_made;  ///< made, replaced, or given other permissions; where asked for
  std::vector<std::string> paths_removed;
};

/// Plans, journals, executes, appends the operation, writes the index. Uncommitted work in the way is kConflict, and
/// nothing is touched; with kForce it is stored as a snapshot first, which the operation names, so that undo brings it
/// back. kConflict after the work if somebody changed files meanwhile, which are then left as they are. After kNoSpace
/// all files are what they were before, or, where even that takes more than there is, the journal stays.
/// `lock` shows that the caller holds the working copy.
Result<InPlaceOutcome> change_in_place(Session& session, const sys::FileLock& lock, const InPlaceRequest& request);

/// The same for a command that was interrupted after its journal was written: whatever is neither old nor new by now is
/// somebody's work since then, and stays.
Result<InPlaceOutcome> resume_in_place(Session& session, const sys::FileLock& lock, const InPlaceRequest& request);

}  // namespace cowstore::repo
