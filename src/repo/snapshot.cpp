#include "repo/snapshot.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "changes/unreadable.hpp"
#include "commit/ingester.hpp"
#include "commit/store_changes.hpp"
#include "commit/tree_writer.hpp"
#include "object/commit.hpp"

namespace cowstore::repo {

namespace {

/// How far back an operation of an interrupted command is looked for. Others may have appended since.
constexpr std::size_t kLookBack = 1000;

/// That a content is known says nothing about whether it is stored: it is to be looked at again.
void forget(changes::ScannedDirectory& directory);

void forget(changes::ScannedEntry& entry) {
  if (entry.directory) return forget(*entry.directory);
  if (object::is_file(entry.kind)) entry.state = changes::ScannedEntry::State::kUnknown;
}

void forget(changes::ScannedDirectory& directory) {
  for (changes::ScannedEntry& entry : directory.entries) forget(entry);
}

bool same_operation(const refs::NewOperation& a, const refs::NewOperation& b) {
  return a.time == b.time && a.command == b.command && a.worktree == b.worktree && a.changes == b.changes;
}

}  // namespace

Result<CommitId> put_snapshot_commit(Session& session, store::Transaction& transaction, const object::TreeRoots& roots,
                                     const std::optional<CommitId>& parent) {
  object::Commit commit;
  commit.tree = *roots.tree;
  commit.attributes = roots.attributes;
  if (parent) commit.parents.push_back(*parent);
  commit.author = session.context.author;
  commit.time.at = session.context.now();
  commit.time.utc_offset_minutes = session.context.utc_offset_minutes(commit.time.at);
  commit.message = "snapshot of the working copy";
  commit.chunking = session.store->config().chunking;
  commit.meta = R"({"snapshot":true})";
  return object::put_commit(transaction, commit);
}

Result<Snapshot> take_snapshot(Session& session, changes::Scan& scan, const std::vector<std::string>& paths,
                               const object::TreeRoots& base, const std::optional<CommitId>& parent) {
  auto transaction = COWSTORE_TRY(session.store->begin());
  for (const std::string& path : paths) {
    changes::ScannedEntry* entry = scan.find(path);
    if (entry != nullptr) forget(*entry);
  }
  share::Ladder ladder(share::Policy::kAuto);
  commit::Ingester ingester(*transaction, session.store->config().chunking, ladder, session.context.progress);
  COWSTORE_TRY(commit::store_unknown(scan, session.copy.root, ingester, session.pool(), session.context.progress));
  COWSTORE_TRY(changes::require_readable(scan, "make it readable: it has to be kept before it is replaced"));
  // With the top among them all that was scanned is meant, which may be less than all that is there.
  const bool all =
      std::any_of(paths.begin(), paths.end(), [](const auto& path) { return path.empty() || path == "."; });
  auto selection = all ? scan.selection : COWSTORE_TRY(changes::PathSelection::of(paths));
  Snapshot snapshot;
  snapshot.roots = COWSTORE_TRY(commit::write_trees(*session.store, *transaction, session.store->config().attributes,
                                                    scan, selection, base, session.copy.root));
  snapshot.commit = COWSTORE_TRY(put_snapshot_commit(session, *transaction, snapshot.roots, parent));
  COWSTORE_TRY(transaction->publish());
  return snapshot;
}

Result<void> append_unless_there(Session& session, const refs::NewOperation& operation) {
  bool there = false;
  std::size_t seen = 0;
  auto look = [&](const refs::Operation& candidate) {
    there = same_operation(candidate, operation);
    // By place alone: the clock may have been set back since, and then later ones look older.
    return there || ++seen == kLookBack ? refs::Walk::kStop : refs::Walk::kContinue;
  };
  COWSTORE_TRY(session.log.newest_first(look));
  if (there) return {};
  COWSTORE_TRY(session.append(operation));
  return {};
}

}  // namespace cowstore::repo
