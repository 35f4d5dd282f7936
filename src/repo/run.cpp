#include "repo/run.hpp"

#include <utility>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/checkout.hpp"
#include "repo/commit.hpp"
#include "repo/open.hpp"
#include "repo/private_copy.hpp"
#include "sys/command.hpp"
#include "sys/namespaces.hpp"
#include "sys/ownership.hpp"

namespace cowstore::repo {

namespace {

CheckoutOptions checkout_options(const RunOptions& options) {
  CheckoutOptions checkout;
  checkout.method = options.method;
  checkout.cow = options.cow;
  return checkout;
}

/// Nobody watches what the command writes to, and through a link it would write to other working copies, too.
Error links_are_unguarded(const std::string& revision) {
  return {ErrorCode::kUnsupported,
          0,
          "run a command in",
          revision,
          "in a copy made of hard links it could write to files that other working copies have, too",
          "leave out --method"};
}

/// A private working copy, and a command in it.
class PrivateRun {
 public:
  PrivateRun(Session& session, const RunOptions& options) : session_(session), options_(options) {}

  Result<RunReport> run() {
    if (options_.method == CheckoutMethod::kHardlink) return links_are_unguarded(options_.revision);
    const std::string& top = session_.copy.path;
    below_ = COWSTORE_TRY(path_within(top, top, options_.directory));
    version_ = COWSTORE_TRY(session_.resolve(options_.revision));
    COWSTORE_TRY(options_.keep ? run_and_keep() : run_and_discard());
    return std::move(report_);
  }

 private:
  /// It follows no branch, so that nothing that happens to the branch meanwhile keeps the result from being committed.
  Result<void> run_and_discard() {
    PrivatePlace place = COWSTORE_TRY(PrivatePlace::make(session_));
    auto done = run_in_copy(version_.commit.hex(), place.path(), Place::kInStore);
    if (!done && started_ && options_.commit) return keep_uncommitted(place, std::move(done).error());
    COWSTORE_TRY(std::move(done));
    COWSTORE_TRY(advance_branch());
    auto discarded = place.discard();
    if (!discarded && session_.context.notice)
      session_.context.notice("the private copy isn't all removed (" + discarded.error().message() +
                              "): `cowstore worktree prune` does the rest");
    return {};
  }

  /// The outcome may have taken hours to make.
  static Error keep_uncommitted(PrivatePlace& place, Error error) {
    const std::string path = place.path();
    if (!place.keep()) return error;
    if (!error.hint.empty()) error.hint += "; ";
    error.hint +=
        "what the command made is in " + path + ": `cowstore commit` it there, and `cowstore worktree remove` it";
    return error;
  }

  /// As `checkout` would have made it.
  Result<void> run_and_keep() {
    auto done = run_in_copy(options_.revision, *options_.keep, Place::kUsers);
    report_.kept = started_;
    if (!started_ && !report_.copy.path.empty()) (void)remove_copy(session_, report_.copy.path);
    return done;
  }

  Result<void> run_in_copy(const std::string& revision, const std::string& path, Place place) {
    report_.copy = COWSTORE_TRY(checkout_new(session_, revision, path, checkout_options(options_), place));
    COWSTORE_TRY(check_directory());
    sys::Command command = COWSTORE_TRY(command_in_copy());
    if (session_.context.progress != nullptr) session_.context.progress->clear();
    sys::CommandEnd end = COWSTORE_TRY(sys::run_in_foreground(command));
    started_ = !end.not_started;
    report_.status = end.status;
    report_.signal = end.signal;
    report_.not_started = std::move(end.not_started);
    if (options_.commit && succeeded()) COWSTORE_TRY(commit());
    return {};
  }

  [[nodiscard]] bool succeeded() const { return report_.status == 0 && report_.signal == 0; }

  Result<void> check_directory() const {
    if (below_.empty() || sys::Dir::open(report_.copy.path + "/" + below_)) return {};
    Error error;
    error.code = ErrorCode::kNotFound;
    error.operation = "run in";
    error.path = options_.directory;
    error.reason = options_.revision + " has no such directory";
    error.hint = "start it in a directory that the version has, or name one with -C";
    return error;
  }

  /// The copy takes the place of the working copy. Where that hides the store, the store comes back in it.
  Result<sys::Command> command_in_copy() const {
    const std::string& top = session_.copy.path;
    const std::string store = session_.copy.store_path();
    sys::Command command;
    command.arguments = options_.command;
    command.directory = below_.empty() ? top : top + "/" + below_;
    command.mounts = {{report_.copy.path, top}};
    if (store.starts_with(top + "/")) {
      sys::Dir copy = COWSTORE_TRY(sys::Dir::open(report_.copy.path));
      COWSTORE_TRY(copy.make_dirs(store.substr(top.size() + 1), 0777));
      command.mounts.push_back({store, store});
    }
    if (options_.output == RunOptions::StandardOutput::kToStandardError)
      command.output = sys::StandardOutput::kToStandardError;
    return command;
  }

  Result<void> commit() {
    auto opened = COWSTORE_TRY(open_at(report_.copy.path, session_.context));
    report_.commit = COWSTORE_TRY(repo::commit(*opened, *options_.commit));
    return {};
  }

  Result<void> advance_branch() {
    if (!report_.commit || !report_.commit->created || version_.branch.empty()) return {};
    const std::string made = report_.commit->commit.hex();
    refs::NewOperation operation = session_.new_operation();
    operation.changes = {{refs::branch_key(version_.branch), version_.commit.hex(), made}};
    auto appended = session_.append(operation);
    if (appended) {
      report_.commit->branch = version_.branch;
      return {};
    }
    Error error = std::move(appended).error();
    if (error.code == ErrorCode::kConflict) error.reason = "it has moved on meanwhile";
    error.operation = "advance the branch";
    error.path = version_.branch;
    error.hint = "the result is the commit " + made + ": `cowstore branch NEW " + made + "` gives it a name";
    return error;
  }

  Session& session_;
  const RunOptions& options_;
  std::string below_;  ///< where the command starts, relative to the working copy
  refs::Resolved version_;
  RunReport report_;
  bool started_ = false;
};

/// Before anything else, while there is one thread.
Result<void> gain_right_to_mount(const RunOptions& options) {
  if (sys::privileges().trusted_attributes) return {};  // CAP_SYS_ADMIN
  if (options.keep)
    return Error{ErrorCode::kUnsupported,
                 0,
                 "keep the overlay",
                 *options.keep,
                 "mounting where everybody sees it takes root (CAP_SYS_ADMIN)",
                 "run it as root, use another --method, or --commit what it makes"};
  return sys::enter_own_namespaces();
}

}  // namespace

Result<RunReport> run(Session& session, const RunOptions& options) {
  if (options.command.empty()) return Error{ErrorCode::kUsage, 0, "run", "", "no command is given", ""};
  if (options.method == CheckoutMethod::kOverlay) COWSTORE_TRY(gain_right_to_mount(options));
  return PrivateRun(session, options).run();
}

}  // namespace cowstore::repo
