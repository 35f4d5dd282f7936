#include <algorithm>
#include <map>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/disk_use.hpp"
#include "repo/registered.hpp"
#include "repo/status.hpp"
#include "repo/worktrees.hpp"

namespace cowstore {

const char* to_string(WorktreeState state) {
  switch (state) {
    case WorktreeState::kUnchecked:
      return "unchecked";
    case WorktreeState::kClean:
      return "clean";
    case WorktreeState::kModified:
      return "modified";
    case WorktreeState::kMissing:
      return "missing";
    case WorktreeState::kElsewhere:
      return "elsewhere";
    case WorktreeState::kNotMounted:
      return "not mounted";
    case WorktreeState::kUnreadable:
      break;
  }
  return "unreadable";
}

const char* to_string(WorktreeRemoveReport::Files files) {
  switch (files) {
    case WorktreeRemoveReport::Files::kFileByFile:
      return "file by file";
    case WorktreeRemoveReport::Files::kAtOnce:
      return "at once";
    case WorktreeRemoveReport::Files::kNotThere:
      return "not there";
    case WorktreeRemoveReport::Files::kLeft:
      break;
  }
  return "left";
}

}  // namespace cowstore

namespace cowstore::repo {

namespace {

/// "worktrees/<id>/path" of a change that registers it.
std::optional<std::string> registered_by(const refs::Change& change) {
  constexpr std::string_view kField = "/path";
  bool registers = !change.old_value && change.name.starts_with(refs::kWorktreePrefix) && change.name.ends_with(kField);
  if (!registers) return std::nullopt;
  return change.name.substr(refs::kWorktreePrefix.size(),
                            change.name.size() - refs::kWorktreePrefix.size() - kField.size());
}

/// Fills in the times, from the log's newest operation back to where all are known.
Result<void> add_times(Session& session, std::vector<WorktreeInfo>& infos) {
  std::map<std::string, WorktreeInfo*> by_id;
  for (WorktreeInfo& info : infos) by_id.emplace(info.id, &info);
  std::size_t unknown = infos.size();
  auto visit = [&](const refs::Operation& operation) {
    auto actor = by_id.find(operation.worktree);
    if (actor != by_id.end() && !actor->second->last_operation) actor->second->last_operation = operation.time;
    for (const refs::Change& change : operation.changes) {
      auto id = registered_by(change);
      auto found = id ? by_id.find(*id) : by_id.end();
      if (found == by_id.end() || found->second->registered) continue;
      found->second->registered = operation.time;
      --unknown;
    }
    return unknown == 0 ? refs::Walk::kStop : refs::Walk::kContinue;
  };
  return session.log.newest_first(visit);
}

Result<void> add_space(Session& session, std::vector<WorktreeInfo>& infos) {
  Measured measured = COWSTORE_TRY(measure_all(session));
  for (WorktreeInfo& info : infos) {
    for (const WorktreeSpace& copy : measured.worktrees) {
      if (copy.id == info.id) info.space = copy.use;
    }
  }
  return {};
}

WorktreeInfo describe(const Session& session, const Registered& registered) {
  WorktreeInfo info;
  info.id = registered.id;
  info.path = registered.path;
  info.main = holds_store(session, registered.path);
  info.method = info.main ? "main" : registered.method.empty() ? "unknown" : registered.method;
  info.current = registered.id == session.copy.home.id;
  info.branch = registered.branch;
  info.commit = registered.commit;
  return info;
}

Result<void> count_changes(Session& session, WorkingCopy copy, WorktreeInfo& info) {
  auto other = COWSTORE_TRY(session_of(session, std::move(copy)));
  Status found = COWSTORE_TRY(status(*other, {}));
  info.changed = found.added.size() + found.modified.size() + found.deleted.size();
  info.state = info.changed == 0 ? WorktreeState::kClean : WorktreeState::kModified;
  if (found.unreadable.empty()) return {};
  if (info.changed == 0) info.state = WorktreeState::kUnreadable;
  info.reason = std::to_string(found.unreadable.size()) + " paths in it can't be read";
  return {};
}

/// What goes wrong in one working copy is told of that one.
void check(Session& session, Found found, const WorktreeListOptions& options, WorktreeInfo& info) {
  info.state = found.state;
  info.reason = std::move(found.reason);
  if (!found.copy || options.check == WorktreeListOptions::Check::kPresence) return;
  auto counted = count_changes(session, std::move(*found.copy), info);
  if (counted) return;
  info.state = WorktreeState::kUnreadable;
  info.reason = counted.error().message();
}

}  // namespace

Result<std::vector<WorktreeInfo>> list_worktrees(Session& session, const WorktreeListOptions& options) {
  std::vector<WorktreeInfo> infos;
  std::vector<Registered> all = COWSTORE_TRY(registered_copies(session));
  for (const Registered& registered : all) {
    infos.push_back(describe(session, registered));
    check(session, look_at(registered, all), options, infos.back());
  }
  COWSTORE_TRY(add_times(session, infos));
  if (options.check == WorktreeListOptions::Check::kChanges) COWSTORE_TRY(add_space(session, infos));
  std::stable_partition(infos.begin(), infos.end(), [](const WorktreeInfo& info) { return info.main; });
  return infos;
}

}  // namespace cowstore::repo
