#include "repo/checkout.hpp"

#include <algorithm>

#include "base/name_list.hpp"
#include "base/try.hpp"
#include "commit/staged_nodes.hpp"
#include "object/path.hpp"
#include "object/splice.hpp"
#include "refs/names.hpp"
#include "refs/undo.hpp"
#include "repo/full_disk.hpp"
#include "repo/history.hpp"
#include "repo/in_place.hpp"
#include "repo/recovery.hpp"
#include "repo/sharing_policy.hpp"
#include "repo/snapshot.hpp"
#include "repo/worktrees.hpp"

namespace cowstore::repo {

namespace {

CheckoutReport report_of(const Session& session, InPlaceOutcome outcome) {
  CheckoutReport report;
  report.path = session.copy.path;
  report.method = outcome.method.empty() ? "none" : std::move(outcome.method);
  report.sharing = std::move(outcome.sharing);
  report.created = outcome.created;
  report.replaced = outcome.replaced;
  report.removed = outcome.removed;
  report.changes = std::move(outcome.changes);
  report.kept = std::move(outcome.kept);
  report.unrestored = std::move(outcome.unrestored);
  return report;
}

/// `checkout -b`: the change that makes the branch.
Result<std::optional<refs::Change>> new_branch_change(Session& session, const CheckoutOptions& options,
                                                      const CommitId& commit) {
  if (!options.new_branch) return std::optional<refs::Change>();
  COWSTORE_TRY(refs::validate_branch_name(*options.new_branch));
  std::string key = refs::branch_key(*options.new_branch);
  auto state = COWSTORE_TRY(session.state());
  if (state->view.contains(key)) {
    return Error{ErrorCode::kConflict, 0,
                 "make the branch",    *options.new_branch,
                 "it exists already",  "`cowstore checkout " + *options.new_branch + "` switches to it"};
  }
  return std::optional(refs::Change{key, std::nullopt, commit.hex()});
}

}  // namespace

Result<CheckoutReport> switch_to(Session& session, const std::string& revision, const CheckoutOptions& options) {
  if (options.method == CheckoutMethod::kSnapshot)
    return Error{ErrorCode::kUsage,  0, "switch to", revision, "a snapshot makes a new working copy",
                 "name a DIR for it"};
  COWSTORE_TRY(refuse_links_in_place(options));
  if (options.method == CheckoutMethod::kOverlay)
    return Error{ErrorCode::kUsage,
                 0,
                 "check out",
                 revision,
                 "an overlay is a working copy of its own",
                 "`cowstore checkout " + revision + " DIR --method overlay` makes one"};
  auto lock = COWSTORE_TRY(lock_and_recover(session));
  COWSTORE_TRY(require_clones(session, session.copy.control, session.copy.path, options));
  refs::Resolved target = COWSTORE_TRY(session.resolve(revision));
  auto new_branch = COWSTORE_TRY(new_branch_change(session, options, target.commit));
  std::optional<std::string> branch;
  if (!target.branch.empty()) branch = target.branch;
  if (options.new_branch) branch = options.new_branch;
  Head head = COWSTORE_TRY(session.head());

  InPlaceRequest request;
  request.from = head.roots;
  request.from_commit = head.commit;
  request.to = COWSTORE_TRY(session.roots_of(target.commit));
  request.to_commit = target.commit;
  request.options = options;
  request.operation = session.new_operation();
  request.operation.changes = head_changes(session, head, target.commit, branch);
  if (new_branch) request.operation.changes.push_back(*new_branch);
  if (request.operation.changes.empty()) request.append = InPlaceRequest::Append::kIfFilesChange;

  CheckoutReport report = report_of(session, COWSTORE_TRY(change_in_place(session, lock, request)));
  report.commit = target.commit;
  report.branch = branch;
  return report;
}

namespace {

/// HEAD with the paths as the source has them, as a snapshot commit: what `restore` goes to.
Result<Snapshot> restored_version(Session& session, const Head& head, const object::TreeRoots& source,
                                  const std::vector<std::string>& paths) {
  auto transaction = COWSTORE_TRY(session.store->begin());
  commit::StagedNodes nodes(*session.store, *transaction);
  Snapshot version;
  version.roots = COWSTORE_TRY(object::splice_paths(nodes, nodes, head.roots, source, paths));
  version.commit = COWSTORE_TRY(put_snapshot_commit(session, *transaction, version.roots, head.commit));
  COWSTORE_TRY(transaction->publish());
  return version;
}

Result<bool> has_path(Session& session, const object::TreeRoots& roots, const std::string& path) {
  if (!roots.tree) return false;
  auto found = object::resolve_in_roots(*session.store, roots, path);
  if (found) return true;
  if (found.error().code == ErrorCode::kNotFound) return false;
  return std::move(found).error();
}

Result<CheckoutReport> restore_once(Session& session, const RestoreOptions& options) {
  auto lock = COWSTORE_TRY(lock_and_recover(session));
  refs::Resolved source = COWSTORE_TRY(session.resolve(options.source));
  object::TreeRoots source_roots = COWSTORE_TRY(session.roots_of(source.commit));
  Head head = COWSTORE_TRY(session.head());
  for (const std::string& path : options.paths) {
    if (COWSTORE_TRY(has_path(session, source_roots, path)) || COWSTORE_TRY(has_path(session, head.roots, path)))
      continue;
    return Error{ErrorCode::kNotFound,
                 0,
                 "restore",
                 path,
                 "neither " + options.source + " nor the working copy's commit has it",
                 ""};
  }
  Snapshot version = COWSTORE_TRY(restored_version(session, head, source_roots, options.paths));

  InPlaceRequest request;
  request.from = head.roots;
  request.from_commit = head.commit;
  request.to = version.roots;
  request.to_commit = version.commit;
  request.options.overwrite = Overwrite::kForce;
  request.options.execution = options.execution;
  request.operation = session.new_operation();
  request.paths = options.paths;
  request.append = InPlaceRequest::Append::kIfFilesChange;
  CheckoutReport report = report_of(session, COWSTORE_TRY(change_in_place(session, lock, request)));
  report.commit = source.commit;
  report.branch = head.branch;
  return report;
}

}  // namespace

Result<CheckoutReport> restore(Session& session, const RestoreOptions& options) {
  return with_reserve(session, [&] { return restore_once(session, options); });
}

namespace {

Error nothing_to_undo() {
  return {ErrorCode::kNotFound,
          0,
          "undo",
          "",
          "this working copy has done nothing that could be undone",
          "`cowstore op log` shows all operations"};
}

/// The operation that brought this working copy into being.
bool is_registration(const Session& session, const refs::Operation& operation) {
  return std::any_of(operation.changes.begin(), operation.changes.end(), [&](const refs::Change& change) {
    return change.name == session.key("path") && !change.old_value;
  });
}

/// A commit named in an operation's details: the version that the files were; "" is none.
struct Version {
  object::TreeRoots roots;
  std::optional<CommitId> commit;
};
Result<Version> version_in(Session& session, const refs::Operation& operation, std::string_view key) {
  Version version;
  auto hex = refs::detail(operation, key);
  auto digest = hex ? Digest::from_hex(*hex) : std::nullopt;
  if (!digest) return version;
  version.commit = CommitId(*digest);
  version.roots = COWSTORE_TRY(session.roots_of(*version.commit));
  return version;
}

Result<UndoReport> undo_once(Session& session, Overwrite overwrite) {
  auto lock = COWSTORE_TRY(lock_and_recover(session));
  auto state = COWSTORE_TRY(session.state());
  refs::UndoPlan plan = COWSTORE_TRY(refs::plan_undo(state->view, session.copy.home.id, session.log));
  if (is_registration(session, plan.undone)) return nothing_to_undo();
  UndoReport report;
  report.undone = describe_operation(plan.undone);
  if (refs::detail(plan.undone, kRemovedKey)) {
    report.restored.push_back(COWSTORE_TRY(bring_back_worktree(session, plan)));
    report.operation = COWSTORE_TRY(session.log.find("@")).id;
    return report;
  }
  refs::NewOperation operation = session.new_operation();
  operation.changes = plan.changes;
  operation.details = plan.details;
  if (refs::detail(plan.undone, kAfterKey)) {
    Version after = COWSTORE_TRY(version_in(session, plan.undone, kAfterKey));
    Version before = COWSTORE_TRY(version_in(session, plan.undone, kBeforeKey));
    InPlaceRequest request;
    request.from = after.roots;
    request.from_commit = after.commit;
    request.to = before.roots;
    request.to_commit = before.commit;
    request.options.overwrite = overwrite;
    request.operation = std::move(operation);
    request.tell = InPlaceRequest::Tell::kPaths;
    InPlaceOutcome outcome = COWSTORE_TRY(change_in_place(session, lock, request));
    if (!outcome.unrestored.empty() && session.context.notice) {
      std::vector<std::string> paths;
      for (const Unrestored& each : outcome.unrestored) paths.push_back(each.path);
      session.context.notice("could not restore owners or attributes of " + base::name_list(paths));
    }
    report.restored = std::move(outcome.paths_made);
    report.removed = std::move(outcome.paths_removed);
  } else {
    COWSTORE_TRY(session.append(operation));
  }
  std::sort(report.restored.begin(), report.restored.end());
  std::sort(report.removed.begin(), report.removed.end());
  report.operation = COWSTORE_TRY(session.log.find("@")).id;
  return report;
}

}  // namespace

Result<UndoReport> undo(Session& session, Overwrite overwrite) {
  return with_reserve(session, [&] { return undo_once(session, overwrite); });
}

}  // namespace cowstore::repo
