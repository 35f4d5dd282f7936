#include "repo/deleted_copies.hpp"

#include <optional>
#include <set>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/worktrees.hpp"

namespace cowstore::repo {

namespace {

/// The id in "worktrees/<id>/path".
std::optional<std::string> id_in_path_key(const std::string& key) {
  constexpr std::string_view kField = "/path";
  if (!key.starts_with(refs::kWorktreePrefix) || !key.ends_with(kField)) return std::nullopt;
  return key.substr(refs::kWorktreePrefix.size(), key.size() - refs::kWorktreePrefix.size() - kField.size());
}

std::string old_uuid(const refs::Operation& operation, const std::string& id) {
  for (const refs::Change& change : operation.changes) {
    if (change.name == refs::worktree_key(id, "uuid")) return change.old_value.value_or("");
  }
  return "";
}

}  // namespace

Result<std::vector<DeletedCopy>> deleted_copies(Session& session) {
  std::vector<DeletedCopy> deleted;
  std::set<std::string> decided;
  auto visit = [&](const refs::Operation& operation) {
    for (const refs::Change& change : operation.changes) {
      auto id = id_in_path_key(change.name);
      if (!id || !decided.insert(*id).second) continue;
      if (!change.old_value || change.new_value || refs::detail(operation, kDeletedKey) != id) continue;
      deleted.push_back({*id, old_uuid(operation, *id), *change.old_value});
    }
    return refs::Walk::kContinue;
  };
  COWSTORE_TRY(session.log.newest_first(visit));
  return deleted;
}

bool is_left_of(const DeletedCopy& deleted, const Leftover& leftover) {
  if (leftover.name != removing_name(name_in_directory(deleted.path))) return false;
  if (!deleted.uuid.empty() && !leftover.uuid.empty()) return deleted.uuid == leftover.uuid;
  if (!leftover.home_id.empty()) return deleted.id == leftover.home_id;
  return leftover.directory == directory_above(deleted.path);
}

}  // namespace cowstore::repo
