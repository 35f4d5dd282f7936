#include "repo/fsck.hpp"

#include "base/try.hpp"
#include "maint/check.hpp"
#include "repo/snapshot.hpp"

namespace cowstore::repo {

namespace {

void add_commit(std::vector<CommitId>& commits, const std::optional<std::string>& hex) {
  auto digest = hex ? Digest::from_hex(*hex) : std::nullopt;
  if (digest) commits.emplace_back(*digest);
}

void report_log(const refs::LogCheck& check, FsckReport& report) {
  for (const refs::LogNote& note : check.notes) {
    std::string file = "log/" + note.file;
    if (note.kind == refs::LogNote::Kind::kTornTail) {
      report.notes.push_back(file + " at byte " + std::to_string(note.offset) + ": " + note.text);
    } else {
      report.faults.push_back(Fault{"", file, note.offset, "", note.text});
    }
  }
}

/// What undo and `op restore` may want again.
Result<std::vector<CommitId>> remembered_commits(Session& session) {
  std::vector<CommitId> commits;
  auto take = [&](const refs::Operation& operation) {
    for (const refs::Change& change : operation.changes) {
      add_commit(commits, change.old_value);
      add_commit(commits, change.new_value);
    }
    add_commit(commits, refs::detail(operation, kBeforeKey));
    add_commit(commits, refs::detail(operation, kAfterKey));
    return refs::Walk::kContinue;
  };
  COWSTORE_TRY(session.log.newest_first(take));
  return commits;
}

}  // namespace

Result<FsckReport> fsck(Session& session) {
  FsckReport report;
  report_log(COWSTORE_TRY(session.log.verify()), report);
  auto state = COWSTORE_TRY(session.state());
  maint::CheckInput input{*session.store, session.pool(), session.context.progress, {}, {}};
  for (const auto& [key, value] : state->view.all()) add_commit(input.roots, value);
  input.remembered = COWSTORE_TRY(remembered_commits(session));
  COWSTORE_TRY(maint::check_store(input, report));
  return report;
}

}  // namespace cowstore::repo
