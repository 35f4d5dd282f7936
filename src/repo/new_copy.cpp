#include <algorithm>

#include "base/try.hpp"
#include "checkout/journal.hpp"
#include "checkout/materialise.hpp"
#include "checkout/room.hpp"
#include "diff/diff.hpp"
#include "index/index_builder.hpp"
#include "refs/names.hpp"
#include "repo/checkout.hpp"
#include "repo/full_disk.hpp"
#include "repo/in_place.hpp"
#include "repo/open.hpp"
#include "repo/overlay.hpp"
#include "repo/registration.hpp"
#include "repo/sharing_policy.hpp"
#include "repo/snapshot_checkout.hpp"
#include "repo/target.hpp"
#include "repo/templates.hpp"
#include "sys/error.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

class NewCopy {
 public:
  NewCopy(Session& session, const CheckoutOptions& options, Target target, refs::Resolved revision)
      : session_(session),
        options_(options),
        target_(std::move(target)),
        revision_(std::move(revision)),
        ladder_(policy_of(options)),
        home_(new_home(session, revision_)) {}

  Result<CheckoutReport> run() {
    version_ = COWSTORE_TRY(session_.roots_of(revision_.commit));
    SnapshotRequest request{target_, revision_.commit, version_, options_, ladder_};
    auto snapshot = COWSTORE_TRY(build_by_snapshot(session_, request));
    return snapshot ? finish(std::move(*snapshot)) : make_files();
  }

 private:
  Result<CheckoutReport> finish(SnapshotBuild snapshot) {
    uuid_ = snapshot.uuid;
    if (snapshot.state == SnapshotBuild::State::kPatched) {
      COWSTORE_TRY(write_home(snapshot.directory.control, home_));
      COWSTORE_TRY(write_journal(snapshot.directory.control, snapshot.from));
    } else {
      leave_home_of_template();
    }
    report_.method = "snapshot";
    report_.created = snapshot.files;
    report_.source = std::move(snapshot.source);
    report_.sharing = ladder_.report();
    return publish(snapshot.directory);
  }

  /// It says nothing of this working copy, which is known by its UUID.
  void leave_home_of_template() {
    home_.id = id_of_subvolume(uuid_);
    home_is_templates_ = true;
  }

  Result<CheckoutReport> make_files() {
    const bool links = options_.method == CheckoutMethod::kHardlink;
    const auto kind = links ? BuildDirectory::Kind::kPlain : BuildDirectory::Kind::kSubvolume;
    BuildDirectory build = COWSTORE_TRY(BuildDirectory::make(target_, kind));
    uuid_ = COWSTORE_TRY(subvolume_uuid(build.dir));
    COWSTORE_TRY(require_clones(session_, build.control, target_.path(), options_));
    if (links) COWSTORE_TRY(require_links(session_, build.control, target_.path()));
    // How much of it has to be written shows only as it is linked.
    if (!links) COWSTORE_TRY(expect_room(build.control));
    // Synced now, while there is nothing else that the file system would have to write with it.
    COWSTORE_TRY(write_home(build.control, home_));
    provider::FileMaker maker(*session_.store, ladder_, options_.verification, provider::Times::kRecorded);
    provider::VariantLinker linker(*session_.store, session_.variants(), ladder_, options_.verification);
    checkout::MaterialiseTools tools{*session_.store, maker, session_.pool(), session_.context.progress,
                                     links ? &linker : nullptr};
    checkout::Materialised made = COWSTORE_TRY(checkout::materialise(tools, version_, build.dir));
    if (is_worth_a_template(made) && COWSTORE_TRY(keep(build, made))) {
      leave_home_of_template();
    } else {
      COWSTORE_TRY(write_control_files(build, made));
    }
    report_.sharing = linker.add_to(ladder_.report());
    report_.sharing.linked += made.linked;
    if (options_.method == CheckoutMethod::kAuto) advise_links(session_, build.control, report_.sharing);
    report_.method = method_of(report_.sharing);
    report_.created = made.files;
    report_.unrestored = std::move(made.unrestored);
    return publish(build);
  }

  Result<CheckoutReport> publish(BuildDirectory& build) {
    COWSTORE_TRY(build.move_to(target_));
    COWSTORE_TRY(register_copy());
    // Only saves later commands a look, and a store that can't be written has to do without.
    (void)session_.store->record_vouched();
    report_.commit = revision_.commit;
    report_.branch = home_.branch;
    report_.path = target_.path();
    return std::move(report_);
  }

  /// The next checkout is then a snapshot.
  [[nodiscard]] bool is_worth_a_template(const checkout::Materialised& made) const {
    if (uuid_.empty() || options_.method != CheckoutMethod::kAuto || !is_worth_keeping(made.files)) return false;
    auto handed_down = hands_down_access(target_);
    return handed_down && !*handed_down && made.unrestored.empty() &&
           expect_reproducible(version_, Restored::kAll).ok();
  }

  /// The working copy is then what a snapshot of its template is, and durable. False if it can't be kept: it is only a
  /// cache.
  Result<bool> keep(const BuildDirectory& build, const checkout::Materialised& made) {
    Bytes index = COWSTORE_TRY(checkout::index_of(made, build.control, session_.boot_id, index::Durability::kSynced));
    COWSTORE_TRY(index::write_index(build.control, index));
    COWSTORE_TRY(write_template_home(session_, revision_.commit, build.control));
    auto kept = keep_as_template(session_, revision_.commit, build.dir, made.files);
    if (kept && *kept) return true;
    COWSTORE_TRY(write_home(build.control, home_));
    return false;
  }

  Result<void> expect_room(const sys::Dir& control) {
    checkout::RoomRequest request;
    request.files = checkout::files_of(*session_.store, version_);
    request.can_clone = [&]() -> Result<bool> {
      if (!ladder_.may_clone()) return false;
      return can_clone_to(session_, control);
    };
    request.path = target_.path();
    return checkout::expect_room(*session_.store, control, request);
  }

  Result<void> write_control_files(BuildDirectory& build, const checkout::Materialised& made) {
    COWSTORE_TRY(write_journal(build.control, object::TreeRoots{}));
    Bytes index = COWSTORE_TRY(checkout::index_of(made, build.control, session_.boot_id));
    return index::write_index(build.control, index);
  }

  /// `durable`: what of the files a power cut leaves.
  Result<void> write_journal(const sys::Dir& control, const object::TreeRoots& durable) {
    checkout::Journal journal;
    journal.state = checkout::Journal::State::kFinished;
    journal.boot_id = session_.boot_id;
    journal.to = version_;
    journal.unsynced_from = {durable};
    journal.operation = session_.new_operation();
    return checkout::write_journal(control, journal);
  }

  Result<void> register_copy() {
    refs::NewOperation operation = session_.new_operation();
    operation.worktree = home_.id;
    operation.changes = {{refs::worktree_key(home_.id, "commit"), std::nullopt, revision_.commit.hex()},
                         {refs::worktree_key(home_.id, "method"), std::nullopt, report_.method},
                         {refs::worktree_key(home_.id, "path"), std::nullopt, target_.path()}};
    if (home_.branch)
      operation.changes.push_back({refs::worktree_key(home_.id, "branch"), std::nullopt, *home_.branch});
    if (!uuid_.empty()) operation.changes.push_back({refs::worktree_key(home_.id, "uuid"), std::nullopt, uuid_});
    auto appended = with_reserve(session_, [&] { return session_.append(operation, durability()); });
    if (appended) return {};
    Error error = std::move(appended).error();
    if (sys::forbids_writing(error.sys_errno)) {
      note_unregistered();
      return {};
    }
    error.hint =
        "the working copy is made: free some space, or remove what else is in the way, and the first command in "
        "it writes down that it is there";
    return error;
  }

  /// No more durable than the files: after a power cut the home file registers what is still there. A template's home
  /// knows of no branch.
  [[nodiscard]] refs::Durability durability() const {
    return home_.branch && home_is_templates_ ? refs::Durability::kNow : refs::Durability::kWithTheNext;
  }

  void note_unregistered() const {
    if (!session_.context.notice) return;
    session_.context.notice("the store can't be written, so " + target_.path() +
                            " isn't registered in it; that is made good when it is opened while the store can be");
  }

  Session& session_;
  const CheckoutOptions& options_;
  Target target_;
  refs::Resolved revision_;
  share::Ladder ladder_;
  Home home_;
  object::TreeRoots version_;
  std::string uuid_;                ///< of the new working copy, where it is a subvolume
  bool home_is_templates_ = false;  ///< that of the new working copy
  CheckoutReport report_;
};

/// What a dry run says: every file and directory of the version.
Result<CheckoutReport> dry_run(Session& session, const Target& target, const refs::Resolved& revision) {
  CheckoutReport report;
  report.commit = revision.commit;
  if (!revision.branch.empty()) report.branch = revision.branch;
  report.path = target.path();
  report.method = "none";
  object::TreeRoots version = COWSTORE_TRY(session.roots_of(revision.commit));
  auto take = [&](diff::Change&& change) -> Result<void> {
    report.changes.push_back("make " + change.path);
    return {};
  };
  COWSTORE_TRY(diff::diff_trees(*session.store, {}, version, {}, take));
  return report;
}

/// Whether a command that was to make a working copy of the directory was interrupted before anything was checked out:
/// its `.cowstore` has no home yet, or one in this store without a commit.
Result<bool> is_begun(Session& session, const Target& target) {
  std::string control = target.name + "/" + kControlName;
  if (!target.parent.exists(control)) return false;
  if (!target.parent.exists(control + "/home")) return true;
  auto begun = COWSTORE_TRY(open_at(target.path(), session.context));
  if (begun->copy.home.store != session.copy.store_path()) return false;
  return !COWSTORE_TRY(begun->head()).commit;
}

Result<void> begin_adoption(Session& session, const Target& target) {
  sys::Dir root = COWSTORE_TRY(target.parent.open_dir(target.name));
  COWSTORE_TRY(root.make_dirs(kControlName, 0777));
  sys::Dir control = COWSTORE_TRY(root.open_dir(kControlName));
  if (control.exists("home")) return {};
  Home home;
  home.id = new_working_copy_id();
  home.store = session.copy.store_path();
  return write_home(control, home);
}

/// After an error. With a journal there may be files that were changed, and it and the log know the way back: it stays.
Result<void> give_up_adoption(Session& adopted, const sys::Dir& root) {
  if (adopted.copy.control.exists("journal")) return {};
  refs::NewOperation operation = adopted.new_operation();
  operation.changes = {{adopted.key("path"), adopted.copy.path, std::nullopt}};
  COWSTORE_TRY(adopted.append(operation));
  return root.remove_tree(kControlName);
}

/// Into a directory with something in it: it becomes a working copy of nothing, and switches, which keeps all that it
/// overwrites for undo. What an earlier try left is gone on with.
Result<CheckoutReport> adopt_directory(Session& session, const Target& target, const std::string& revision,
                                       const CheckoutOptions& options) {
  if (auto begun = begin_adoption(session, target); !begun) {
    (void)target.parent.remove_dir(target.name + "/" + kControlName);
    return std::move(begun).error();
  }
  auto adopted = COWSTORE_TRY(open_at(target.path(), session.context));
  auto report = switch_to(*adopted, revision, options);
  if (!report) (void)give_up_adoption(*adopted, COWSTORE_TRY(target.parent.open_dir(target.name)));
  return report;
}

Error occupied(const Target& target) {
  return {ErrorCode::kConflict,
          0,
          "check out to",
          target.path(),
          "it isn't empty",
          "name another directory, or use --force: what is overwritten can then be brought back with undo"};
}

Error hidden_by_overlay(const Target& target) {
  return {ErrorCode::kConflict,
          0,
          "check out to",
          target.path(),
          "it isn't empty, and an overlay would hide what is in it",
          "name another directory, or use another --method"};
}

}  // namespace

Result<CheckoutReport> checkout_new(Session& session, const std::string& revision, const std::string& directory,
                                    const CheckoutOptions& options, Place place) {
  refs::Resolved resolved = COWSTORE_TRY(session.resolve(revision));
  Target target = COWSTORE_TRY(look_at("check out to", directory));
  if (place == Place::kUsers) COWSTORE_TRY(expect_outside_of_stores("check out to", target, session));
  if (target.found == Target::Found::kOccupied) {
    if (options.overwrite == Overwrite::kRefuse) return occupied(target);
    COWSTORE_TRY(refuse_links_in_place(options));
    bool has_control = target.parent.exists(target.name + "/" + kControlName);
    if (has_control && !COWSTORE_TRY(is_begun(session, target))) {
      return Error{ErrorCode::kConflict,
                   0,
                   "check out to",
                   target.path(),
                   "it is a working copy already",
                   "`cowstore -C " + target.path() + " checkout " + revision + "` switches it"};
    }
  }
  if (options.execution == Execution::kDryRun) return dry_run(session, target, resolved);
  if (options.method == CheckoutMethod::kOverlay) {
    if (target.found == Target::Found::kOccupied) return hidden_by_overlay(target);
    COWSTORE_TRY(expect_room_to_build("check out to", target, session));
    return checkout_overlay(session, options, target, resolved);
  }
  if (target.found == Target::Found::kOccupied) {
    return adopt_directory(session, target, resolved.branch.empty() ? resolved.commit.hex() : resolved.branch, options);
  }
  COWSTORE_TRY(expect_room_to_build("check out to", target, session));
  return NewCopy(session, options, std::move(target), std::move(resolved)).run();
}

}  // namespace cowstore::repo
