#include "repo/session.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "object/path.hpp"
#include "refs/commit_source.hpp"
#include "refs/names.hpp"
#include "repo/directories.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

refs::NodeCommitSource commits_of(store::Store& store) {
  auto find = [&store](std::string_view hex, std::size_t limit) -> Result<std::vector<CommitId>> {
    std::vector<CommitId> commits;
    for (const store::ObjectInfo& info : COWSTORE_TRY(store.find_prefix(hex, store::ObjectKind::kCommit, limit))) {
      commits.emplace_back(info.id);
    }
    return commits;
  };
  return {store, find};
}

void add_change(std::vector<refs::Change>& changes, std::string name, std::optional<std::string> before,
                std::optional<std::string> after) {
  if (before != after) changes.push_back({std::move(name), std::move(before), std::move(after)});
}

std::optional<std::string> hex_of(const std::optional<CommitId>& commit) {
  return commit ? std::optional(commit->hex()) : std::nullopt;
}

/// As many as find descriptors for what each has open at once, besides what the process has open all the time: a store,
/// a log, locks, and stored files that wait for their sync.
std::size_t threads_within(std::size_t open_files) {
  constexpr std::size_t kOfTheProcess = 40;
  constexpr std::size_t kOfAThread = 6;
  return open_files < kOfTheProcess + kOfAThread ? 1 : (open_files - kOfTheProcess) / kOfAThread;
}

}  // namespace

Session::Session(Context context_in, WorkingCopy copy_in, std::shared_ptr<store::Store> store_in,
                 refs::OperationLog log_in, std::string boot_id_in)
    : context(std::move(context_in)),
      copy(std::move(copy_in)),
      store(std::move(store_in)),
      log(std::move(log_in)),
      boot_id(std::move(boot_id_in)) {}

store::Variants& Session::variants() {
  if (!variants_) variants_ = std::make_unique<store::Variants>(store->dir());
  return *variants_;
}

base::ThreadPool& Session::pool() {
  if (!pool_) {
    std::size_t threads = context.threads != 0 ? context.threads : sys::usable_cores();
    pool_ = std::make_unique<base::ThreadPool>(std::min(threads, threads_within(sys::open_file_limit())));
  }
  return *pool_;
}

std::string Session::key(const std::string& field) const {
  return refs::worktree_key(copy.home.id, field);
}

Result<std::shared_ptr<const refs::State>> Session::state() {
  auto state = COWSTORE_TRY(log.current());
  if (state->view.contains(key("path"))) return state;
  auto own = std::make_shared<refs::State>(*state);
  own->view.set(key("path"), copy.path);
  own->view.set(key("commit"), hex_of(copy.home.commit));
  own->view.set(key("branch"), copy.home.branch);
  return std::shared_ptr<const refs::State>(std::move(own));
}

Result<Head> Session::head() {
  auto state = COWSTORE_TRY(this->state());
  Head head;
  head.commit = state->view.commit(key("commit"));
  head.branch = state->view.get(key("branch"));
  if (head.commit) head.roots = COWSTORE_TRY(roots_of(*head.commit));
  return head;
}

Result<object::TreeRoots> Session::roots_of(const CommitId& commit) {
  object::Commit read = COWSTORE_TRY(object::read_commit(*store, commit));
  return object::TreeRoots{read.tree, read.attributes};
}

Result<refs::Resolved> Session::resolve(const std::string& revision) {
  auto state = COWSTORE_TRY(this->state());
  refs::NodeCommitSource commits = commits_of(*store);
  Timestamp now = context.now();
  refs::ResolveContext resolving{state->view, copy.home.id, commits, log, now, context.utc_offset_minutes(now)};
  return refs::resolve(revision, resolving);
}

refs::NewOperation Session::new_operation() const {
  refs::NewOperation operation;
  operation.time = context.now();
  operation.utc_offset_minutes = context.utc_offset_minutes(operation.time);
  operation.user = context.user;
  operation.command = context.command_line;
  operation.worktree = copy.home.id;
  return operation;
}

Result<refs::Operation> Session::append(const refs::NewOperation& operation, refs::Durability durability) {
  COWSTORE_TRY(note_place());
  return append_alone(operation, durability);
}

/// Whether that path leads to this working copy too: through a bind mount, as in `cowstore run --at`.
bool Session::is_also_at(const std::string& path) const {
  auto there = sys::Dir::open(path);
  return there && is_same_directory(*there, copy.root);
}

/// In no working copy's name, so that nobody's `undo` finds it.
Result<void> Session::note_place() {
  auto state = COWSTORE_TRY(log.current());
  auto known = state->view.get(key("path"));
  if (!known) return {};
  refs::NewOperation operation = new_operation();
  operation.worktree.clear();
  if (*known != copy.path && !is_also_at(*known)) operation.changes.push_back({key("path"), known, copy.path});
  add_change(operation.changes, key("uuid"), state->view.get(key("uuid")), copy.recorded_uuid());
  if (operation.changes.empty()) return {};
  auto appended = append_alone(operation, refs::Durability::kNow);
  if (!appended && appended.error().code != ErrorCode::kConflict) return std::move(appended).error();
  return {};  // a conflict: another command has noted it by now
}

Result<refs::Operation> Session::append_alone(const refs::NewOperation& operation, refs::Durability durability) {
  refs::LockPolicy policy;
  policy.waiting = [this](const std::string& holder) {
    if (context.notice) context.notice("waiting for another cowstore to finish: " + holder);
  };
  auto appended = log.append(operation, policy, durability);
  if (!appended) return explain_read_only(std::move(appended).error());
  return appended;
}

index::StatIndex Session::load_index() const {
  return index::StatIndex::load(copy.control, boot_id);
}

changes::Tracked Session::tracked_in(const object::TreeRoots& roots) const {
  store::Store* source = store.get();
  return [source, roots](std::string_view path) -> Result<std::optional<object::EntryKind>> {
    if (!roots.tree) return std::optional<object::EntryKind>();
    auto found = object::resolve_path(*source, *roots.tree, path);
    if (found) return std::optional(found->kind);
    if (found.error().code == ErrorCode::kNotFound) return std::optional<object::EntryKind>();
    return std::move(found).error();
  };
}

const chunk::CutRule& Session::cut_rule() const {
  return chunk::rule_of(store->config().chunking);
}

std::vector<refs::Change> head_changes(const Session& session, const Head& now, const std::optional<CommitId>& commit,
                                       const std::optional<std::string>& branch) {
  std::vector<refs::Change> changes;
  add_change(changes, session.key("commit"), hex_of(now.commit), hex_of(commit));
  add_change(changes, session.key("branch"), now.branch, branch);
  return changes;
}

}  // namespace cowstore::repo
