#include "repo/clone.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/name_list.hpp"
#include "base/try.hpp"
#include "changes/refresh_index.hpp"
#include "checkout/journal.hpp"
#include "index/index_builder.hpp"
#include "provider/copy_tree.hpp"
#include "refs/names.hpp"
#include "repo/clone_index.hpp"
#include "repo/full_disk.hpp"
#include "repo/recovery.hpp"
#include "repo/registration.hpp"
#include "repo/sharing_policy.hpp"
#include "repo/snapshot_tree.hpp"
#include "repo/status.hpp"
#include "repo/target.hpp"
#include "sys/clone.hpp"
#include "sys/error.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kOperation = "clone to";
/// A store through a mapping shows in a file's time at the latest when the kernel has written the page back, which it
/// does within half a minute.
constexpr std::int64_t kWrittenBackAfterSeconds = 120;

share::Policy policy_of(const CloneOptions& options) {
  if (options.method == CloneMethod::kCopy) return share::Policy::kCopyOnly;
  const bool only_clones = options.method == CloneMethod::kReflink || options.cow == CowPolicy::kRequire;
  return only_clones ? share::Policy::kCloneOnly : share::Policy::kAuto;
}

SharingReport sum(SharingReport a, const SharingReport& b) {
  a.cloned += b.cloned;
  a.linked += b.linked;
  a.bytes_linked += b.bytes_linked;
  a.copied += b.copied;
  a.copied_small += b.copied_small;
  a.bytes_cloned += b.bytes_cloned;
  a.bytes_written += b.bytes_written;
  if (a.copy_reason.empty()) a.copy_reason = b.copy_reason;
  return a;
}

class Cloning {
 public:
  Cloning(Session& session, const CloneOptions& options, Target target, Head head)
      : session_(session), options_(options), target_(std::move(target)), head_(std::move(head)) {
    if (options.head == CloneHead::kDetached) head_.branch.reset();
    if (options.new_branch) head_.branch = options.new_branch;
  }

  Result<CloneReport> run() {
    report_.commit = head_.commit;
    report_.branch = head_.branch;
    report_.path = target_.path();
    report_.source = session_.copy.path;
    if (!COWSTORE_TRY(snapshot())) COWSTORE_TRY(copy());
    return std::move(report_);
  }

 private:
  /// False if the files are to be copied one by one.
  Result<bool> snapshot() {
    if (options_.method != CloneMethod::kAuto && options_.method != CloneMethod::kSnapshot) return false;
    auto build = snapshot_tree(session_.copy, target_);
    if (!build && build.error().code == ErrorCode::kUnsupported && options_.method == CloneMethod::kAuto) return false;
    if (!build) return std::move(build).error();
    std::string uuid = COWSTORE_TRY(subvolume_uuid(build->directory.dir));
    COWSTORE_TRY(build->directory.move_to(target_));
    report_.method = "snapshot";
    report_.subvolumes = std::move(build->subvolumes);
    COWSTORE_TRY(register_clone(id_of_subvolume(uuid), uuid));
    return true;
  }

  Result<void> copy() {
    const auto kind = links() ? BuildDirectory::Kind::kPlain : BuildDirectory::Kind::kSubvolume;
    BuildDirectory build = COWSTORE_TRY(BuildDirectory::make(target_, kind));
    if (links()) COWSTORE_TRY(require_links(session_, build.control, target_.path()));
    if (!links()) COWSTORE_TRY(expect_clones(build.control));
    Home home = new_home();
    // Synced now, while there is nothing else that the file system would have to write with it.
    COWSTORE_TRY(write_home(build.control, home));
    index::StatIndex index = COWSTORE_TRY(known_files());
    provider::VariantLinker linker(*session_.store, session_.variants(), ladder_, Verification::kTrust);
    provider::SourceFiles known(index, *session_.store, links() ? &linker : nullptr);
    provider::CopiedTree tree = COWSTORE_TRY(copy_files(build, known));
    COWSTORE_TRY(linker.publish());
    report_.sharing = linker.add_to(sum(ladder_.report(), elsewhere_.report()));
    if (options_.method == CloneMethod::kAuto) advise_links(session_, build.control, report_.sharing);
    Bytes bytes = COWSTORE_TRY(index_of_clone(tree, index, build.control, session_.boot_id));
    COWSTORE_TRY(index::write_index(build.control, bytes));
    std::string uuid = COWSTORE_TRY(subvolume_uuid(build.dir));
    COWSTORE_TRY(build.move_to(target_));
    fill_in(std::move(tree));
    return register_clone(home.id, uuid);
  }

  /// What is linked must be known to be stored: what the index can't vouch for is looked at, and hashed, now.
  Result<index::StatIndex> known_files() {
    index::StatIndex index = session_.load_index();
    if (!links()) return index;
    Compared compared = COWSTORE_TRY(
        compare_with(session_, index, head_.roots, {.detail = changes::Detail::kPathsOnly}, FileSystems::kAll));
    return index::StatIndex::decode(changes::make_index(compared.scan, index, session_.boot_id), session_.boot_id);
  }

  [[nodiscard]] bool links() const { return options_.method == CloneMethod::kHardlink; }

  Result<provider::CopiedTree> copy_files(const BuildDirectory& build, provider::SourceFiles& known) {
    Timestamp recent = COWSTORE_TRY(sys::file_system_now(build.control));
    recent.seconds -= kWrittenBackAfterSeconds;
    provider::FileCopier copier(recent);
    provider::CopyTreeTools tools{copier, ladder_, elsewhere_, session_.pool(), session_.context.progress, &known};
    return provider::copy_tree(tools, session_.copy.root, build.dir, kControlName);
  }

  /// For those who allow nothing else, before anything is done.
  Result<void> expect_clones(const sys::Dir& control) {
    if (policy_of(options_) != share::Policy::kCloneOnly) return {};
    auto can = sys::can_clone(session_.copy.control, control);
    // In a source that can't be written nothing can be probed: the first file will tell.
    if (!can && sys::forbids_writing(can.error().sys_errno)) return {};
    if (COWSTORE_TRY(std::move(can))) return {};
    return Error{ErrorCode::kUnsupported,
                 0,
                 "share files with " + session_.copy.path + " in",
                 target_.path(),
                 "no reflinks between the two",
                 "put both on one Btrfs or XFS file system, or allow copies (--method copy)"};
  }

  Home new_home() const {
    Home home;
    home.id = new_working_copy_id();
    home.store = session_.copy.store_path();
    home.commit = head_.commit;
    home.branch = head_.branch;
    return home;
  }

  void fill_in(provider::CopiedTree tree) {
    report_.sharing.linked += tree.linked;
    report_.method = method_of(report_.sharing);
    report_.created = tree.files;
    for (provider::Incomplete& each : tree.incomplete)
      report_.unrestored.push_back({std::move(each.path), std::move(each.what)});
    std::sort(report_.unrestored.begin(), report_.unrestored.end(),
              [](const Unrestored& a, const Unrestored& b) { return a.path < b.path; });
  }

  refs::NewOperation registration(const std::string& id, const std::string& uuid) const {
    refs::NewOperation operation = session_.new_operation();
    operation.worktree = id;
    auto add = [&](const char* field, const std::optional<std::string>& value) {
      if (value) operation.changes.push_back({refs::worktree_key(id, field), std::nullopt, *value});
    };
    add("commit", head_.commit ? std::optional(head_.commit->hex()) : std::nullopt);
    add("branch", head_.branch);
    add("method", report_.method);
    add("path", target_.path());
    add("uuid", uuid.empty() ? std::nullopt : std::optional(uuid));
    if (options_.new_branch && head_.commit)
      operation.changes.push_back({refs::branch_key(*options_.new_branch), std::nullopt, head_.commit->hex()});
    return operation;
  }

  Result<void> register_clone(const std::string& id, const std::string& uuid) {
    const refs::NewOperation operation = registration(id, uuid);
    // No more durable than its files: after a power cut what is there is registered by its first command.
    auto appended = with_reserve(session_, [&] { return session_.append(operation, refs::Durability::kWithTheNext); });
    if (appended) return {};
    Error error = std::move(appended).error();
    if (!sys::forbids_writing(error.sys_errno) || options_.new_branch) {
      error.hint =
          "the clone is made: remove what is in the way, and the first command in it writes down that it is there";
      return error;
    }
    if (session_.context.notice)
      session_.context.notice("the store can't be written, so " + target_.path() +
                              " isn't registered in it; that is made good when it is opened while the store can be");
    return {};
  }

  Session& session_;
  const CloneOptions& options_;
  Target target_;
  Head head_;
  share::Ladder ladder_{policy_of(options_)};
  share::Ladder elsewhere_{policy_of(options_)};
  CloneReport report_;
};

Result<void> check_options(const CloneOptions& options) {
  if (options.method == CloneMethod::kCopy && options.cow == CowPolicy::kRequire)
    return Error{ErrorCode::kUsage, 0, "clone", "", "--method copy and --require-cow contradict each other", ""};
  if (options.new_branch && options.head == CloneHead::kDetached)
    return Error{ErrorCode::kUsage, 0, "clone", "", "a clone that follows a branch isn't detached", ""};
  return options.new_branch ? refs::validate_branch_name(*options.new_branch) : Result<void>();
}

Result<void> check_new_branch(Session& session, const CloneOptions& options, const Head& head) {
  if (!options.new_branch) return {};
  if (!head.commit)
    return Error{ErrorCode::kUsage, 0, "make the branch", *options.new_branch, "there is no commit yet",
                 "commit first"};
  auto state = COWSTORE_TRY(session.state());
  if (!state->view.contains(refs::branch_key(*options.new_branch))) return {};
  return Error{ErrorCode::kConflict, 0, "make the branch", *options.new_branch, "it exists already",
               "name another one"};
}

Result<void> check_target(const Session& session, const Target& target) {
  COWSTORE_TRY(expect_outside_of_stores(kOperation, target, session));
  const std::string root = session.copy.path == "/" ? "/" : session.copy.path + "/";
  if ((target.path() + "/").starts_with(root))
    return Error{
        ErrorCode::kUsage,           0, kOperation, target.path(), "it is inside of " + session.copy.path + " itself",
        "name a directory beside it"};
  if (target.found != Target::Found::kOccupied) return {};
  return Error{ErrorCode::kConflict, 0, kOperation, target.path(), "it isn't empty", "name another directory"};
}

/// The lock keeps other commands from changing the source's files meanwhile. Where nothing may be written there is
/// nobody to be kept out, but for what was interrupted.
Result<std::optional<sys::FileLock>> lock_source(Session& session) {
  auto lock = lock_and_recover(session);
  if (lock) {
    COWSTORE_TRY(refresh_home(session, *lock));
    COWSTORE_TRY(session.note_place());
    return std::optional<sys::FileLock>(std::move(*lock));
  }
  if (!sys::forbids_writing(lock.error().sys_errno)) return std::move(lock).error();
  auto journal = COWSTORE_TRY(checkout::read_journal(session.copy.control));
  if (journal && journal->state == checkout::Journal::State::kExecuting)
    return Error{ErrorCode::kConflict,
                 0,
                 "clone",
                 session.copy.path,
                 "`" + journal->operation.command + "` was interrupted in it, and nothing may be written there",
                 "run any command in it as its owner first"};
  return std::optional<sys::FileLock>();
}

}  // namespace

Result<CloneReport> clone(Session& session, const std::string& directory, const CloneOptions& options) {
  COWSTORE_TRY(check_options(options));
  Target target = COWSTORE_TRY(look_at(kOperation, directory));
  COWSTORE_TRY(check_target(session, target));
  COWSTORE_TRY(expect_room_to_build(kOperation, target, session));
  auto lock = COWSTORE_TRY(lock_source(session));
  Head head = COWSTORE_TRY(session.head());
  COWSTORE_TRY(check_new_branch(session, options, head));
  return Cloning(session, options, std::move(target), std::move(head)).run();
}

}  // namespace cowstore::repo
