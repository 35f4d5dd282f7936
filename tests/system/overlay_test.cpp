// Working copies that are overlays of a template.
#include <gmock/gmock.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "support/as_nobody.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/tree_editor.hpp"
#include "system/outside_oracle.hpp"
#include "system/worktree_bed.hpp"

namespace cowstore::test {

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kLarge = 300'000;

CheckoutOptions overlay_method() {
  CheckoutOptions options;
  options.method = CheckoutMethod::kOverlay;
  return options;
}

/// What is mounted here no other test sees: a mount namespace that one of them makes meanwhile would hold it, and it
/// would stay in use after it was unmounted.
bool has_mounts_of_its_own() {
  static const bool separated =
      ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return separated;
}

class Overlays : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    ready_ = !skipped() && is_root_or_skip();
    if (!ready_) return;
    ASSERT_TRUE(has_mounts_of_its_own());
    make_repository(main());
    write_file(main() + "/d/large", random_bytes(kLarge, 1));
    write_file(main() + "/d/e/small", "small");
    write_file(main() + "/tool", "#!/bin/sh\n", 0755);
    make_symlink("tool", main() + "/link");
    set_mtime(main() + "/d/large", {1'000'000'000, 123'456'789});
    first = commit_all(main(), "first").commit;
  }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::string main() const { return temp() / "main"; }
  [[nodiscard]] std::string side() const { return temp() / "side"; }
  [[nodiscard]] std::string overlays() const { return main() + "/.cowstore/store/overlays"; }

  CheckoutReport check_out_overlay() const { return check_out(main(), "main", side(), overlay_method()); }
  Result<WorktreeMountReport> mount() const { return open_repository(main()).mount_worktree(temp().path(), "side"); }
  Result<WorktreeMountReport> unmount() const {
    return open_repository(main()).unmount_worktree(temp().path(), "side");
  }
  Result<WorktreeRemoveReport> remove(Overwrite overwrite = Overwrite::kRefuse) const {
    return open_repository(main()).remove_worktree(temp().path(), "side", overwrite);
  }
  [[nodiscard]] std::vector<WorktreeInfo> registered() const { return must(open_repository(main()).worktrees({})); }
  [[nodiscard]] std::vector<std::string> places() const {
    std::vector<std::string> names = exists(overlays()) ? names_in(overlays()) : std::vector<std::string>();
    std::erase(names, "lock");
    return names;
  }
  void expect_nothing_left() const {
    EXPECT_THAT(places(), IsEmpty());
    EXPECT_FALSE(exists(side()));
    EXPECT_EQ(registered().size(), 1U);
    expect_sound(main());
  }

  CommitId first;

 private:
  bool ready_ = false;
};
INSTANTIATE_TEST_SUITE_P(On, Overlays, every_filesystem(), filesystem_param_name);

class OverlaysOnOne : public Overlays {};
constexpr std::uint64_t kStep = COWSTORE_SOAK != 0 ? 1 : 7;  ///< from one point to die at to the next
INSTANTIATE_TEST_SUITE_P(On, OverlaysOnOne, testing::Values("ext4"), filesystem_param_name);

/// What `from` shows becomes what is in `to`, but for their control directories.
void copy_over(const std::string& from, const std::string& to) {
  run_shell(to, "find . -mindepth 1 -maxdepth 1 ! -name .cowstore -exec rm -rf {} +");
  run_shell(from, "find . -mindepth 1 -maxdepth 1 ! -name .cowstore -exec cp -a -t '" + to +
                      "' {} +; chmod --reference=. '" + to + "'; touch -r . '" + to + "'");
}

/// All that a version says.
std::string version_text(const std::string& path, const std::string& revision) {
  std::string text;
  for (const EntryInfo& entry : list_version(path, revision)) {
    text += entry.path + " " + std::to_string(static_cast<int>(entry.kind)) + " " + std::to_string(entry.size) + " " +
            entry.id.hex() + " " + std::to_string(entry.mode.value_or(0)) + " " +
            std::to_string(entry.mtime ? entry.mtime->seconds : 0) + "." +
            std::to_string(entry.mtime ? entry.mtime->nanoseconds : 0) + " " + entry.target + "\n";
  }
  return text;
}

}  // namespace

TEST_P(Overlays, OneIsWhatACheckoutIsAndItsFirstStatusReadsNoContent) {
  if (!ready()) return;
  check_out(main(), "main", temp() / "plain");
  const CheckoutReport report = check_out_overlay();
  EXPECT_EQ(report.method, "overlay");
  EXPECT_EQ(report.commit, first);
  expect_same(tree_text(side()), tree_text(temp() / "plain"));
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    expect_clean(side());
  }
  EXPECT_LT(calls.bytes_read(), kLarge);
  expect_sound(main());
}

TEST_P(Overlays, WhatIsEditedIsInTheStoreAndTheTemplateStays) {
  if (!ready()) return;
  check_out_overlay();
  write_file(side() + "/d/e/small", "edited");
  remove_path(side() + "/d/large");
  const Status status = status_of(side());
  EXPECT_EQ(status.modified, std::vector<std::string>{"d/e/small"});
  EXPECT_EQ(status.deleted, std::vector<std::string>{"d/large"});
  check_out(main(), "main", temp() / "other", overlay_method());
  EXPECT_EQ(read_file(temp() / "other/d/e/small"), "small");
  EXPECT_EQ(read_file(overlays() + "/" + registered().back().id + "/upper/d/e/small"), "edited");
}

TEST_P(Overlays, ACommitIsWhatAScanOfEverythingWouldHaveMade) {
  if (!ready()) return;
  const std::uint64_t seeds = COWSTORE_SOAK != 0 ? 50 : 3;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string one = temp() / ("overlay" + std::to_string(seed));
    const std::string other = temp() / ("plain" + std::to_string(seed));
    must(open_repository(main()).create_branch("b" + std::to_string(seed), "main", Overwrite::kRefuse));
    check_out(main(), "b" + std::to_string(seed), one, overlay_method());
    check_out(main(), first.hex(), other);
    TreeEditor editor(one, seed);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 8; ++i) editor.edit();
      copy_over(one, other);
      const CommitReport by_upper = commit_all(one, "edits");
      const CommitReport by_scan = commit_all(other, "edits");
      EXPECT_EQ(by_upper.created, by_scan.created) << "seed " << seed << ", round " << round;
      ASSERT_EQ(by_upper.tree, by_scan.tree) << "seed " << seed << ", round " << round;
      expect_same(version_text(one, "@"), version_text(other, "@"), "seed " + std::to_string(seed));
      expect_clean(one);
    }
  }
  expect_sound(main());
}

TEST_P(Overlays, ASwitchWritesItsDifferencesThroughTheMount) {
  if (!ready()) return;
  check_out_overlay();
  write_file(main() + "/d/e/small", "second");
  remove_path(main() + "/tool");
  commit_all(main(), "second");
  write_file(side() + "/mine", "untouched by the switch");
  switch_in_place(side(), "main");
  EXPECT_EQ(read_file(side() + "/d/e/small"), "second");
  EXPECT_FALSE(exists(side() + "/tool"));
  EXPECT_EQ(status_of(side()).added, std::vector<std::string>{"mine"});
  switch_in_place(side(), first.hex());
  remove_path(side() + "/mine");
  expect_clean(side());
  EXPECT_TRUE(exists(side() + "/tool"));
}

TEST_P(Overlays, UnmountedItIsDataAndSaysSo) {
  if (!ready()) return;
  check_out_overlay();
  write_file(side() + "/d/e/small", "edited");
  EXPECT_TRUE(must(unmount()).changed);
  EXPECT_EQ(names_in(side()), std::vector<std::string>{".cowstore"});
  auto refused = Repository::open(side(), test_context());
  expect_error(refused, ErrorCode::kNotFound, "isn't mounted");
  EXPECT_THAT(refused.error().hint, HasSubstr("worktree mount " + side()));
  EXPECT_EQ(registered().back().state, WorktreeState::kNotMounted);
  EXPECT_FALSE(must(unmount()).changed);
  EXPECT_EQ(must(open_repository(main()).unmounted_worktrees()), std::vector<std::string>{side()});

  auto around = must(Repository::open_around(side(), test_context()));
  EXPECT_TRUE(must(around.mount_worktree(side(), side())).changed);
  EXPECT_FALSE(must(mount()).changed);
  EXPECT_EQ(status_of(side()).modified, std::vector<std::string>{"d/e/small"});
  EXPECT_EQ(registered().back().state, WorktreeState::kModified);
}

TEST_P(Overlays, PruningKeepsOneWhoseMountPointIsGone) {
  if (!ready()) return;
  check_out_overlay();
  write_file(side() + "/d/e/small", "edited");
  must(unmount());
  remove_path(side());
  must(open_repository(main()).prune_worktrees({}));
  EXPECT_TRUE(must(mount()).changed);
  EXPECT_EQ(read_file(side() + "/d/e/small"), "edited");
}

TEST_P(Overlays, ATemplateThatIsGoneIsMadeAnew) {
  if (!ready()) return;
  check_out_overlay();
  write_file(side() + "/d/e/small", "edited");
  set_mode(side() + "/d/large", 0600);
  must(unmount());
  run_shell(main(),
            "for t in .cowstore/store/templates/*.*.*; do btrfs property set $t/tree ro false 2>/dev/null || :; rm -rf "
            "$t; done");
  must(mount());
  EXPECT_EQ(status_of(side()).modified, (std::vector<std::string>{"d/e/small", "d/large"}));
  EXPECT_EQ(read_file(side() + "/d/large"), random_bytes(kLarge, 1));
}

TEST_P(Overlays, RemovingRefusesEditsAndForceKeepsThem) {
  if (!ready()) return;
  for (bool mounted : {true, false}) {
    check_out_overlay();
    write_file(side() + "/d/e/small", "edited");
    write_file(side() + "/new", "new");
    if (!mounted) must(unmount());
    expect_error(remove(), ErrorCode::kConflict, "d/e/small");
    EXPECT_EQ(exists(side() + "/new"), mounted);
    const WorktreeRemoveReport report = must(remove(Overwrite::kForce));
    ASSERT_TRUE(report.kept);
    EXPECT_EQ(cat(main(), report.kept->hex() + ":new"), "new");
    EXPECT_EQ(cat(main(), report.kept->hex() + ":tool"), "#!/bin/sh\n");
    expect_nothing_left();
  }
}

TEST_P(Overlays, RemovingOneThatIsInUseLeavesItMounted) {
  if (!ready()) return;
  check_out_overlay();
  sys::Dir inside = must(sys::Dir::open(side() + "/d"));
  expect_error(remove(), ErrorCode::kBusy, "in use");
  expect_clean(side());
}

TEST_P(Overlays, MovedItIsMountedAtItsNewPath) {
  if (!ready()) return;
  check_out_overlay();
  write_file(side() + "/d/e/small", "edited");
  must(open_repository(main()).move_worktree(temp().path(), "side", "moved"));
  EXPECT_FALSE(exists(side()));
  EXPECT_EQ(status_of(temp() / "moved").modified, std::vector<std::string>{"d/e/small"});
  must(open_repository(main()).unmount_worktree(temp().path(), "moved"));
  must(open_repository(main()).move_worktree(temp().path(), "moved", "again"));
  must(open_repository(main()).mount_worktree(temp().path(), "again"));
  EXPECT_EQ(read_file(temp() / "again/d/e/small"), "edited");
}

TEST_P(Overlays, MovedByHandWhileItWasUnmountedItCanBeRepaired) {
  if (!ready()) return;
  check_out_overlay();
  write_file(side() + "/d/e/small", "edited");
  must(unmount());
  const std::string moved = temp() / "moved";
  run_shell(temp().path(), "cp -a side moved");
  EXPECT_EQ(must(open_repository(main()).repair_worktrees({moved})).unrepaired.size(), 1U);  // a copy
  EXPECT_EQ(registered().back().path, side());
  remove_path(side());
  const WorktreeRepairReport report = must(open_repository(main()).repair_worktrees({moved}));
  EXPECT_THAT(report.repaired, testing::SizeIs(1));
  EXPECT_THAT(report.unrepaired, IsEmpty());
  must(open_repository(main()).mount_worktree(temp().path(), "moved"));
  EXPECT_EQ(status_of(moved).modified, std::vector<std::string>{"d/e/small"});
  EXPECT_FALSE(exists(side()));
}

TEST_P(Overlays, OneThatWasEmptiedCanBeMountedAndRemoved) {
  if (!ready()) return;
  check_out_overlay();
  run_shell(temp().path(), "rm -rf side 2>/dev/null || :; umount side");
  EXPECT_TRUE(must(mount()).changed);
  EXPECT_THAT(names_in(side()), testing::ElementsAre(".cowstore"));
  EXPECT_EQ(status_of(side()).deleted, (std::vector<std::string>{"d/e/small", "d/large", "link", "tool"}));
  run_shell(temp().path(), "rm -rf side/.cowstore; umount side");
  must(remove(Overwrite::kForce));
  expect_nothing_left();
}

TEST_P(Overlays, TheTemplateOfARegisteredOneStays) {
  if (!ready()) return;
  check_out_overlay();
  WorktreePruneOptions all;
  all.templates = WorktreePruneOptions::Templates::kDropUnused;
  must(open_repository(main()).prune_worktrees(all));
  EXPECT_EQ(read_file(side() + "/d/e/small"), "small");
}

TEST_P(Overlays, OneThatIsMountedInAnotherNamespaceIsNotMountedTwice) {
  if (!ready()) return;
  check_out_overlay();
  ProcessSignal separated, done;
  Child elsewhere([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 1;
    separated.notify();
    done.wait();
    return 0;
  });
  separated.wait();
  must(unmount());
  expect_error(mount(), ErrorCode::kBusy, "mounted already");
  done.notify();
  elsewhere.wait();
  EXPECT_TRUE(must(mount()).changed);
}

TEST_P(Overlays, WhoMayNotMountIsToldTheWayOut) {
  if (!ready()) return;
  run_shell(temp().path(), "chown -R 65534:65534 .");
  {
    AsNobody nobody;
    auto refused = open_repository(main()).checkout("main", side(), overlay_method());
    expect_error(refused, ErrorCode::kUnsupported, "root");
    EXPECT_THAT(refused.error().hint, HasSubstr("run --at"));
  }
  expect_nothing_left();
}

TEST_P(Overlays, AKernelWithoutThemLeavesNothing) {
  if (!ready()) return;
  {
    FailNth fault(1, ENODEV, {sys::Call::kMount});
    ScopedObserver watching(fault);
    expect_error(open_repository(main()).checkout("main", side(), overlay_method()), ErrorCode::kUnsupported,
                 "no overlays");
  }
  expect_nothing_left();
}

TEST_P(Overlays, APlaceWithSomethingInItIsRefused) {
  if (!ready()) return;
  write_file(side() + "/mine", "mine");
  CheckoutOptions force = overlay_method();
  force.overwrite = Overwrite::kForce;
  expect_error(open_repository(main()).checkout("main", side(), force), ErrorCode::kConflict, "hide");
  expect_error(open_repository(main()).checkout("main", main() + "/.cowstore/x", overlay_method()), ErrorCode::kUsage);
  EXPECT_EQ(read_file(side() + "/mine"), "mine");
  EXPECT_THAT(places(), IsEmpty());
}

TEST_P(Overlays, ItsExclusiveBytesAreThoseThatWereEdited) {
  if (!ready()) return;
  check_out_overlay();
  must(open_repository(main()).worktrees({}));
  const std::uint64_t before = registered().back().space->exclusive;
  EXPECT_LT(before, kLarge);
  write_file(side() + "/new", random_bytes(kLarge, 7));
  run_shell(side(), "sync -f .");
  EXPECT_GE(registered().back().space->exclusive, before + kLarge);
}

TEST_P(OverlaysOnOne, KilledWhileItIsMadeItIsMountableOrPruned) {
  if (!ready()) return;
  check_out(main(), "main", temp() / "other", overlay_method());  // the template is there
  std::initializer_list<sys::Call> changing = {sys::Call::kCreate,   sys::Call::kMakeDir, sys::Call::kRename,
                                               sys::Call::kSetXattr, sys::Call::kSync,    sys::Call::kMount};
  for (std::uint64_t n = 1;; n += kStep) {
    const ChildEnd end = run_child([&] {
      KillNth death(n, changing);
      ScopedObserver watching(death);
      return open_repository(main()).checkout("main", side(), overlay_method()) ? 0 : 1;
    });
    must(open_repository(main()).prune_worktrees({}));
    if (registered().size() == 3) {
      must(mount());
      expect_clean(side());
      must(remove());
    }
    EXPECT_FALSE(exists(side())) << n;
    EXPECT_EQ(places().size(), 1U) << n;
    EXPECT_THAT(names_in(temp().path()), testing::SizeIs(2)) << n;
    if (!end.killed()) break;
  }
  expect_sound(main());
}

TEST_P(OverlaysOnOne, KilledWhileItIsRemovedItIsWholeOrPruned) {
  if (!ready()) return;
  std::initializer_list<sys::Call> changing = {sys::Call::kRename, sys::Call::kUnlink, sys::Call::kSync,
                                               sys::Call::kMount};
  for (std::uint64_t n = 1;; n += kStep) {
    check_out_overlay();
    const ChildEnd end = run_child([&] {
      KillNth death(n, changing);
      ScopedObserver watching(death);
      return remove() ? 0 : 1;
    });
    if (registered().size() == 2) {
      must(mount());
      expect_clean(side());
      must(remove());
    }
    must(open_repository(main()).prune_worktrees({}));
    EXPECT_FALSE(exists(side())) << n;
    EXPECT_THAT(places(), IsEmpty()) << n;
    if (!end.killed()) break;
  }
  expect_sound(main());
}

namespace {

RunOptions run_in_overlay(const std::string& directory, const std::string& script) {
  RunOptions options;
  options.revision = "@";
  options.command = {"sh", "-ec", script};
  options.directory = directory;
  options.method = CheckoutMethod::kOverlay;
  return options;
}

constexpr const char* kScript =
    "test \"$(cat d/e/small)\" = small; echo made > made; rm -r d/e; mkdir d/e; echo new > d/e/new; test ! -e "
    "d/e/small";

}  // namespace

TEST_P(Overlays, ACommandRunsInOneOfItsOwn) {
  if (!ready()) return;
  RunOptions options = run_in_overlay(main(), kScript);
  options.commit = CommitOptions{};
  options.commit->message = "made";
  const RunReport report = must(open_repository(main()).run(options));
  EXPECT_EQ(report.status, 0);
  EXPECT_EQ(report.copy.method, "overlay");
  ASSERT_TRUE(report.commit);
  EXPECT_EQ(cat(main(), report.commit->commit.hex() + ":d/e/new"), "new\n");
  EXPECT_FALSE(exists(main() + "/made"));
  EXPECT_EQ(names_in(main() + "/.cowstore/store/run"), std::vector<std::string>{"lock"});
  expect_nothing_left();
}

TEST_P(Overlays, WhatACommandMadeInOneCanBeKept) {
  if (!ready()) return;
  RunOptions options = run_in_overlay(main(), kScript);
  options.keep = side();
  EXPECT_TRUE(must(open_repository(main()).run(options)).kept);
  EXPECT_EQ(status_of(side()).added, (std::vector<std::string>{"d/e/new", "made"}));
  EXPECT_EQ(registered().back().method, "overlay");
}

TEST_P(Overlays, AnOrdinaryUserRunsACommandInOne) {
  if (!ready()) return;
  run_shell(temp().path(), "chown -R 65534:65534 main; chmod 0777 .");
  const int status = run_child([&] {
                       const bool dropped = ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 &&
                                            ::setuid(kNobody) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0;
                       RunOptions options = run_in_overlay(main(), kScript);
                       options.revision = "main";
                       options.commit = CommitOptions{};
                       options.commit->message = "made";
                       auto report = open_repository(main()).run(options);
                       if (!report) ::fprintf(stderr, "%s\n", report.error().message().c_str());
                       return dropped && report && report->status == 0 && report->commit->created ? 0 : 1;
                     }).status;
  EXPECT_EQ(status, 0);
  EXPECT_EQ(cat(main(), "main:d/e/new"), "new\n");
  EXPECT_EQ(names_in(main() + "/.cowstore/store/run"), std::vector<std::string>{"lock"});
  expect_nothing_left();
}

TEST_P(Overlays, WhatAKilledCommandLeftGoesWithTheNext) {
  if (!ready()) return;
  Child killed([&] {
    auto report = open_repository(main()).run(run_in_overlay(main(), "touch ready; kill -9 $PPID"));
    return report ? 0 : 1;
  });
  EXPECT_TRUE(killed.wait().killed());
  EXPECT_EQ(places().size(), 1U);
  must(open_repository(main()).prune_worktrees({}));
  expect_nothing_left();
}

}  // namespace cowstore::test
