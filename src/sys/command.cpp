#include "sys/command.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sys/error.hpp"
#include "sys/fd.hpp"
#include "sys/foreground.hpp"

namespace cowstore::sys {

namespace {

constexpr int kNotFound = 127;
constexpr int kNotExecutable = 126;
constexpr std::size_t kMaxMounts = 8;

enum class Step : int { kSeparate, kBecomeUser, kDetach, kTakeSource, kMount, kEnter, kExecute };

/// What the child reports before it gives up.
struct Failure {
  Step step;
  std::size_t mount;  ///< at which it was
  int error;          ///< errno
};

/// All that the child needs, made before the fork: behind it there are system calls only.
struct Prepared {
  explicit Prepared(const Command& from) : command(from) {
    for (const std::string& argument : from.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const std::string user = std::to_string(::geteuid());
    const std::string group = std::to_string(::getegid());
    user_map = user + " " + user + " 1\n";
    group_map = group + " " + group + " 1\n";
  }
  const Command& command;
  std::vector<char*> argv;
  std::string user_map;
  std::string group_map;
};

/// The child between fork and exec.
class Child {
 public:
  Child(const Prepared& prepared, int report) : prepared_(prepared), report_(report) {}

  [[noreturn]] void run() {
    if (!prepared_.command.mounts.empty()) mount_all();
    if (::chdir(prepared_.command.directory.c_str()) != 0) fail(Step::kEnter);
    if (prepared_.command.output == StandardOutput::kToStandardError) (void)::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execvp(prepared_.argv[0], prepared_.argv.data());
    fail(Step::kExecute);
  }

 private:
  [[noreturn]] void fail(Step step) {
    const Failure failure{step, mount_, errno};
    (void)!::write(report_, &failure, sizeof failure);
    ::_exit(kNotFound);
  }

  void write_file(const char* path, const std::string& text) {
    const int file = ::open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) fail(Step::kBecomeUser);
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail(Step::kBecomeUser);
    ::close(file);
  }

  /// Who may mount does; others get the right to in a user namespace, in which they are who they were.
  void separate() {
    if (::unshare(CLONE_NEWNS) == 0) return;
    if (errno != EPERM) fail(Step::kSeparate);
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) fail(Step::kSeparate);
    static const std::string deny = "deny";
    write_file("/proc/self/setgroups", deny);
    write_file("/proc/self/uid_map", prepared_.user_map);
    write_file("/proc/self/gid_map", prepared_.group_map);
  }

  void mount_all() {
    separate();
    // What is mounted here stays here; what the system mounts later still comes.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) fail(Step::kDetach);
    int trees[kMaxMounts];
    const std::vector<BindMount>& mounts = prepared_.command.mounts;
    for (mount_ = 0; mount_ < mounts.size(); ++mount_) {
      trees[mount_] =
          ::open_tree(AT_FDCWD, mounts[mount_].source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
      if (trees[mount_] < 0) fail(Step::kTakeSource);
    }
    for (mount_ = 0; mount_ < mounts.size(); ++mount_) {
      const char* target = mounts[mount_].target.c_str();
      if (::move_mount(trees[mount_], "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) != 0) fail(Step::kMount);
    }
  }

  const Prepared& prepared_;
  int report_;
  std::size_t mount_ = 0;
};

Error may_not_mount(const Command& command, int error) {
  Error failure = system_error("mount in a namespace of its own", command.mounts.front().target, error);
  failure.code = ErrorCode::kUnsupported;
  failure.hint =
      "it takes CAP_SYS_ADMIN or user namespaces: run it as root, or allow them (kernel.unprivileged_userns_clone, "
      "user.max_user_namespaces, AppArmor's restriction of them)";
  return failure;
}

Error error_of(const Command& command, const Failure& failure) {
  switch (failure.step) {
    case Step::kSeparate:
    case Step::kBecomeUser:
    case Step::kDetach:
      return may_not_mount(command, failure.error);
    case Step::kTakeSource:
      return system_error("mount", command.mounts[failure.mount].source, failure.error);
    case Step::kMount:
      return system_error("mount at", command.mounts[failure.mount].target, failure.error);
    case Step::kEnter:
      return system_error("enter the directory", command.directory, failure.error);
    case Step::kExecute:
      return system_error("run", command.arguments.front(), failure.error);
  }
  return {};
}

CommandEnd not_executed(const Command& command, const Failure& failure) {
  CommandEnd end;
  end.status = failure.error == ENOENT || failure.error == ENOTDIR ? kNotFound : kNotExecutable;
  end.not_started = error_of(command, failure);
  return end;
}

CommandEnd end_of(int wait_status) {
  CommandEnd end;
  if (WIFSIGNALED(wait_status)) end.signal = WTERMSIG(wait_status);
  if (WIFEXITED(wait_status)) end.status = WEXITSTATUS(wait_status);
  return end;
}

}  // namespace

Result<CommandEnd> run_in_foreground(const Command& command) {
  if (command.arguments.empty()) return Error{ErrorCode::kUsage, 0, "run", "", "no command is given", ""};
  if (command.mounts.size() > kMaxMounts)
    return Error{ErrorCode::kUnsupported, 0, "run", command.arguments[0], "it has too many mounts", ""};
  const Prepared prepared(command);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe for", command.arguments[0], errno);
  const Fd from_child(ends[0]);
  Fd to_parent(ends[1]);
  detail::Foreground foreground;
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("start a process for", command.arguments[0], errno);
  if (pid == 0) {
    foreground.leave();
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(kNotFound);  // it died before that call
    Child(prepared, to_parent.get()).run();
  }
  to_parent = Fd();
  const int status = foreground.wait_for(pid);
  Failure failure{};
  // Empty when it was executed, since the pipe was closed by that.
  if (::read(from_child.get(), &failure, sizeof failure) != static_cast<ssize_t>(sizeof failure)) return end_of(status);
  if (failure.step == Step::kExecute) return not_executed(command, failure);
  return error_of(command, failure);
}

}  // namespace cowstore::sys
