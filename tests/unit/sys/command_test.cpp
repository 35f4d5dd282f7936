#include "sys/command.hpp"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/run_child.hpp"
#include "support/temp_dir.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::sys {
namespace {

constexpr unsigned kNobody = 65534;

Command shell(const std::string& script, const std::string& directory = "/") {
  Command command;
  command.arguments = {"sh", "-c", script};
  command.directory = directory;
  return command;
}

/// For children: their status, or 99 for an error.
int status_of(const Command& command) {
  auto end = run_in_foreground(command);
  return end ? end->status : 99;
}

/// Runs a command in a process of its own, which has standard output in a pipe.
class Runner {
 public:
  explicit Runner(const Command& command) : Runner([command] { return status_of(command); }) {}
  explicit Runner(const std::function<int()>& body)
      : pipe_(), child_((open(), [&] {
          ::dup2(pipe_[1], STDOUT_FILENO);
          ::close(pipe_[0]);
          ::close(pipe_[1]);
          return body();
        })) {
    ::close(pipe_[1]);
  }
  ~Runner() { ::close(pipe_[0]); }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// The next byte of the command's output; '\0' when nobody can write any more.
  char next() {
    char byte = 0;
    return ::read(pipe_[0], &byte, 1) == 1 ? byte : '\0';
  }
  void signal(int number) { ::kill(child_.pid(), number); }
  void wait_until_stopped() {
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child_.pid()), &info, WSTOPPED), 0);
  }
  test::ChildEnd wait() { return child_.wait(); }
  void kill() { child_.kill(); }

 private:
  void open() { ASSERT_EQ(::pipe2(pipe_, O_CLOEXEC), 0); }
  int pipe_[2];
  test::Child child_;
};

TEST(CommandTest, StatusSignalAndDirectoryAreTheCommands) {
  test::TempDir temp;
  EXPECT_EQ(run_in_foreground(shell("exit 7"))->status, 7);
  EXPECT_EQ(run_in_foreground(shell("kill -TERM $$"))->signal, SIGTERM);
  EXPECT_EQ(run_in_foreground(shell("pwd > it; exit 3", temp.path()))->status, 3);
  EXPECT_EQ(test::read_file(temp / "it"), temp.path() + "\n");
}

TEST(CommandTest, WhatCannotBeExecutedEndsAsInAShell) {
  test::TempDir temp;
  Command command;
  command.directory = "/";
  command.arguments = {"no-such-program-anywhere"};
  auto missing = run_in_foreground(command);
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(missing->status, 127);
  EXPECT_EQ(missing->not_started->path, "no-such-program-anywhere");
  test::write_file(temp / "text", "text");
  command.arguments = {temp / "text"};
  auto text = run_in_foreground(command);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->status, 126);
  EXPECT_FALSE(run_in_foreground(shell("exit 127"))->not_started);
}

TEST(CommandTest, NoCommandAndNoDirectoryAreErrors) {
  EXPECT_EQ(run_in_foreground(Command{}).error().code, ErrorCode::kUsage);
  auto nowhere = run_in_foreground(shell("exit 0", "/no/such/directory"));
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(nowhere.error().path, "/no/such/directory");
}

TEST(CommandTest, StandardOutputMayGoToStandardError) {
  Command command = shell("test /proc/self/fd/1 -ef /proc/self/fd/2");
  command.output = StandardOutput::kToStandardError;
  Runner runner(command);
  EXPECT_EQ(runner.next(), '\0');
  EXPECT_EQ(runner.wait().status, 0);
}

/// `a` shows at `b` and the other way round, which works only if both are found before either is hidden.
Command with_swapped(const test::TempDir& temp, const std::string& script) {
  Command command = shell(script, temp / "b");
  command.mounts = {{temp / "a", temp / "b"}, {temp / "b", temp / "a"}};
  return command;
}

TEST(CommandTest, MountsShowInTheCommandAlone) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  test::write_file(temp / "a/of-a", "");
  test::write_file(temp / "b/of-b", "");
  auto end = run_in_foreground(with_swapped(temp, "test -e of-a && test -e ../a/of-b && test ! -e of-b && : > made"));
  ASSERT_TRUE(end.ok()) << end.error().message();
  EXPECT_EQ(end->status, 0);
  EXPECT_TRUE(temp.open().exists("a/made"));
  EXPECT_TRUE(temp.open().exists("b/of-b"));
}

TEST(CommandTest, AnOrdinaryUserMountsInAUserNamespace) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  test::write_file(temp / "a/of-a", "");
  test::write_file(temp / "b/of-b", "");
  ASSERT_EQ(::chmod(temp.path().c_str(), 0755), 0);
  test::ChildEnd end = test::run_child([&] {
    const bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
    // As after an exec by that user.
    if (!dropped || ::prctl(PR_SET_DUMPABLE, 1) != 0) return 98;
    return status_of(with_swapped(temp, "test -e of-a && test -e ../a/of-b && test $(id -u) = 65534"));
  });
  EXPECT_EQ(end.status, 0);
}

TEST(CommandTest, WhatIsToBeMountedAndIsntThereIsNamed) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  Command command = shell("exit 0");
  command.mounts = {{temp / "absent", temp.path()}};
  auto end = run_in_foreground(command);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().path, temp / "absent");
  EXPECT_EQ(end.error().code, ErrorCode::kNotFound);
}

TEST(CommandTest, SignalsThatAreSentToItReachTheCommand) {
  Runner runner(shell("trap 'kill $!; exit 7' USR1; printf r; sleep 60 >/dev/null & wait"));
  ASSERT_EQ(runner.next(), 'r');
  runner.signal(SIGUSR1);
  EXPECT_EQ(runner.wait().status, 7);
}

TEST(CommandTest, AnIgnoredSignalStaysIgnored) {
  Runner runner([] {
    std::signal(SIGHUP, SIG_IGN);
    return status_of(shell("kill -HUP $PPID; kill -HUP $$; exit 5"));
  });
  EXPECT_EQ(runner.wait().status, 5);
}

TEST(CommandTest, ItStopsAndContinuesWithTheCommand) {
  Runner runner(shell("printf r; kill -STOP $$; exit 3"));
  ASSERT_EQ(runner.next(), 'r');
  runner.wait_until_stopped();
  runner.signal(SIGCONT);
  EXPECT_EQ(runner.wait().status, 3);
}

TEST(CommandTest, TheCommandDoesntOutliveIt) {
  Runner runner(shell("printf r; exec sleep 60"));
  ASSERT_EQ(runner.next(), 'r');
  runner.kill();
  EXPECT_EQ(runner.next(), '\0');
}

}  // namespace
}  // namespace cowstore::sys
