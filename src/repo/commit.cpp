#include "repo/commit.hpp"

#include <nlohmann/json.hpp>

#include "base/name_list.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "changes/compare.hpp"
#include "changes/refresh_index.hpp"
#include "changes/scan.hpp"
#include "changes/unreadable.hpp"
#include "checkout/journal.hpp"
#include "commit/ingester.hpp"
#include "commit/store_changes.hpp"
#include "commit/tree_writer.hpp"
#include "object/path.hpp"
#include "refs/names.hpp"
#include "repo/overlay_scan.hpp"
#include "repo/recovery.hpp"
#include "repo/status.hpp"
#include "store/reserve.hpp"

namespace cowstore::repo {

namespace {

constexpr int kAttempts = 3;

Result<std::string> meta_of(const CommitOptions& options) {
  nlohmann::json meta = nlohmann::json::object();
  for (const auto& [key, value] : options.meta) {
    if (!base::is_utf8(key) || !base::is_utf8(value)) {
      return Error{ErrorCode::kUsage, 0, "use the meta data", key, "it isn't UTF-8", ""};
    }
    meta[key] = value;
  }
  return meta.dump();
}

class Committer {
 public:
  Committer(Session& session, const CommitOptions& options)
      : session_(session), options_(options), index_(session.load_index()), ladder_(share::Policy::kAuto) {}

  Result<CommitReport> run() {
    head_ = COWSTORE_TRY(session_.head());
    COWSTORE_TRY(scan());
    if (!commit::has_unknown(scan_)) {
      // All is known already: if it is also what the version has, nothing is written to the store.
      const auto found = COWSTORE_TRY(compare());
      if (!worth_a_commit(found)) return nothing_to_commit(found);
    }
    auto transaction = session_.store->begin();
    if (!transaction) return explain_read_only(std::move(transaction).error());
    transaction_ = std::move(*transaction);
    auto found = COWSTORE_TRY(store_and_compare());
    COWSTORE_TRY(check_readable());
    if (!worth_a_commit(found)) return nothing_to_commit(found);
    transaction_->place_ahead();
    count(found);
    found = std::vector<changes::Change>();  // in a first commit as large as the scan: not needed beside the trees
    COWSTORE_TRY(create());
    return std::move(report_);
  }

 private:
  using Places = commit::StoredChanges::Places;

  Result<void> scan() {
    changes::ScanOptions options;
    options.tracked = session_.tracked_in(head_.roots);
    options.mount_points = mount_points_of(options_.scope.file_systems);
    options.attributes = session_.store->config().attributes;
    if (!options_.paths.empty()) {
      options.paths = COWSTORE_TRY(changes::PathSelection::of(options_.paths));
      // What is named is meant, whatever .cowignore says.
      options.ignore = changes::IgnoreRules::kNone;
    }
    if (session_.context.progress != nullptr) session_.context.progress->begin("scanning", 0, 0);
    scan_ = COWSTORE_TRY(scan_against(session_, index_, options, head_.roots));
    changes::find_unreadable(scan_, session_.copy.root);
    COWSTORE_TRY(check_readable());
    for (const std::string& path : options_.paths) COWSTORE_TRY(check_exists(path));
    return {};
  }

  Result<void> check_exists(const std::string& path) {
    if (path.empty() || scan_.find(path) != nullptr) return {};
    if (head_.roots.tree) {
      auto found = object::resolve_in_roots(*session_.store, head_.roots, path);
      if (found) return {};
      if (found.error().code != ErrorCode::kNotFound) return std::move(found).error();
    }
    return Error{ErrorCode::kNotFound, 0, "commit", path, "it is neither in the working copy nor in its commit", ""};
  }

  Result<void> check_readable() const {
    if (options_.scope.unreadable == Unreadable::kSkip) return {};
    return changes::require_readable(scan_, kSkipHint);
  }

  Result<std::vector<changes::Change>> compare() {
    changes::CompareTools tools = compare_tools(session_);
    return changes::compare(scan_, head_.roots, tools, {changes::Times::kReport, changes::Detail::kPathsOnly});
  }

  Result<std::vector<changes::Change>> store_and_compare() {
    COWSTORE_TRY(store_contents());
    COWSTORE_TRY(check_readable());
    // Content that the store didn't have is a change, so that all of it is going to be published.
    if (transaction_->stats().chunks_new > 0) transaction_->place_ahead();
    auto found = COWSTORE_TRY(compare());
    if (!COWSTORE_TRY(commit::forget_unstored(scan_, found, *transaction_))) return found;
    COWSTORE_TRY(store_contents());
    return compare();
  }

  /// What was moved since it was scanned is looked for again.
  Result<void> store_contents() {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (COWSTORE_TRY(store_what_was_found()) == Places::kSteady) return {};
      COWSTORE_TRY(scan());
    }
    return Error{ErrorCode::kBusy,
                 0,
                 "commit",
                 session_.copy.path,
                 "its directories keep being moved or replaced meanwhile",
                 "run the command again when nobody moves them"};
  }

  Result<Places> store_what_was_found() {
    commit::Ingester ingester(*transaction_, session_.store->config().chunking, ladder_, session_.context.progress);
    auto stored = COWSTORE_TRY(
        commit::store_unknown(scan_, session_.copy.root, ingester, session_.pool(), session_.context.progress));
    if (!stored.moving.empty() && session_.context.notice) {
      session_.context.notice("being written to while they were stored, as they were at that moment: " +
                              base::name_list(stored.moving));
    }
    report_.stats.files_hashed += ingester.files_hashed();
    report_.stats.bytes_hashed += ingester.bytes_hashed();
    return stored.places;
  }

  void count(const std::vector<changes::Change>& found) {
    report_.skipped = describe_skipped(scan_);
    report_.unreadable = unreadable_paths(scan_);
    report_.stats.files_scanned = count_files(scan_.directory());
    for (const changes::Change& change : found) {
      if (change.kind == changes::ChangeKind::kAdded) ++report_.stats.added;
      if (change.kind == changes::ChangeKind::kModified) ++report_.stats.modified;
      if (change.kind == changes::ChangeKind::kDeleted) ++report_.stats.deleted;
    }
  }

  static std::uint64_t count_files(const changes::ScannedDirectory& directory) {
    std::uint64_t files = 0;
    for (const changes::ScannedEntry& entry : directory.entries)
      files += entry.directory ? count_files(*entry.directory) : 1;
    return files;
  }

  bool worth_a_commit(const std::vector<changes::Change>& found) const {
    bool times_count = options_.times == CommitOptions::Times::kCount;
    return std::any_of(found.begin(), found.end(), [&](const changes::Change& change) {
      if (change.path.empty() && !head_.commit) return false;  // an empty directory is no first commit
      return times_count || change.kind != changes::ChangeKind::kTouched;
    });
  }

  Result<CommitReport> nothing_to_commit(const std::vector<changes::Change>& found) {
    count(found);
    report_.has_commit = head_.commit.has_value();
    if (head_.commit) report_.commit = *head_.commit;
    if (head_.roots.tree) report_.tree = *head_.roots.tree;
    report_.branch = head_.branch;
    // What was hashed in vain need not be hashed again.
    (void)changes::refresh_index(scan_, index_, session_.boot_id, session_.copy.control);
    return std::move(report_);
  }

  Result<void> create() {
    auto roots = COWSTORE_TRY(commit::write_trees(*session_.store, *transaction_, session_.store->config().attributes,
                                                  scan_, scan_.selection, head_.roots, session_.copy.root));
    object::Commit commit = COWSTORE_TRY(describe(roots));
    CommitId id = COWSTORE_TRY(object::put_commit(*transaction_, commit));
    store::PublishStats published = COWSTORE_TRY(transaction_->publish());
    COWSTORE_TRY(advance(id));
    // The commit is made, whatever happens to what follows.
    auto noted = note_durable();
    if (!noted && session_.context.notice) session_.context.notice(noted.error().message());
    if (note_known_ids(roots)) (void)changes::refresh_index(scan_, index_, session_.boot_id, session_.copy.control);
    report_.commit = id;
    report_.has_commit = report_.created = true;
    report_.tree = *roots.tree;
    report_.branch = head_.branch;
    report_.stats.chunks_new = published.chunks_new;
    report_.stats.chunks_known = published.chunks_known;
    report_.stats.bytes_stored = published.written_bytes;
    report_.stats.sharing = ladder_.report();
    return {};
  }

  Result<object::Commit> describe(const object::TreeRoots& roots) {
    object::Commit commit;
    commit.tree = *roots.tree;
    commit.attributes = roots.attributes;
    if (head_.commit) commit.parents.push_back(*head_.commit);
    commit.author = session_.context.author;
    commit.time.at = session_.context.now();
    commit.time.utc_offset_minutes = session_.context.utc_offset_minutes(commit.time.at);
    commit.message = options_.message;
    commit.chunking = session_.store->config().chunking;
    commit.meta = COWSTORE_TRY(meta_of(options_));
    return commit;
  }

  Result<void> advance(const CommitId& id) {
    refs::NewOperation operation = session_.new_operation();
    operation.changes = head_changes(session_, head_, id, head_.branch);
    if (head_.branch) {
      auto old = head_.commit ? std::optional(head_.commit->hex()) : std::nullopt;
      operation.changes.push_back({refs::branch_key(*head_.branch), old, id.hex()});
    }
    auto appended = session_.append(operation);
    if (appended) return {};
    Error error = std::move(appended).error();
    if (error.code == ErrorCode::kConflict && head_.branch) return branch_moved(*head_.branch);
    return error;
  }

  static Error branch_moved(const std::string& branch) {
    return {ErrorCode::kConflict,
            0,
            "commit to the branch",
            branch,
            "it has moved on since this working copy was at its end",
            "`cowstore checkout " + branch +
                "` takes your edits along to it, or `cowstore checkout -b NAME` makes a branch of its own for them"};
  }

  /// With a checkout behind us that nothing has made durable yet, this is the occasion: from here on its journal has
  /// nothing to tell any more.
  Result<void> note_durable() {
    auto journal = COWSTORE_TRY(checkout::read_journal(session_.copy.control));
    if (!journal) return {};
    COWSTORE_TRY(session_.copy.root.sync_all());
    changes::mark_synced(scan_);
    return checkout::remove_journal(session_.copy.control);
  }

  /// What is on disk is now what the version has: comparing them tells each directory its ids, which the index keeps,
  /// where writing them hasn't.
  Result<void> note_known_ids(const object::TreeRoots& roots) {
    changes::CompareTools tools = compare_tools(session_);
    COWSTORE_TRY(changes::compare(scan_, roots, tools, {changes::Times::kReport, changes::Detail::kPathsOnly}));
    return {};
  }

  Session& session_;
  const CommitOptions& options_;
  index::StatIndex index_;
  share::Ladder ladder_;
  Head head_;
  changes::Scan scan_;
  std::unique_ptr<store::Transaction> transaction_;
  CommitReport report_;
};

}  // namespace

Result<CommitReport> commit(Session& session, const CommitOptions& options) {
  if (!base::is_utf8(options.message)) {
    return Error{ErrorCode::kUsage, 0, "use the message", "", "it isn't UTF-8", ""};
  }
  auto lock = COWSTORE_TRY(lock_and_recover(session));
  auto report = Committer(session, options).run();
  if (report) (void)store::replenish_reserve(session.store->dir());  // where a full disk has used it up
  return report;
}

}  // namespace cowstore::repo
