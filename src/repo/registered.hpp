// The working copies that the view knows, and what is found where they are registered.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "cowstore/worktree.hpp"
#include "refs/view.hpp"
#include "repo/directories.hpp"
#include "repo/session.hpp"
#include "repo/working_copy.hpp"

namespace cowstore::repo {

/// A working copy's entry in the view.
struct Registered {
  std::string id;
  std::string path;    ///< absolute; "" if the entry has none
  std::string method;  ///< "" if none was registered
  std::string uuid;    ///< of the Btrfs subvolume that it is; "" if it isn't one
  std::optional<std::string> branch;
  std::optional<CommitId> commit;
  std::optional<CommitId> lower;  ///< of an overlay: the commit of its template
};

/// All of them, by path. The session's own stands at the path where it was opened.
Result<std::vector<Registered>> registered_copies(Session& session);

/// Whether that is this working copy, wherever it lies: by its subvolume if it is one, since a snapshot's home names
/// its source, else by its home.
bool is_same(const Registered& registered, const std::string& uuid, const std::string& home_id);
/// The one of `all` that a working copy is: see is_same(). One whose subvolume nobody knows is what its home says.
/// nullptr if it is none.
const Registered* registration_of(const std::vector<Registered>& all, const WorkingCopy& copy);

/// Whether the store lies in the working copy at this path, whichever way the session came to it.
bool holds_store(const Session& session, const std::string& path);
/// Whether that or any other store lies in this one, by what is open, whatever its path says; also if it can't be told:
/// for what would destroy it.
bool holds_store(const Session& session, const WorkingCopy& copy);

/// Whether an error says that nothing has that path.
bool is_absent(const Error& error);

/// What is at a working copy's registered path.
struct Found {
  WorktreeState state = WorktreeState::kUnchecked;  ///< kUnchecked: it is there
  std::string reason;
  std::optional<WorkingCopy> copy;  ///< if it is there; its home has the id that it is registered by
};
/// Writes nothing. A directory that may be hidden by a file system that isn't mounted counts as kNotMounted, never as
/// kMissing: that is so where the directory above is gone, too (a mount point may go with the medium), or is empty and
/// nothing is mounted on it.
Found look_at(const Registered& registered, const std::vector<Registered>& all);

/// The registered working copy that the user means by a path (absolute) or by an id or the unique beginning of one (at
/// least 4 digits). A directory that was moved counts as the registered one, a copy of one that is in its place
/// doesn't. kNotFound, or kUsage if several ids begin so.
Result<Registered> find_registered(Session& session, const std::string& path, const std::string& as_given);

/// The session of another working copy of the same store, for looking at it. Nothing is registered or finished in it.
Result<std::unique_ptr<Session>> session_of(const Session& session, WorkingCopy copy);

/// The changes that take an entry out of the view.
std::vector<refs::Change> without(const refs::View& view, const std::string& id);

}  // namespace cowstore::repo
