// The library's door: a repository, seen from one of its working copies.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/clone.hpp"
#include "cowstore/commit.hpp"
#include "cowstore/context.hpp"
#include "cowstore/diff.hpp"
#include "cowstore/entry.hpp"
#include "cowstore/fsck.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/result.hpp"
#include "cowstore/run.hpp"
#include "cowstore/scope.hpp"
#include "cowstore/space.hpp"
#include "cowstore/status.hpp"
#include "cowstore/worktree.hpp"

namespace cowstore {

struct InitOptions {
  std::string attributes = "times";  ///< "none", "times" or "full"
  std::string chunking = "default";  ///< "default", "fine" or "bulk"
};

struct InitReport {
  std::string path;   ///< absolute
  std::string store;  ///< absolute
  bool created_directory = false;
  std::vector<std::string> notes;  ///< what the user should know of this file system
};

struct RefInfo {
  std::string name;
  CommitId commit;
  bool current = false;  ///< the branch that this working copy follows
};

struct LogOptions {
  std::string revision = "@";
  std::uint64_t limit = 0;  ///< 0: all
};

enum class Recursion { kFlat, kRecursive };

/// Revisions are branches, tags, ids, unique id prefixes, `@`, `@~3`, `@{yesterday}`; REV:PATH names an entry.
/// Not thread-safe; open one per thread. Readers take no lock. Methods that change something take the working
/// copy's lock and wait for it. A crash at any point leaves the repository and every user file whole.
class Repository {
 public:
  /// Makes `directory` (created if missing) a repository. kConflict if it is one already or lies in one's store.
  static Result<InitReport> init(const std::string& directory, const InitOptions& options, const Context& context);

  /// Opens the repository of the working copy that `directory` is in, and finishes what a crash interrupted there.
  /// kNotFound if there is none.
  static Result<Repository> open(const std::string& directory, const Context& context);
  /// The same, but where `directory` is the mount point of an overlay that isn't mounted, seen from the repository's
  /// main working copy: for mounting it.
  static Result<Repository> open_around(const std::string& directory, const Context& context);
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  ~Repository();

  [[nodiscard]] const std::string& working_copy_path() const;  ///< absolute
  [[nodiscard]] std::string store_path() const;                ///< absolute
  /// A path as the user gave it (relative to `from`, absolute, with . and ..) relative to the working copy, "" for its
  /// root. kUsage if it is outside.
  [[nodiscard]] Result<std::string> relative_path(const std::string& from, const std::string& path) const;

  Result<Status> status(const StatusOptions& options);
  Result<CommitReport> commit(const CommitOptions& options);
  /// Switches this working copy to another version. Follows a branch if the revision names one, else detaches.
  Result<CheckoutReport> switch_to(const std::string& revision, const CheckoutOptions& options);
  /// Makes a new working copy in `directory`, which must not exist or be empty (or any, with kForce).
  Result<CheckoutReport> checkout(const std::string& revision, const std::string& directory,
                                  const CheckoutOptions& options);
  /// Runs a command in a private working copy of a version, which shows at working_copy_path() to the command and its
  /// children alone. The report tells the command's end, which is no error. kUnsupported where nothing may be mounted.
  /// With kOverlay, who may not mount is moved into a user namespace, for the rest of the process: it must have one
  /// thread.
  Result<RunReport> run(const RunOptions& options);
  /// Makes a further working copy in `directory`, which must not exist or be empty and lies outside of this one: what
  /// this one is now, with everything in it, versioned or not, and a stat index that vouches for what this one's does.
  Result<CloneReport> clone(const std::string& directory, const CloneOptions& options);
  /// Brings paths back to what a version has; what they were goes into the operation, for undo.
  Result<CheckoutReport> restore(const RestoreOptions& options);
  /// Undoes this working copy's last operation that isn't undone yet.
  Result<UndoReport> undo(Overwrite overwrite);

  Result<CommitInfo> show(const std::string& revision);
  /// Newest first. The sink returns false to end.
  Result<void> log(const LogOptions& options, const std::function<Result<bool>(const CommitInfo&)>& sink);
  /// From `before` to `after`; no `after` means the working copy (of which `scope` says what counts), no `before` its
  /// commit. What is skipped as unreadable is told to Context::notice.
  Result<void> diff(const std::optional<std::string>& before, const std::optional<std::string>& after,
                    const ChangeSink& sink, const Scope& scope = {});
  /// The changes of a commit against its first parent.
  Result<void> changes_of(const CommitId& commit, const ChangeSink& sink);
  Result<void> list(const std::string& revision_path, Recursion recursion,
                    const std::function<Result<void>(const EntryInfo&)>& sink);
  /// The content of REV:PATH.
  Result<void> cat(const std::string& revision_path, const ContentSink& sink);
  /// The content behind one side of a change of diff(); of the working copy's file where `after` came from there.
  Result<void> read_content(const EntryInfo& entry, const ContentSink& sink);

  Result<std::vector<RefInfo>> branches();
  Result<std::vector<RefInfo>> tags();
  Result<RefInfo> create_branch(const std::string& name, const std::string& revision, Overwrite overwrite);
  Result<RefInfo> create_tag(const std::string& name, const std::string& revision, Overwrite overwrite);
  Result<RefInfo> delete_branch(const std::string& name,
                                Overwrite overwrite);  ///< kForce: even if its commits are on no other
  Result<RefInfo> delete_tag(const std::string& name);

  /// Newest first, at most `limit` (0: all).
  Result<std::vector<OperationInfo>> operations(std::uint64_t limit);
  /// Sets branches and tags to what they were after that operation (an id prefix or "@~2"), and switches this working
  /// copy to what it had checked out then. Gives that operation.
  Result<OperationInfo> restore_operation(const std::string& operation);

  /// All working copies of the repository: the main one first, then by path. Scans each, unless it is asked not to.
  Result<std::vector<WorktreeInfo>> worktrees(const WorktreeListOptions& options);
  /// Removes a working copy, named by its path (relative to `from`) or its id. kConflict, and nothing is changed, where
  /// something in it is in no version (ignored files count), unless kForce, which keeps that for undo; for the main
  /// one, this one, and a directory that is not the registered working copy any more (of which kForce drops the entry
  /// alone). kBusy if a command is at work in it. After a crash it is registered and whole, or removed.
  Result<WorktreeRemoveReport> remove_worktree(const std::string& from, const std::string& name, Overwrite overwrite);
  /// Renames a working copy's directory, and whatever is noted of its place: registrations, its own and those of
  /// working copies inside of it; of the main one also where the others find the store. `to` doesn't exist, the
  /// directory above does. kUnsupported across file systems, kBusy if a command is at work in one that is affected.
  /// `undo` passes it over. After a crash the directory is in one of the two places; repair_worktrees() does the rest.
  Result<WorktreeMoveReport> move_worktree(const std::string& from, const std::string& name, const std::string& to);
  /// Shows an overlay, named by its path (relative to `from`) or its id, at its path again: after the machine was
  /// started, or unmount_worktree(). kUnsupported for who may not mount, kBusy if it is mounted elsewhere (two mounts
  /// would destroy each other's files), kUsage if it is no overlay.
  Result<WorktreeMountReport> mount_worktree(const std::string& from, const std::string& name);
  /// Everything in it stays. kBusy while anybody uses it.
  Result<WorktreeMountReport> unmount_worktree(const std::string& from, const std::string& name);
  /// Paths of all overlays that aren't mounted.
  Result<std::vector<std::string>> unmounted_worktrees();
  /// Drops registrations of working copies whose directories are gone, and removes what interrupted commands left
  /// beside working copies. In doubt, and where a command is at work, things stay and are named.
  Result<WorktreePruneReport> prune_worktrees(const WorktreePruneOptions& options);
  /// After directories were moved by other means: makes registrations and the working copies' own notes of the store
  /// agree with where things are. `paths` (absolute) are working copies at their new places; what is registered is
  /// looked at as well.
  Result<WorktreeRepairReport> repair_worktrees(const std::vector<std::string>& paths);

  /// Measures all working copies, the store, and the newest commits. Reads no content, changes nothing.
  Result<DiskUse> disk_use(const DiskUseOptions& options);
  Result<FsckReport> fsck();

 private:
  class Impl;
  explicit Repository(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// "0.1.0"
const char* version();

}  // namespace cowstore
