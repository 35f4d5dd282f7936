// `cowstore run --at`: a command in a private copy of a version, at the path of the working copy.
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "support/as_nobody.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"
#include "system/outside_oracle.hpp"

namespace cowstore::test {

namespace {

/// A repository with two versions, and edits on top, on each file system.
class RunTest : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    ready_ = !skipped() && is_root_or_skip();
    if (!ready_) return;
    make_repository(copy());
    write_file(copy() + "/text", "one");
    write_file(copy() + "/dir/large", std::string(100'000, 'x'));
    set_mtime(copy() + "/dir/large", Timestamp{981'173'106, 789'012'345});
    first = commit_all(copy(), "first").commit;
    write_file(copy() + "/text", "two");
    commit_all(copy(), "second");
    write_file(copy() + "/text", "edited");
  }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string kept() const { return temp() / "kept"; }

  [[nodiscard]] RunOptions shell(const std::string& script, const std::string& revision = "@~1") const {
    RunOptions options;
    options.revision = revision;
    options.command = {"sh", "-ec", script};
    options.directory = copy();
    return options;
  }
  [[nodiscard]] Result<RunReport> run(const RunOptions& options) const { return open_repository(copy()).run(options); }
  /// The exit status of a command that was run.
  [[nodiscard]] int status_after(const RunOptions& options) const { return must(run(options)).status; }

  /// No private copy is left, nor a registration of one.
  void expect_nothing_left() const {
    EXPECT_EQ(names_in(copy() + "/.cowstore/store/run"), std::vector<std::string>{"lock"});
    EXPECT_EQ(must(open_repository(copy()).create_branch("unfollowed", "@", Overwrite::kForce)).name, "unfollowed");
    must(open_repository(copy()).delete_branch("unfollowed", Overwrite::kForce));
    expect_sound(copy());
  }

  CommitId first;

 private:
  bool ready_ = false;
};
INSTANTIATE_TEST_SUITE_P(On, RunTest, every_filesystem(), filesystem_param_name);

/// Whose disk is full as soon as there is a file of that path.
class FullOnce : public sys::Observer {
 public:
  explicit FullOnce(std::string path) : path_(std::move(path)) {}
  int before(sys::Call call, std::uint64_t, std::string_view) override {
    return call == sys::Call::kWrite && exists(path_) ? ENOSPC : 0;
  }

 private:
  std::string path_;
};

CommitOptions message(const std::string& text) {
  CommitOptions options;
  options.message = text;
  return options;
}

}  // namespace

TEST_P(RunTest, TheCommandSeesTheVersionAtThePathOfTheWorkingCopy) {
  if (!ready()) return;
  const std::string script = "test \"$(pwd)\" = '" + copy() + "'; test \"$(cat '" + copy() + "/text')\" = one; " +
                             "test \"$(stat -c %.9Y dir/large)\" = 981173106.789012345; echo new > text; : > made";
  RunReport report = must(run(shell(script)));
  EXPECT_EQ(report.status, 0);
  EXPECT_EQ(report.copy.commit, first);
  EXPECT_EQ(report.copy.sharing.cloned, filesystem() == "ext4" ? 0U : 1U);
  EXPECT_FALSE(report.kept);
  EXPECT_FALSE(report.commit);
  EXPECT_EQ(read_file(copy() + "/text"), "edited");
  EXPECT_FALSE(exists(copy() + "/made"));
  expect_nothing_left();
}

TEST_P(RunTest, StatusAndSignalAreTheCommands) {
  if (!ready()) return;
  EXPECT_EQ(status_after(shell("exit 42")), 42);
  EXPECT_EQ(must(run(shell("kill -TERM $$"))).signal, SIGTERM);
  RunOptions missing = shell("");
  missing.command = {"no-such-program-anywhere"};
  RunReport report = must(run(missing));
  EXPECT_EQ(report.status, 127);
  EXPECT_TRUE(report.not_started);
  expect_nothing_left();
}

TEST_P(RunTest, ItStartsInTheCallersDirectory) {
  if (!ready()) return;
  RunOptions options = shell("test -e large");
  options.directory = copy() + "/dir";
  EXPECT_EQ(status_after(options), 0);
  make_dirs(copy() + "/unversioned");
  options.directory = copy() + "/unversioned";
  expect_error(run(options), ErrorCode::kNotFound, "unversioned");
  options.directory = temp().path();
  expect_error(run(options), ErrorCode::kUsage, "outside");
  expect_nothing_left();
}

TEST_P(RunTest, OnBtrfsThePrivateCopyIsASnapshotOfATemplate) {
  if (!ready()) return;
  RunOptions options = shell("test \"$(cat text)\" = one; echo changed > text");
  options.method = CheckoutMethod::kSnapshot;
  options.commit = message("by a snapshot");
  if (filesystem() != "btrfs") {
    expect_error(run(options), ErrorCode::kUnsupported, "Btrfs");
    return expect_nothing_left();
  }
  RunReport report = must(run(options));
  EXPECT_EQ(report.status, 0);
  EXPECT_EQ(report.copy.method, "snapshot");
  ASSERT_TRUE(report.commit);
  EXPECT_EQ(cat(copy(), report.commit->commit.hex() + ":text"), "changed\n");
  expect_nothing_left();
  EXPECT_EQ(must(run(shell("test \"$(cat text)\" = one"))).copy.method, "snapshot");
  expect_nothing_left();
}

TEST_P(RunTest, WhatIsKeptIsAWorkingCopy) {
  if (!ready()) return;
  RunOptions options = shell("echo new > text; exit 3");
  options.keep = kept();
  RunReport report = must(run(options));
  EXPECT_EQ(report.status, 3);
  EXPECT_TRUE(report.kept);
  EXPECT_EQ(report.copy.path, kept());
  EXPECT_EQ(status_of(kept()).modified.size(), 1U);
  EXPECT_EQ(status_of(kept()).commit, first);
  must(open_repository(kept()).commit(message("kept")));
  EXPECT_EQ(cat(copy(), must(open_repository(kept()).show("@")).id.hex() + ":text"), "new\n");
  expect_sound(copy());
}

TEST_P(RunTest, NothingIsKeptOfACommandThatCouldNotStart) {
  if (!ready()) return;
  RunOptions options = shell("");
  options.command = {"no-such-program-anywhere"};
  options.keep = kept();
  EXPECT_FALSE(must(run(options)).kept);
  EXPECT_FALSE(exists(kept()));
  write_file(kept() + "/mine", "mine");
  options = shell("echo > '" + (temp() / "ran") + "'");
  options.keep = kept();
  expect_error(run(options), ErrorCode::kConflict, kept());
  EXPECT_FALSE(exists(temp() / "ran"));
  EXPECT_EQ(read_file(kept() + "/mine"), "mine");
}

TEST_P(RunTest, TheOutcomeOfASuccessIsCommittedOnTheBranch) {
  if (!ready()) return;
  RunOptions options = shell("cat text >> log", "main");
  options.commit = message("by the command");
  RunReport report = must(run(options));
  ASSERT_TRUE(report.commit);
  EXPECT_TRUE(report.commit->created);
  EXPECT_EQ(report.commit->branch, "main");
  EXPECT_EQ(cat(copy(), "main:log"), "two");
  EXPECT_EQ(must(open_repository(copy()).show("main")).message, "by the command");
  options = shell("cat text >> log; exit 1", "main");
  options.commit = message("never");
  EXPECT_FALSE(must(run(options)).commit);
  EXPECT_EQ(must(open_repository(copy()).show("main")).message, "by the command");
  expect_nothing_left();
}

TEST_P(RunTest, AnOutcomeThatCouldNotBeCommittedStays) {
  if (!ready()) return;
  FullOnce full(temp() / "made");
  RunOptions options = shell("echo precious > text; echo > '" + (temp() / "made") + "'", "main");
  options.commit = message("too much");
  std::string hint;
  {
    ScopedObserver watching(full);
    auto failed = run(options);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kNoSpace);
    hint = failed.error().hint;
  }
  const std::size_t at = hint.find(" is in ") + 7;
  const std::string path = hint.substr(at, hint.find(": `", at) - at);
  must(run(shell("true")));  // which clears up what others left
  ASSERT_EQ(read_file(path + "/text"), "precious\n") << hint;
  EXPECT_TRUE(commit_all(path, "after all").created);
  must(open_repository(copy()).remove_worktree(copy(), path, Overwrite::kRefuse));
  must(run(shell("true")));
  expect_nothing_left();
}

TEST_P(RunTest, OfAnyOtherRevisionTheCommitIsDetached) {
  if (!ready()) return;
  RunOptions options = shell("echo new > text");
  options.commit = message("detached");
  RunReport report = must(run(options));
  EXPECT_EQ(report.commit->branch, std::nullopt);
  const std::string id = report.commit->commit.hex();
  EXPECT_EQ(cat(copy(), id + ":text"), "new\n");
  EXPECT_EQ(must(open_repository(copy()).show(id)).parents, std::vector<CommitId>{first});
}

TEST_P(RunTest, ABranchThatMovedOnKeepsTheOutcomeAsACommit) {
  if (!ready()) return;
  ASSERT_EQ(::mkfifo((temp() / "started").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((temp() / "moved").c_str(), 0600), 0);
  Child child([&] {
    RunOptions options =
        shell("echo by-run > text; echo > '" + (temp() / "started") + "'; cat '" + (temp() / "moved") + "'", "main");
    options.commit = message("late");
    auto late = run(options);
    if (late || late.error().code != ErrorCode::kConflict || late.error().path != "main") return 1;
    const std::string& hint = late.error().hint;
    const std::size_t at = hint.find("the commit ") + 11;
    return cat(copy(), hint.substr(at, 64) + ":text") == "by-run\n" ? 0 : 2;
  });
  read_file(temp() / "started");
  commit_all(copy(), "third");
  write_file(temp() / "moved", "");
  EXPECT_EQ(child.wait().status, 0);
  EXPECT_EQ(must(open_repository(copy()).show("main")).message, "third");
  expect_nothing_left();
}

TEST_P(RunTest, RunsDontSeeEachOther) {
  if (!ready()) return;
  ASSERT_EQ(::mkfifo((temp() / "first-is-in").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((temp() / "second-is-done").c_str(), 0600), 0);
  Child child([&] {
    return status_after(shell("echo mine > text; echo > '" + (temp() / "first-is-in") + "'; cat '" +
                              (temp() / "second-is-done") + "'; test \"$(cat text)\" = mine"));
  });
  read_file(temp() / "first-is-in");
  EXPECT_EQ(status_after(shell("test \"$(cat text)\" = one; echo other > text")), 0);
  write_file(temp() / "second-is-done", "");
  EXPECT_EQ(child.wait().status, 0);
  expect_nothing_left();
}

TEST_P(RunTest, WhatAKilledRunLeavesIsRemovedByTheNext) {
  if (!ready()) return;
  ASSERT_EQ(::mkfifo((temp() / "started").c_str(), 0600), 0);
  Child child([&] { return status_after(shell("echo > '" + (temp() / "started") + "'; exec sleep 60")); });
  read_file(temp() / "started");
  child.kill();
  EXPECT_TRUE(child.wait().killed());
  EXPECT_EQ(names_in(copy() + "/.cowstore/store/run").size(), 2U);
  EXPECT_EQ(status_after(shell("exit 0")), 0);
  expect_nothing_left();
}

TEST_P(RunTest, WhatAKilledRunLeavesIsPruned) {
  if (!ready()) return;
  ASSERT_EQ(::mkfifo((temp() / "started").c_str(), 0600), 0);
  Child child([&] { return status_after(shell("echo > '" + (temp() / "started") + "'; exec sleep 60")); });
  read_file(temp() / "started");
  EXPECT_TRUE(must(open_repository(copy()).prune_worktrees({})).removed.empty()) << "a running one's";
  child.kill();
  EXPECT_TRUE(child.wait().killed());
  WorktreePruneOptions dry;
  dry.run = WorktreePruneOptions::Run::kDryRun;
  EXPECT_EQ(must(open_repository(copy()).prune_worktrees(dry)).removed.size(), 1U);
  EXPECT_EQ(must(open_repository(copy()).prune_worktrees({})).removed.size(), 1U);
  expect_nothing_left();
}

TEST_P(RunTest, WorkingCopiesAreNotTidiedUpFromWithin) {
  if (!ready()) return;
  ASSERT_EQ(::mkfifo((temp() / "started").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((temp() / "tried").c_str(), 0600), 0);
  Child child(
      [&] { return status_after(shell("echo > '" + (temp() / "started") + "'; cat '" + (temp() / "tried") + "'")); });
  read_file(temp() / "started");
  const std::string places = copy() + "/.cowstore/store/run";
  for (const std::string& name : names_in(places)) {
    if (name == "lock") continue;
    Repository within = open_repository(places + "/" + name + "/copy");
    expect_error(within.prune_worktrees({}), ErrorCode::kUnsupported, "hidden");
    expect_error(within.remove_worktree("/", copy(), Overwrite::kForce), ErrorCode::kUnsupported, "hidden");
  }
  write_file(temp() / "tried", "");
  EXPECT_EQ(child.wait().status, 0);
  expect_nothing_left();
}

TEST_P(RunTest, OrdinaryUsersRunInAUserNamespace) {
  if (!ready()) return;
  run_shell(temp().path(), "chown -R 65534:65534 copy; chmod 0755 .");
  const int status = run_child([&] {
                       const bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 &&
                                            ::setuid(kNobody) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0;
                       return dropped ? status_after(shell("test \"$(cat text)\" = one; echo new > text; exit 7")) : 99;
                     }).status;
  EXPECT_EQ(status, 7);
  EXPECT_EQ(read_file(copy() + "/text"), "edited");
}

TEST_P(RunTest, WithoutTheRightToMountItIsRefused) {
  if (!ready()) return;
  run_shell(temp().path(), "chown -R 65534:65534 copy; chmod 0755 .");
  const int status = run_child([&] {
                       // Without that, nobody may write the map of a user namespace.
                       const bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 &&
                                            ::setuid(kNobody) == 0 && ::prctl(PR_SET_DUMPABLE, 0) == 0;
                       auto refused = run(shell("exit 0"));
                       return dropped && !refused && refused.error().code == ErrorCode::kUnsupported ? 0 : 1;
                     }).status;
  EXPECT_EQ(status, 0);
  expect_nothing_left();
}

}  // namespace cowstore::test
