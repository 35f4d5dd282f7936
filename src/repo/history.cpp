#include "repo/history.hpp"

#include <queue>
#include <unordered_set>

#include "base/name_list.hpp"
#include "base/try.hpp"
#include "changes/hash_file.hpp"
#include "changes/unreadable.hpp"
#include "diff/diff.hpp"
#include "object/commit.hpp"
#include "object/named_tree.hpp"
#include "object/path.hpp"
#include "refs/undo.hpp"
#include "repo/entry_info.hpp"
#include "repo/status.hpp"

namespace cowstore::repo {

namespace {

CommitInfo describe(const CommitId& id, const object::Commit& commit) {
  CommitInfo info;
  info.id = id;
  info.tree = commit.tree;
  info.attributes = commit.attributes;
  info.parents = commit.parents;
  info.author = commit.author;
  info.time = commit.time.at;
  info.utc_offset_minutes = commit.time.utc_offset_minutes;
  info.message = commit.message;
  info.chunking = chunk::to_string(commit.chunking);
  info.meta = commit.meta;
  return info;
}

/// Newest first; of the same time the one that was reached first.
struct Pending {
  CommitInfo info;
  std::uint64_t order = 0;
  bool operator<(const Pending& other) const {
    return info.time != other.info.time ? info.time < other.info.time : order > other.order;
  }
};

ChangeKind change_kind(diff::ChangeKind kind) {
  if (kind == diff::ChangeKind::kAdded) return ChangeKind::kAdded;
  return kind == diff::ChangeKind::kRemoved ? ChangeKind::kDeleted : ChangeKind::kModified;
}

bool content_differs(const std::optional<EntryInfo>& before, const std::optional<EntryInfo>& after) {
  if (!before || !after) return true;
  bool both_directories = before->kind == EntryKind::kDirectory && after->kind == EntryKind::kDirectory;
  return !both_directories && (before->id != after->id || before->target != after->target);
}

Result<void> diff_versions(Session& session, const object::TreeRoots& from, const object::TreeRoots& to,
                           const ChangeSink& sink) {
  auto pass_on = [&](diff::Change&& difference) -> Result<void> {
    EntryChange change;
    change.path = difference.path;
    change.kind = change_kind(difference.kind);
    change.before = entry_info(difference.path, difference.from);
    change.after = entry_info(difference.path, difference.to);
    change.content_changed = content_differs(change.before, change.after);
    return sink(change);
  };
  return diff::diff_trees(*session.store, from, to, {}, pass_on);
}

/// The comparison stops as soon as something differs; here it matters whether the content does. A file that can't be
/// pinned down differs.
bool content_differs_on_disk(Session& session, const changes::Change& found) {
  if (found.content != changes::Content::kUnread) return found.content == changes::Content::kDifferent;
  if (!found.before || !object::is_file(found.before->entry.kind) || found.now == nullptr ||
      !object::is_file(found.now->kind))
    return true;
  if (found.before->entry.file.size != found.now->stat.size) return true;
  auto parent = sys::open_parent(session.copy.root, found.path);
  auto hashed = parent ? changes::hash_file(parent->parent, parent->name, session.cut_rule())
                       : Result<changes::HashedFile>(parent.error());
  return !hashed || hashed->file != found.before->entry.file;
}

EntryChange change_on_disk(Session& session, const changes::Change& found) {
  EntryChange change;
  change.path = found.path;
  change.kind = found.kind == changes::ChangeKind::kAdded     ? ChangeKind::kAdded
                : found.kind == changes::ChangeKind::kDeleted ? ChangeKind::kDeleted
                                                              : ChangeKind::kModified;
  if (found.before) change.before = entry_info(found.path, *found.before);
  if (found.now != nullptr) change.after = entry_info(found.path, *found.now, session.store->config().attributes);
  change.content_changed = content_differs_on_disk(session, found);
  return change;
}

Result<void> diff_working_copy(Session& session, const object::TreeRoots& from, const ChangeSink& sink,
                               const Scope& scope) {
  index::StatIndex index = session.load_index();
  Compared compared = COWSTORE_TRY(compare_with(session, index, from, {}, scope.file_systems));
  if (scope.unreadable == Unreadable::kRefuse) COWSTORE_TRY(changes::require_readable(compared.scan, kSkipHint));
  std::vector<std::string> unreadable = unreadable_paths(compared.scan);
  if (!unreadable.empty() && session.context.notice) {
    session.context.notice("left out, since it can't be read: " + base::name_list(unreadable));
  }
  for (const changes::Change& found : compared.changes) COWSTORE_TRY(sink(change_on_disk(session, found)));
  return {};
}

}  // namespace

Result<CommitInfo> show(Session& session, const std::string& revision) {
  refs::Resolved resolved = COWSTORE_TRY(session.resolve(revision));
  return describe(resolved.commit, COWSTORE_TRY(object::read_commit(*session.store, resolved.commit)));
}

Result<void> log(Session& session, const LogOptions& options,
                 const std::function<Result<bool>(const CommitInfo&)>& sink) {
  std::priority_queue<Pending> pending;
  std::unordered_set<CommitId, DigestHash> seen;
  std::uint64_t order = 0;
  auto add = [&](const CommitId& id) -> Result<void> {
    if (!seen.insert(id).second) return {};
    pending.push({describe(id, COWSTORE_TRY(object::read_commit(*session.store, id))), order++});
    return {};
  };
  // The log of a repository without commits is empty, not an error.
  Head head = COWSTORE_TRY(session.head());
  if (options.revision == "@" && !head.commit) return {};
  COWSTORE_TRY(add(COWSTORE_TRY(session.resolve(options.revision)).commit));
  for (std::uint64_t shown = 0; !pending.empty() && (options.limit == 0 || shown < options.limit); ++shown) {
    CommitInfo info = pending.top().info;
    pending.pop();
    if (!COWSTORE_TRY(sink(info))) return {};
    for (const CommitId& parent : info.parents) COWSTORE_TRY(add(parent));
  }
  return {};
}

Result<void> diff(Session& session, const std::optional<std::string>& before, const std::optional<std::string>& after,
                  const ChangeSink& sink, const Scope& scope) {
  object::TreeRoots from = COWSTORE_TRY(session.head()).roots;
  if (before) from = COWSTORE_TRY(session.roots_of(COWSTORE_TRY(session.resolve(*before)).commit));
  if (!after) return diff_working_copy(session, from, sink, scope);
  object::TreeRoots to = COWSTORE_TRY(session.roots_of(COWSTORE_TRY(session.resolve(*after)).commit));
  return diff_versions(session, from, to, sink);
}

Result<void> changes_of(Session& session, const CommitId& commit, const ChangeSink& sink) {
  object::Commit read = COWSTORE_TRY(object::read_commit(*session.store, commit));
  object::TreeRoots from;
  if (!read.parents.empty()) from = COWSTORE_TRY(session.roots_of(read.parents.front()));
  return diff_versions(session, from, {read.tree, read.attributes}, sink);
}

OperationInfo describe_operation(const refs::Operation& operation) {
  OperationInfo info;
  info.id = operation.id;
  info.time = operation.time;
  info.utc_offset_minutes = operation.utc_offset_minutes;
  info.user = operation.user;
  info.command = operation.command;
  for (const refs::Change& change : operation.changes)
    info.changes.push_back({change.name, change.old_value, change.new_value});
  auto undoes = refs::detail(operation, refs::kUndoesKey);
  auto digest = undoes ? Digest::from_hex(*undoes) : std::nullopt;
  if (digest) info.undoes = OperationId(*digest);
  return info;
}

}  // namespace cowstore::repo
