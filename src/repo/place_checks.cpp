#include "repo/place_checks.hpp"

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "base/name_list.hpp"
#include "base/try.hpp"

namespace cowstore::repo {

namespace {

std::string parent_of(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

/// Where only a part of a directory is asked for, a scan doesn't show what else stands in the directory's place.
Result<void> check_places_of_directories(const sys::Dir& root, const changes::Scan& scan, const checkout::Plan& plan) {
  for (const checkout::DirectoryMaking& directory : plan.directory_makings) {
    if (scan.find(directory.path) != nullptr) continue;
    auto stat = root.stat(directory.path);
    if (!stat && stat.error().code == ErrorCode::kNotFound) continue;
    if (!stat) return std::move(stat).error();
    if (stat->kind == sys::FileKind::kDirectory) continue;
    return Error{ErrorCode::kConflict,        0, "make the directory", directory.path, "something else is in its place",
                 "move it away, or commit it"};
  }
  return {};
}

std::set<std::string> directories_that_change(const checkout::Plan& plan) {
  std::set<std::string> parents;
  for (const checkout::Removal& removal : plan.removals) parents.insert(parent_of(removal.path));
  for (const std::string& path : plan.directory_removals) parents.insert(parent_of(path));
  for (const checkout::DirectoryMaking& directory : plan.directory_makings) parents.insert(parent_of(directory.path));
  for (const checkout::Making& making : plan.makings) parents.insert(parent_of(making.path));
  return parents;
}

/// Those that don't exist yet will be this user's.
Result<void> check_permissions(const sys::Dir& root, const checkout::Plan& plan) {
  std::vector<std::string> closed;
  for (const std::string& path : directories_that_change(plan)) {
    auto allowed = root.check_may_change(path);
    if (allowed || allowed.error().code == ErrorCode::kNotFound) continue;
    if (allowed.error().sys_errno != EACCES) return allowed;
    closed.push_back(path);
  }
  if (closed.empty()) return {};
  return Error{ErrorCode::kIo,
               EACCES,
               "change names in",
               base::name_list(closed),
               "",
               "give yourself write permission (chmod u+w), or let the owner do it; nothing has been changed"};
}

}  // namespace

Result<void> check_places(const sys::Dir& root, const changes::Scan& scan, const checkout::Plan& plan) {
  COWSTORE_TRY(check_places_of_directories(root, scan, plan));
  return check_permissions(root, plan);
}

}  // namespace cowstore::repo
