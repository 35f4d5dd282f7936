#include "repo/in_place_plan.hpp"

#include <map>
#include <set>
#include <utility>

#include "base/try.hpp"
#include "changes/compare.hpp"
#include "changes/unreadable.hpp"
#include "checkout/aliases.hpp"
#include "object/path.hpp"
#include "repo/full_attributes.hpp"
#include "repo/obstacles.hpp"
#include "repo/overlay_scan.hpp"
#include "repo/status.hpp"

namespace cowstore::repo {

namespace {

using checkout::Plan;

Result<diff::Side> side_of(Session& session, const object::TreeRoots& roots, const std::string& path) {
  diff::Side side;
  auto found = object::resolve_in_roots(*session.store, roots, path);
  if (!found && found.error().code == ErrorCode::kNotFound) return side;
  if (!found) return std::move(found).error();
  side.entry = std::move(found->entry);
  side.attributes = std::move(found->attributes);
  side.attributes_id = found->attributes_id;
  return side;
}

class Planner {
 public:
  Planner(Session& session, const index::StatIndex& index, const PlanRequest& request)
      : session_(session), index_(index), request_(request) {}

  Result<Planned> run() {
    Planned planned;
    const checkout::VersionPair versions{*session_.store, request_.from, request_.to};
    auto differences = COWSTORE_TRY(checkout::differences_between(versions));
    COWSTORE_TRY(checkout::refuse_aliases(session_.copy.root, session_.copy.control, differences));
    COWSTORE_TRY(scan(differences, planned));
    changes::CompareTools tools = compare_tools(session_);
    const changes::CompareOptions paths_only{changes::Times::kIgnore, changes::Detail::kPathsOnly};
    auto against_from = COWSTORE_TRY(changes::compare(planned.scan, request_.from, tools, paths_only));
    auto against_to = COWSTORE_TRY(changes::compare(planned.scan, request_.to, tools, paths_only));
    COWSTORE_TRY(changes::require_readable(planned.scan, "make them readable: they are in the way"));
    if (request_.stage == PlanRequest::Stage::kResumed) COWSTORE_TRY(drop_half_done(session_, versions, against_from));
    checkout::DiskState disk{planned.scan, std::move(against_from), std::move(against_to),
                             directory_modes(planned.scan, differences)};
    if (request_.paths) COWSTORE_TRY(add_differences_on_disk(disk, differences));
    planned.plan = checkout::make_plan(differences, disk, request_.overwrite);
    planned.unmade = unmade_devices(planned.scan, differences);
    COWSTORE_TRY(complete_directories(planned.plan));
    if (request_.paths) COWSTORE_TRY(add_obstacles(*session_.store, planned.scan, request_.to, planned.plan));
    return planned;
  }

 private:
  Result<void> scan(const std::vector<checkout::Difference>& differences, Planned& planned) {
    const auto paths = request_.paths ? *request_.paths : checkout::paths_to_scan(differences);
    changes::ScanOptions options;
    options.ignore = changes::IgnoreRules::kNone;
    options.attributes = session_.store->config().attributes;
    options.paths = COWSTORE_TRY(changes::PathSelection::of(paths));
    planned.scan = COWSTORE_TRY(scan_all(session_, index_, options));
    return {};
  }

  std::map<std::string, std::uint16_t, std::less<>> directory_modes(
      const changes::Scan& scan, const std::vector<checkout::Difference>& differences) const {
    std::map<std::string, std::uint16_t, std::less<>> modes;
    for (std::string& path : checkout::directories_to_stat(differences)) {
      if (scan.find(path) != nullptr) continue;
      auto stat = session_.copy.root.stat(path);
      if (stat && stat->kind == sys::FileKind::kDirectory) modes.emplace(std::move(path), stat->mode);
    }
    return modes;
  }

  /// `restore`: a path that both versions have alike, but the disk hasn't, is to be changed as well.
  Result<void> add_differences_on_disk(const checkout::DiskState& disk,
                                       std::vector<checkout::Difference>& differences) {
    std::set<std::string, std::less<>> known;
    for (const checkout::Difference& difference : differences) known.insert(difference.path);
    for (const changes::Change& change : disk.against_to) {
      if (change.kind == changes::ChangeKind::kAdded || known.contains(change.path)) continue;
      diff::Change difference;
      difference.path = change.path;
      difference.from = COWSTORE_TRY(side_of(session_, request_.from, change.path));
      difference.to = COWSTORE_TRY(side_of(session_, request_.to, change.path));
      differences.push_back(checkout::difference_of(std::move(difference)));
    }
    return {};
  }

  /// Directories that are made only because something is in them have the target's attributes, too.
  Result<void> complete_directories(Plan& plan) {
    for (checkout::DirectoryMaking& directory : plan.directory_makings) {
      if (!directory.attributes.empty()) continue;
      diff::Side found = COWSTORE_TRY(side_of(session_, request_.to, directory.path));
      if (found.attributes) directory.attributes = *found.attributes;
    }
    return {};
  }

  Session& session_;
  const index::StatIndex& index_;
  const PlanRequest& request_;
};

}  // namespace

Result<Planned> plan_in_place(Session& session, const index::StatIndex& index, const PlanRequest& request) {
  return Planner(session, index, request).run();
}

Result<bool> has_directory(Session& session, const object::TreeRoots& roots, const std::string& path) {
  diff::Side found = COWSTORE_TRY(side_of(session, roots, path));
  return found.entry && found.entry->kind == object::EntryKind::kDirectory;
}

}  // namespace cowstore::repo
