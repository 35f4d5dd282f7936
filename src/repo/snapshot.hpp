// Snapshots: commits that no branch names, which keep uncommitted work for undo.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "repo/session.hpp"
#include "store/transaction.hpp"

namespace cowstore::repo {

/// Keys in an operation's details: the commits between which it changed the working copy's files ("" for no files at
/// all).
inline constexpr std::string_view kBeforeKey = "before";
inline constexpr std::string_view kAfterKey = "after";

struct Snapshot {
  CommitId commit;
  object::TreeRoots roots;
};

/// `base` with these paths as they are on disk (absent ones removed), stored and durable when it returns.
/// The scan holds the paths, and was made without ignore rules.
Result<Snapshot> take_snapshot(Session& session, changes::Scan& scan, const std::vector<std::string>& paths,
                               const object::TreeRoots& base, const std::optional<CommitId>& parent);

/// A snapshot commit of trees whose nodes are in the transaction.
Result<CommitId> put_snapshot_commit(Session& session, store::Transaction& transaction, const object::TreeRoots& roots,
                                     const std::optional<CommitId>& parent);

/// Appends, unless the log's newest operations hold it already: a command that was interrupted right after.
Result<void> append_unless_there(Session& session, const refs::NewOperation& operation);

}  // namespace cowstore::repo
