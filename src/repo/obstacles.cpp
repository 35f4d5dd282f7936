#include "repo/obstacles.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/name_list.hpp"
#include "base/try.hpp"
#include "object/named_tree.hpp"
#include "object/path.hpp"

namespace cowstore::repo {

namespace {

Result<bool> is_empty_directory(object::NodeSource& source, const object::TreeEntry& entry) {
  if (entry.kind != object::EntryKind::kDirectory) return false;
  bool empty = true;
  auto look = [&](const object::TreeEntry&) -> Result<void> {
    empty = false;
    return {};
  };
  COWSTORE_TRY(object::DirectoryReader(source, entry.tree).for_each(look));
  return empty;
}

}  // namespace

Result<void> add_obstacles(object::NodeSource& source, const changes::Scan& scan, const object::TreeRoots& version,
                           checkout::Plan& plan) {
  if (!version.tree) return {};
  for (const changes::Skipped& skipped : scan.skipped) {
    auto wanted = object::resolve_path(source, *version.tree, skipped.path);
    if (!wanted && wanted.error().code == ErrorCode::kNotFound) continue;
    if (!wanted) return std::move(wanted).error();
    if (COWSTORE_TRY(is_empty_directory(source, *wanted))) continue;
    plan.obstacles.push_back({skipped.path, changes::to_string(skipped.reason)});
  }
  return {};
}

Error obstacles_error(const checkout::Plan& plan) {
  std::set<std::string> names, reasons;
  for (const checkout::Conflict& obstacle : plan.obstacles) {
    names.insert(obstacle.path);
    reasons.insert(obstacle.reason);
  }
  std::string what = reasons.size() == 1 ? *reasons.begin() : "nested repositories or special files";
  std::vector<std::string> sorted(names.begin(), names.end());
  return {ErrorCode::kConflict,        0,
          "put files in the place of", base::name_list(sorted),
          "in the way: " + what,       "move them away; they can't be kept for undo, so that --force doesn't help"};
}

}  // namespace cowstore::repo
