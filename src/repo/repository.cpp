#include "cowstore/repository.hpp"

#include "base/try.hpp"
#include "repo/checkout.hpp"
#include "repo/clone.hpp"
#include "repo/commit.hpp"
#include "repo/disk_use.hpp"
#include "repo/fsck.hpp"
#include "repo/history.hpp"
#include "repo/names.hpp"
#include "repo/open.hpp"
#include "repo/private_copy.hpp"
#include "repo/run.hpp"
#include "repo/session.hpp"
#include "repo/status.hpp"
#include "repo/worktrees.hpp"

namespace cowstore {

class Repository::Impl {
 public:
  explicit Impl(std::unique_ptr<repo::Session> opened) : session(std::move(opened)) {}
  std::unique_ptr<repo::Session> session;
};

Repository::Repository(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<InitReport> Repository::init(const std::string& directory, const InitOptions& options, const Context& context) {
  return repo::init(directory, options, context);
}

Result<Repository> Repository::open(const std::string& directory, const Context& context) {
  return Repository(std::make_unique<Impl>(COWSTORE_TRY(repo::open(directory, context))));
}

Result<Repository> Repository::open_around(const std::string& directory, const Context& context) {
  return Repository(std::make_unique<Impl>(COWSTORE_TRY(repo::open_around(directory, context))));
}

const std::string& Repository::working_copy_path() const {
  return impl_->session->copy.path;
}
std::string Repository::store_path() const {
  return impl_->session->copy.store_path();
}
Result<std::string> Repository::relative_path(const std::string& from, const std::string& path) const {
  return repo::path_within(working_copy_path(), from, path);
}

Result<Status> Repository::status(const StatusOptions& options) {
  return repo::status(*impl_->session, options);
}
Result<CommitReport> Repository::commit(const CommitOptions& options) {
  return repo::commit(*impl_->session, options);
}
Result<CheckoutReport> Repository::switch_to(const std::string& revision, const CheckoutOptions& options) {
  return repo::switch_to(*impl_->session, revision, options);
}
Result<CheckoutReport> Repository::checkout(const std::string& revision, const std::string& directory,
                                            const CheckoutOptions& options) {
  return repo::checkout_new(*impl_->session, revision, directory, options);
}
Result<RunReport> Repository::run(const RunOptions& options) {
  return repo::run(*impl_->session, options);
}
Result<CloneReport> Repository::clone(const std::string& directory, const CloneOptions& options) {
  return repo::clone(*impl_->session, directory, options);
}
Result<CheckoutReport> Repository::restore(const RestoreOptions& options) {
  return repo::restore(*impl_->session, options);
}
Result<UndoReport> Repository::undo(Overwrite overwrite) {
  return repo::undo(*impl_->session, overwrite);
}

Result<CommitInfo> Repository::show(const std::string& revision) {
  return repo::show(*impl_->session, revision);
}
Result<void> Repository::log(const LogOptions& options, const std::function<Result<bool>(const CommitInfo&)>& sink) {
  return repo::log(*impl_->session, options, sink);
}
Result<void> Repository::diff(const std::optional<std::string>& before, const std::optional<std::string>& after,
                              const ChangeSink& sink, const Scope& scope) {
  return repo::diff(*impl_->session, before, after, sink, scope);
}
Result<void> Repository::changes_of(const CommitId& commit, const ChangeSink& sink) {
  return repo::changes_of(*impl_->session, commit, sink);
}
Result<void> Repository::list(const std::string& revision_path, Recursion recursion,
                              const std::function<Result<void>(const EntryInfo&)>& sink) {
  return repo::list(*impl_->session, revision_path, recursion, sink);
}
Result<void> Repository::cat(const std::string& revision_path, const ContentSink& sink) {
  return repo::cat(*impl_->session, revision_path, sink);
}
Result<void> Repository::read_content(const EntryInfo& entry, const ContentSink& sink) {
  return repo::read_content(*impl_->session, entry, sink);
}

Result<std::vector<RefInfo>> Repository::branches() {
  return repo::branches(*impl_->session);
}
Result<std::vector<RefInfo>> Repository::tags() {
  return repo::tags(*impl_->session);
}
Result<RefInfo> Repository::create_branch(const std::string& name, const std::string& revision, Overwrite overwrite) {
  return repo::create_branch(*impl_->session, name, revision, overwrite);
}
Result<RefInfo> Repository::create_tag(const std::string& name, const std::string& revision, Overwrite overwrite) {
  return repo::create_tag(*impl_->session, name, revision, overwrite);
}
Result<RefInfo> Repository::delete_branch(const std::string& name, Overwrite overwrite) {
  return repo::delete_branch(*impl_->session, name, overwrite);
}
Result<RefInfo> Repository::delete_tag(const std::string& name) {
  return repo::delete_tag(*impl_->session, name);
}

Result<std::vector<OperationInfo>> Repository::operations(std::uint64_t limit) {
  return repo::operations(*impl_->session, limit);
}
Result<OperationInfo> Repository::restore_operation(const std::string& operation) {
  return repo::restore_operation(*impl_->session, operation);
}

Result<std::vector<WorktreeInfo>> Repository::worktrees(const WorktreeListOptions& options) {
  return repo::list_worktrees(*impl_->session, options);
}
Result<WorktreeRemoveReport> Repository::remove_worktree(const std::string& from, const std::string& name,
                                                         Overwrite overwrite) {
  COWSTORE_TRY(repo::refuse_in_private_copy(*impl_->session, "remove a working copy"));
  return repo::remove_worktree(*impl_->session, name.starts_with('/') ? name : from + "/" + name, name, overwrite);
}
Result<WorktreeMoveReport> Repository::move_worktree(const std::string& from, const std::string& name,
                                                     const std::string& to) {
  auto absolute = [&](const std::string& path) { return path.starts_with('/') ? path : from + "/" + path; };
  COWSTORE_TRY(repo::refuse_in_private_copy(*impl_->session, "move a working copy"));
  return repo::move_worktree(*impl_->session, absolute(name), name, absolute(to));
}
Result<WorktreeMountReport> Repository::mount_worktree(const std::string& from, const std::string& name) {
  COWSTORE_TRY(repo::refuse_in_private_copy(*impl_->session, "mount a working copy"));
  return repo::mount_worktree(*impl_->session, name.starts_with('/') ? name : from + "/" + name, name);
}
Result<WorktreeMountReport> Repository::unmount_worktree(const std::string& from, const std::string& name) {
  COWSTORE_TRY(repo::refuse_in_private_copy(*impl_->session, "unmount a working copy"));
  return repo::unmount_worktree(*impl_->session, name.starts_with('/') ? name : from + "/" + name, name);
}
Result<std::vector<std::string>> Repository::unmounted_worktrees() {
  return repo::unmounted_worktrees(*impl_->session);
}
Result<WorktreePruneReport> Repository::prune_worktrees(const WorktreePruneOptions& options) {
  COWSTORE_TRY(repo::refuse_in_private_copy(*impl_->session, "prune working copies"));
  return repo::prune_worktrees(*impl_->session, options);
}
Result<WorktreeRepairReport> Repository::repair_worktrees(const std::vector<std::string>& paths) {
  COWSTORE_TRY(repo::refuse_in_private_copy(*impl_->session, "repair working copies"));
  return repo::repair_worktrees(*impl_->session, paths);
}

Result<DiskUse> Repository::disk_use(const DiskUseOptions& options) {
  return repo::disk_use(*impl_->session, options);
}
Result<FsckReport> Repository::fsck() {
  return repo::fsck(*impl_->session);
}

const char* version() {
  return COWSTORE_VERSION;
}

}  // namespace cowstore
