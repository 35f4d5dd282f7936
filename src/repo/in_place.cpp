#include "repo/in_place.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "base/name_list.hpp"
#include "base/try.hpp"
#include "changes/refresh_index.hpp"
#include "changes/scan.hpp"
#include "checkout/execute.hpp"
#include "checkout/journal.hpp"
#include "checkout/plan.hpp"
#include "checkout/prove.hpp"
#include "checkout/room.hpp"
#include "checkout/scratch.hpp"
#include "diff/diff.hpp"
#include "index/index_builder.hpp"
#include "repo/full_attributes.hpp"
#include "repo/full_disk.hpp"
#include "repo/in_place_plan.hpp"
#include "repo/obstacles.hpp"
#include "repo/place_checks.hpp"
#include "repo/sharing_policy.hpp"
#include "repo/snapshot.hpp"

namespace cowstore::repo {

namespace {

using checkout::Journal;
using checkout::Plan;

constexpr const char* kScratch = "tmp";
/// Ending a watch takes the kernel some ten milliseconds: about as long as reading and hashing this.
constexpr std::uint64_t kWorthWatchingBytes = std::uint64_t{16} << 20;
constexpr std::size_t kWorthWatchingFiles = 500;

class InPlaceChange {
 public:
  InPlaceChange(Session& session, const InPlaceRequest& request)
      : session_(session),
        request_(request),
        from_(request.from),
        from_commit_(request.from_commit),
        index_(session.load_index()) {}

  Result<InPlaceOutcome> run() {
    Planned planned = COWSTORE_TRY(plan(request_.options.overwrite));
    if (!planned.plan.obstacles.empty()) return obstacles_error(planned.plan);
    COWSTORE_TRY(check_places(session_.copy.root, planned.scan, planned.plan));
    if (!planned.plan.conflicts.empty() && request_.options.overwrite == Overwrite::kRefuse)
      return conflicts_error(planned.plan);
    InPlaceOutcome outcome;
    outcome.kept = planned.plan.kept;
    if (request_.options.execution == cowstore::Execution::kDryRun) {
      outcome.changes = planned.plan.describe();
      return outcome;
    }
    outcome.unrestored = planned.unmade;
    COWSTORE_TRY(expect_room(planned.plan));
    COWSTORE_TRY(keep_what_is_destroyed(planned));
    bool idle = planned.plan.empty();
    if (idle && request_.append == InPlaceRequest::Append::kIfFilesChange) return outcome;
    Journal journal = COWSTORE_TRY(new_journal());
    COWSTORE_TRY(checkout::write_journal(session_.copy.control, journal));
    return carry_out(std::move(planned), std::move(outcome), std::move(journal));
  }

  /// After a crash: whatever is neither old nor new by now is somebody's work since then, and stays.
  Result<InPlaceOutcome> resume() {
    record_ = Record::kMayBeThere;
    stage_ = PlanRequest::Stage::kResumed;
    Planned planned = COWSTORE_TRY(plan(Overwrite::kRefuse));
    Journal journal = COWSTORE_TRY(new_journal());
    auto written = checkout::write_journal(session_.copy.control, journal);
    // On a full disk the one that is there will do.
    if (!written && written.error().code != ErrorCode::kNoSpace) return std::move(written).error();
    return carry_out(std::move(planned), {}, std::move(journal));
  }

 private:
  Result<Planned> plan(Overwrite overwrite) {
    PlanRequest request{from_, request_.to, request_.paths, overwrite, stage_};
    return plan_in_place(session_, index_, request);
  }

  static Error conflicts_error(const Plan& plan) {
    std::vector<std::string> names;
    for (const checkout::Conflict& conflict : plan.conflicts)
      names.push_back(conflict.path.empty() ? "." : conflict.path);
    std::string reason = plan.conflicts.size() == 1 ? plan.conflicts.front().reason
                                                    : "they have uncommitted changes, or are not versioned";
    return {
        ErrorCode::kConflict,   0,      "overwrite",
        base::name_list(names), reason, "commit or move them, or use --force: `cowstore undo` then brings them back"};
  }

  /// What the plan overwrites, removes, or brings back against the user's deletion becomes a snapshot commit, and the
  /// version that the plan starts from.
  Result<void> keep_what_is_destroyed(Planned& planned) {
    std::vector<std::string> paths = planned.plan.revived;
    for (const checkout::Conflict& conflict : planned.plan.conflicts) paths.push_back(conflict.path);
    for (const checkout::DirectoryMaking& directory : planned.plan.directory_makings) {
      if (COWSTORE_TRY(has_directory(session_, from_, directory.path)))
        paths.push_back(directory.path);  // deleted by the user, too
    }
    if (paths.empty()) return {};
    Snapshot snapshot = COWSTORE_TRY(take_snapshot(session_, planned.scan, paths, from_, from_commit_));
    from_ = snapshot.roots;
    from_commit_ = snapshot.commit;
    return {};
  }

  Result<void> expect_room(const Plan& plan) {
    checkout::RoomRequest request;
    request.files = checkout::files_of(plan);
    request.freed = checkout::bytes_freed_by(plan);
    request.can_clone = [&]() -> Result<bool> {
      if (policy_of(request_.options) == share::Policy::kCopyOnly) return false;
      return can_clone_to(session_, session_.copy.control);
    };
    request.path = session_.copy.path;
    return checkout::expect_room(*session_.store, session_.copy.control, request);
  }

  /// With its journal on the disk.
  Result<InPlaceOutcome> carry_out(Planned planned, InPlaceOutcome outcome, Journal journal) {
    share::Ladder ladder(policy_of(request_.options));
    start_watch(planned.plan);
    auto executed = execute(planned, ladder);
    if (!executed) return give_up(std::move(journal), std::move(executed).error());
    checkout::Execution done = std::move(*executed);
    prove(done);
    auto appended = with_reserve(session_, [&] { return append(journal); });
    if (!appended) return not_recorded(std::move(appended).error());
    fill_in(outcome, planned.plan, done, ladder.report());
    const std::vector<std::string> untouched = std::move(done.untouched);
    keep_index(std::move(planned), std::move(done));
    (void)session_.store->record_vouched();  // only saves later commands a look
    COWSTORE_TRY(finish(journal));
    if (!untouched.empty()) return changed_meanwhile(untouched);
    return outcome;
  }

  void prove(checkout::Execution& done) {
    if (!watch_) return;
    (void)checkout::prove(done.made, *watch_, session_.copy.control);  // what isn't proven is read once more, no worse
    // Ending the watch takes long, and nobody has to wait for it.
    session_.pool().submit([ended = std::make_shared<sys::OpenWatch>(std::move(*watch_))]() mutable { ended.reset(); });
    watch_.reset();
  }

  /// What is corrupt stays so, as does what this file system can't hold, and a full disk may stay full: attempts to
  /// finish would fail for ever, and with them every command. So the files are put back. Where that fails too, the
  /// journal stays as it is, and the first error is the one to tell.
  Error give_up(Journal journal, Error error) {
    bool lasting =
        error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported || error.code == ErrorCode::kNoSpace;
    if (!lasting) return error;
    auto back = with_reserve(session_, [&] { return put_back(journal); });
    if (error.code != ErrorCode::kNoSpace) return error;
    error.reason = back ? "all files are as they were" : "a part of the files was changed";
    if (!back) error.hint = "free some space: the next command then goes on with it, or puts them back";
    return error;
  }

  /// Makes the files what they were before the command: nothing has happened.
  Result<void> put_back(Journal journal) {
    InPlaceRequest request;
    request.from = request_.to;
    request.to = from_;
    InPlaceChange back(session_, request);
    Planned planned = COWSTORE_TRY(back.plan(Overwrite::kRefuse));
    share::Ladder ladder(share::Policy::kAuto);
    checkout::Execution done = COWSTORE_TRY(back.execute(planned, ladder));
    back.keep_index(std::move(planned), std::move(done));
    journal.unsynced_from.push_back(request_.to);
    std::swap(journal.from, journal.to);
    return finish(journal);
  }

  /// Its space comes from the reserve if need be: a journal that isn't finished keeps other commands from working.
  Result<void> finish(Journal& journal) {
    journal.state = Journal::State::kFinished;
    return with_reserve(session_, [&] { return checkout::write_journal(session_.copy.control, journal); });
  }

  /// A conflict won't go away: the journal ends there. The files are the target's, and differ from a HEAD that has
  /// stayed where it was.
  Result<void> append(Journal& journal) {
    auto appended = append_operation(journal.operation);
    if (appended || appended.error().code != ErrorCode::kConflict) return appended;
    COWSTORE_TRY(finish(journal));
    Error error = std::move(appended).error();
    error.hint = "somebody changed it meanwhile: run the command again";
    return error;
  }

  /// All is done but for the record, which every other command would need as well: the journal stays.
  static Error not_recorded(Error error) {
    if (error.code == ErrorCode::kNoSpace)
      error.hint = "the files are there: free some space, and the next command writes down that they are";
    return error;
  }

  /// Only an interrupted command, or a try that failed, can have appended it before.
  Result<void> append_operation(const refs::NewOperation& operation) {
    if (std::exchange(record_, Record::kMayBeThere) == Record::kMayBeThere)
      return append_unless_there(session_, operation);
    COWSTORE_TRY(session_.append(operation));
    return {};
  }

  Result<Journal> new_journal() {
    Journal journal;
    journal.boot_id = session_.boot_id;
    journal.from = from_;
    journal.to = request_.to;
    journal.times = request_.options.times;
    journal.operation = COWSTORE_TRY(operation());
    // What an earlier command of this boot wrote is no more durable than what this one will.
    auto earlier = COWSTORE_TRY(checkout::read_journal(session_.copy.control));
    if (earlier && earlier->boot_id == session_.boot_id) journal.unsynced_from = std::move(earlier->unsynced_from);
    auto& versions = journal.unsynced_from;
    if (std::find(versions.begin(), versions.end(), from_) == versions.end()) versions.push_back(from_);
    return journal;
  }

  Result<refs::NewOperation> operation() {
    refs::NewOperation operation = request_.operation;
    auto hex = [](const std::optional<CommitId>& commit) { return commit ? commit->hex() : std::string(); };
    if (refs::detail(operation, kAfterKey)) return operation;  // a resumed one has them already
    operation.details = COWSTORE_TRY(refs::with_detail(operation.details, kBeforeKey, hex(from_commit_)));
    operation.details = COWSTORE_TRY(refs::with_detail(operation.details, kAfterKey, hex(request_.to_commit)));
    return operation;
  }

  Result<checkout::Execution> execute(const Planned& planned, share::Ladder& ladder) {
    sys::Dir scratch = COWSTORE_TRY(open_scratch());
    auto times =
        request_.options.times == FileTimes::kRecorded ? provider::Times::kRecorded : provider::Times::kCurrent;
    provider::FileMaker maker(*session_.store, ladder, request_.options.verification, times, &session_.pool());
    checkout::ExecuteTools tools{session_.copy.root,         scratch, maker, session_.pool(), session_.context.progress,
                                 watch_ ? &*watch_ : nullptr};
    return checkout::execute(tools, planned.plan);
  }

  /// Empty. An edit that an interrupted command had moved out when it was killed is kept.
  Result<sys::Dir> open_scratch() {
    const sys::Dir& control = session_.copy.control;
    auto made = control.make_dir(kScratch, 0700);
    if (!made && made.error().sys_errno != EEXIST) return std::move(made).error();
    sys::Dir scratch = COWSTORE_TRY(control.open_dir(kScratch));
    const checkout::VersionPair versions{*session_.store, from_, request_.to};
    auto saved = COWSTORE_TRY(checkout::clear_scratch(scratch, session_.copy.root, versions, session_.cut_rule()));
    if (!saved.empty() && session_.context.notice) {
      session_.context.notice("an interrupted command had taken away what somebody had just changed; it is kept as " +
                              base::name_list(saved));
    }
    return scratch;
  }

  /// It is a cache: where it can't be written, the files are only read again.
  void keep_index(Planned planned, checkout::Execution done) {
    changes::remove_entries(planned.scan, std::move(done.removed));
    std::vector<std::string_view> paths;
    paths.reserve(done.made.size());
    for (const checkout::Done& made : done.made) {
      if (!made.path.empty()) paths.push_back(made.path);
    }
    changes::make_places(planned.scan, std::move(paths));
    for (const checkout::Done& made : done.made) changes::put_entry(planned.scan, parent_of(made.path), scanned(made));
    // Of many files each of these is large.
    done = {};
    planned.plan = {};
    (void)index::write_index(session_.copy.control, changes::make_index(planned.scan, index_, session_.boot_id));
  }

  static std::string_view parent_of(std::string_view path) {
    std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }

  /// Others can reach the files as soon as they have their names, and what they write within a tick of the clock leaves
  /// no trace: the next status will read them once more. Where that costs more than watching them, they are watched.
  void start_watch(const Plan& plan) {
    std::uint64_t bytes = 0;
    for (const checkout::Making& making : plan.makings) bytes += making.wanted->file.size;
    if (bytes < kWorthWatchingBytes && plan.makings.size() < kWorthWatchingFiles) return;
    auto watch = sys::OpenWatch::start(session_.copy.control);
    if (watch) watch_ = std::move(*watch);
  }

  static changes::ScannedEntry scanned(const checkout::Done& made) {
    changes::ScannedEntry entry;
    entry.name = made.path.substr(made.path.rfind('/') + 1);
    entry.stat = made.stat;
    if (made.wanted == nullptr) {
      entry.kind = object::EntryKind::kDirectory;
      return entry;
    }
    entry.kind = made.wanted->kind;
    entry.file = made.wanted->file;
    if (made.wanted->more != nullptr) entry.target = made.wanted->more->target;
    entry.state = changes::ScannedEntry::State::kKnown;
    entry.proof = made.proof;
    if (made.mtime && *made.mtime != made.stat.mtime) {
      entry.recorded = std::make_unique<const index::Recorded>(index::Recorded{std::nullopt, made.mtime});
    }
    return entry;
  }

  void fill_in(InPlaceOutcome& outcome, const Plan& plan, const checkout::Execution& done,
               SharingReport sharing) const {
    const bool tell = request_.tell == InPlaceRequest::Tell::kPaths;
    std::set<std::string_view> replaced;
    for (const checkout::Making& making : plan.makings) {
      if (making.displaces != nullptr) replaced.insert(making.path);
    }
    for (const checkout::ModeChange& change : plan.mode_changes) replaced.insert(change.path);
    for (const checkout::Done& made : done.made) {
      ++(replaced.contains(made.path) ? outcome.replaced : outcome.created);
      if (tell) outcome.paths_made.emplace_back(made.path);
    }
    outcome.removed = done.removed.size();
    if (tell) outcome.paths_removed = done.removed;
    sharing.linked += done.linked;
    outcome.unrestored.insert(outcome.unrestored.end(), done.unrestored.begin(), done.unrestored.end());
    outcome.method = method_of(sharing);
    outcome.sharing = std::move(sharing);
  }

  static Error changed_meanwhile(const std::vector<std::string>& paths) {
    return {ErrorCode::kConflict,
            0,
            "replace",
            base::name_list(paths),
            "somebody changed them meanwhile; everything else was done",
            "`cowstore status` shows them as modified"};
  }

  Session& session_;
  const InPlaceRequest& request_;
  object::TreeRoots from_;
  std::optional<CommitId> from_commit_;
  PlanRequest::Stage stage_ = PlanRequest::Stage::kNew;
  index::StatIndex index_;
  enum class Record : std::uint8_t { kNew, kMayBeThere } record_ = Record::kNew;  ///< of the operation, in the log
  std::optional<sys::OpenWatch> watch_;
};

}  // namespace

Result<InPlaceOutcome> change_in_place(Session& session, const sys::FileLock&, const InPlaceRequest& request) {
  return InPlaceChange(session, request).run();
}

Result<InPlaceOutcome> resume_in_place(Session& session, const sys::FileLock&, const InPlaceRequest& request) {
  return InPlaceChange(session, request).resume();
}

}  // namespace cowstore::repo
