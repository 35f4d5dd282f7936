#include "repo/names.hpp"

#include <limits>
#include <unordered_set>

#include "base/try.hpp"
#include "object/commit.hpp"
#include "refs/names.hpp"
#include "refs/undo.hpp"
#include "repo/full_disk.hpp"
#include "repo/history.hpp"
#include "repo/in_place.hpp"
#include "repo/recovery.hpp"

namespace cowstore::repo {

namespace {

std::vector<RefInfo> refs_with_prefix(const refs::View& view, std::string_view prefix, const std::string& current) {
  std::vector<RefInfo> found;
  for (const auto& [key, value] : view.with_prefix(prefix)) {
    auto commit = view.commit(key);
    if (!commit) continue;
    std::string name = key.substr(prefix.size());
    bool is_current = name == current;
    found.push_back({std::move(name), *commit, is_current});
  }
  return found;
}

/// Appends one change of one ref, whose present value it looks up.
Result<void> set_ref(Session& session, const std::string& key, const std::optional<std::string>& value) {
  refs::NewOperation operation = session.new_operation();
  auto old_value = COWSTORE_TRY(session.state())->view.get(key);
  operation.changes = {{key, std::move(old_value), value}};
  if (operation.changes.front().old_value == value) return {};
  COWSTORE_TRY(session.append(operation));
  return {};
}

Error exists(const char* what, const std::string& name) {
  return {ErrorCode::kConflict, 0, std::string("make the ") + what, name, "it exists already", "-f moves it"};
}

Error missing(const char* what, const std::string& name, const std::vector<std::string>& known) {
  Error error{ErrorCode::kNotFound, 0, std::string("delete the ") + what, name, "there is none of that name", ""};
  std::vector<std::string> similar = refs::similar_names(name, known);
  if (!similar.empty()) error.hint = "did you mean " + similar.front() + "?";
  return error;
}

/// Working copies that follow a branch would be left without it.
bool is_followed(const refs::View& view, const std::string& branch) {
  for (const std::string& id : refs::worktree_ids(view)) {
    if (view.get(refs::worktree_key(id, "branch")) == branch) return true;
  }
  return false;
}

/// Whether a branch may be made, or moved.
Result<void> check_settable(Session& session, const std::string& branch, Overwrite overwrite) {
  auto state = COWSTORE_TRY(session.state());
  if (!state->view.contains(refs::branch_key(branch))) return {};
  if (overwrite == Overwrite::kRefuse) return exists("branch", branch);
  if (!is_followed(state->view, branch)) return {};
  return Error{ErrorCode::kConflict,        0,
               "move the branch",           branch,
               "a working copy follows it", "check out another version there first"};
}

/// Whether another branch or tag, or a working copy's HEAD, has the commit in its history. One walk from all of them:
/// many refs on one history cost no more than few.
Result<bool> reachable_elsewhere(Session& session, const refs::View& view, const std::string& branch_key,
                                 const CommitId& commit) {
  std::vector<CommitId> pending;
  std::unordered_set<CommitId, DigestHash> seen;
  auto add = [&](const CommitId& id) {
    if (seen.insert(id).second) pending.push_back(id);
  };
  for (const auto& [key, value] : view.all()) {
    auto tip = view.commit(key);
    if (key != branch_key && tip) add(*tip);
  }
  while (!pending.empty() && !seen.contains(commit)) {
    CommitId id = pending.back();
    pending.pop_back();
    auto read = COWSTORE_TRY(object::read_commit(*session.store, id));
    for (const CommitId& parent : read.parents) add(parent);
  }
  return seen.contains(commit);
}

}  // namespace

Result<std::vector<RefInfo>> branches(Session& session) {
  auto state = COWSTORE_TRY(session.state());
  return refs_with_prefix(state->view, refs::kBranchPrefix, state->view.get(session.key("branch")).value_or(""));
}

Result<std::vector<RefInfo>> tags(Session& session) {
  auto state = COWSTORE_TRY(session.state());
  return refs_with_prefix(state->view, refs::kTagPrefix, "");
}

Result<RefInfo> create_branch(Session& session, const std::string& name, const std::string& revision,
                              Overwrite overwrite) {
  COWSTORE_TRY(refs::validate_branch_name(name));
  CommitId commit = COWSTORE_TRY(session.resolve(revision)).commit;
  COWSTORE_TRY(check_settable(session, name, overwrite));
  COWSTORE_TRY(set_ref(session, refs::branch_key(name), commit.hex()));
  return RefInfo{name, commit, false};
}

Result<RefInfo> create_tag(Session& session, const std::string& name, const std::string& revision,
                           Overwrite overwrite) {
  COWSTORE_TRY(refs::validate_tag_name(name));
  CommitId commit = COWSTORE_TRY(session.resolve(revision)).commit;
  std::string key = refs::tag_key(name);
  bool there = COWSTORE_TRY(session.state())->view.contains(key);
  if (there && overwrite == Overwrite::kRefuse) return exists("tag", name);
  COWSTORE_TRY(set_ref(session, key, commit.hex()));
  return RefInfo{name, commit, false};
}

Result<RefInfo> delete_branch(Session& session, const std::string& name, Overwrite overwrite) {
  auto state = COWSTORE_TRY(session.state());
  std::string key = refs::branch_key(name);
  auto commit = state->view.commit(key);
  if (!commit) return missing("branch", name, refs::branch_names(state->view));
  if (is_followed(state->view, name)) {
    return Error{ErrorCode::kConflict,        0,
                 "delete the branch",         name,
                 "a working copy follows it", "check out another version there first"};
  }
  if (overwrite == Overwrite::kRefuse && !COWSTORE_TRY(reachable_elsewhere(session, state->view, key, *commit))) {
    return Error{ErrorCode::kConflict,
                 0,
                 "delete the branch",
                 name,
                 "its last commits are on no other branch or tag",
                 "-f deletes it all the same, and `cowstore undo` brings it back"};
  }
  COWSTORE_TRY(with_reserve(session, [&] { return set_ref(session, key, std::nullopt); }));
  return RefInfo{name, *commit, false};
}

Result<RefInfo> delete_tag(Session& session, const std::string& name) {
  auto state = COWSTORE_TRY(session.state());
  auto commit = state->view.commit(refs::tag_key(name));
  if (!commit) return missing("tag", name, refs::tag_names(state->view));
  COWSTORE_TRY(with_reserve(session, [&] { return set_ref(session, refs::tag_key(name), std::nullopt); }));
  return RefInfo{name, *commit, false};
}

Result<std::vector<OperationInfo>> operations(Session& session, std::uint64_t limit) {
  std::size_t count = limit == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(limit);
  std::vector<OperationInfo> infos;
  for (const refs::Operation& operation : COWSTORE_TRY(session.log.newest(count)))
    infos.push_back(describe_operation(operation));
  return infos;
}

namespace {

Result<OperationInfo> restore_operation_once(Session& session, const std::string& text) {
  auto lock = COWSTORE_TRY(lock_and_recover(session));
  refs::Operation target = COWSTORE_TRY(session.log.find(text));
  refs::View then = COWSTORE_TRY(session.log.view_at(target.id));
  auto state = COWSTORE_TRY(session.state());
  refs::NewOperation operation = session.new_operation();
  operation.changes = refs::plan_restore(state->view, then, session.copy.home.id);
  if (operation.changes.empty()) return describe_operation(target);

  Head head = COWSTORE_TRY(session.head());
  std::string key = session.key("commit");
  bool registered_then = then.contains(session.key("path"));
  auto commit = registered_then ? then.commit(key) : head.commit;
  if (commit == head.commit) {
    COWSTORE_TRY(session.append(operation));
    return describe_operation(target);
  }
  InPlaceRequest request;
  request.from = head.roots;
  request.from_commit = head.commit;
  if (commit) request.to = COWSTORE_TRY(session.roots_of(*commit));
  request.to_commit = commit;
  request.operation = std::move(operation);
  COWSTORE_TRY(change_in_place(session, lock, request));
  return describe_operation(target);
}

}  // namespace

Result<OperationInfo> restore_operation(Session& session, const std::string& operation) {
  return with_reserve(session, [&] { return restore_operation_once(session, operation); });
}

}  // namespace cowstore::repo
