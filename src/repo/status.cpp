#include "repo/status.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "changes/refresh_index.hpp"
#include "changes/scan.hpp"
#include "changes/unreadable.hpp"
#include "checkout/journal.hpp"
#include "diff/diff.hpp"
#include "repo/overlay_scan.hpp"

namespace cowstore::repo {

namespace {

/// After another boot, what a checkout wrote shortly before the machine went down and what isn't intact by now: lost in
/// a power cut, not edited.
Result<std::vector<std::string>> damaged_paths(Session& session, const Status& status) {
  std::vector<std::string> damaged;
  auto journal = COWSTORE_TRY(checkout::read_journal(session.copy.control));
  if (!journal || journal->boot_id == session.boot_id) return damaged;
  auto take = [&](diff::Change&& change) -> Result<void> {
    bool differs = std::binary_search(status.modified.begin(), status.modified.end(), change.path) ||
                   std::binary_search(status.deleted.begin(), status.deleted.end(), change.path);
    if (differs) damaged.push_back(change.path);
    return {};
  };
  for (const object::TreeRoots& earlier : journal->unsynced_from)
    COWSTORE_TRY(diff::diff_trees(*session.store, earlier, journal->to, {}, take));
  std::sort(damaged.begin(), damaged.end());
  damaged.erase(std::unique(damaged.begin(), damaged.end()), damaged.end());
  return damaged;
}

void sort_into(Status& status, const changes::Change& change) {
  std::string path = change.path.empty() ? "." : change.path;
  switch (change.kind) {
    case changes::ChangeKind::kAdded:
      status.added.push_back(std::move(path));
      break;
    case changes::ChangeKind::kModified:
      status.modified.push_back(std::move(path));
      break;
    case changes::ChangeKind::kDeleted:
      status.deleted.push_back(std::move(path));
      break;
    case changes::ChangeKind::kTouched:
      status.touched.push_back(std::move(path));
      break;
  }
}

/// A cache that can't be written is no reason to fail: the store may be read-only, or the disk full.
void refresh(Session& session, const changes::Scan& scan, const index::StatIndex& index) {
  auto lock = try_lock_working_copy(session.copy, session.context);
  if (lock && *lock) (void)changes::refresh_index(scan, index, session.boot_id, session.copy.control);
}

}  // namespace

std::vector<std::string> describe_skipped(const changes::Scan& scan) {
  std::vector<std::string> lines;
  for (const changes::Skipped& skipped : scan.skipped) {
    std::string reason = changes::to_string(skipped.reason);
    if (skipped.sys_errno != 0) reason = Error{ErrorCode::kIo, skipped.sys_errno, reason, "", "", ""}.message();
    lines.push_back(skipped.path + " (" + reason + ")");
  }
  return lines;
}

std::vector<std::string> unreadable_paths(const changes::Scan& scan) {
  std::vector<std::string> paths;
  for (const changes::Skipped& skipped : scan.skipped) {
    if (skipped.reason == changes::SkipReason::kUnreadable) paths.push_back(skipped.path);
  }
  return paths;
}

changes::CompareTools compare_tools(Session& session) {
  return {session.copy.root, *session.store, session.cut_rule(), session.pool(), nullptr, &session.variants()};
}

Result<Compared> compare_with(Session& session, const index::StatIndex& index, const object::TreeRoots& version,
                              const changes::CompareOptions& how, FileSystems file_systems) {
  Compared compared;
  Head head = COWSTORE_TRY(session.head());
  changes::ScanOptions options;
  options.tracked = session.tracked_in(head.roots);
  options.mount_points = mount_points_of(file_systems);
  options.attributes = session.store->config().attributes;
  if (session.context.progress != nullptr) session.context.progress->begin("scanning", 0, 0);
  compared.scan = COWSTORE_TRY(scan_against(session, index, options, version));
  changes::find_unreadable(compared.scan, session.copy.root);
  changes::CompareTools tools = compare_tools(session);
  compared.changes = COWSTORE_TRY(changes::compare(compared.scan, version, tools, how));
  return compared;
}

Result<Status> status(Session& session, const StatusOptions& options) {
  Head head = COWSTORE_TRY(session.head());
  index::StatIndex index = session.load_index();
  auto times = options.times == StatusOptions::Times::kShow ? changes::Times::kReport : changes::Times::kIgnore;
  Compared compared = COWSTORE_TRY(
      compare_with(session, index, head.roots, {times, changes::Detail::kPathsOnly}, options.file_systems));
  Status status;
  status.branch = head.branch;
  status.commit = head.commit;
  for (const changes::Change& change : compared.changes) {
    // Before the first commit there is nothing whose permissions the root could differ from.
    if (change.path.empty() && !head.commit) continue;
    sort_into(status, change);
  }
  for (auto* paths : {&status.added, &status.modified, &status.deleted, &status.touched})
    std::sort(paths->begin(), paths->end());
  status.skipped = describe_skipped(compared.scan);
  status.unreadable = unreadable_paths(compared.scan);
  status.damaged = COWSTORE_TRY(damaged_paths(session, status));
  refresh(session, compared.scan, index);
  return status;
}

}  // namespace cowstore::repo
