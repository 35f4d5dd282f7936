// Listing, pruning and repairing working copies.
#include <gmock/gmock.h>
#include <signal.h>

#include <cerrno>
#include <future>
#include <thread>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "sys/lock.hpp"
#include "system/worktree_bed.hpp"

namespace cowstore::test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WorktreeList : public WorktreeTest {};
class WorktreePrune : public WorktreeTest {
 protected:
  WorktreePruneReport prune(WorktreePruneOptions options = {}) {
    return must(open_repository(main()).prune_worktrees(options));
  }
  Result<WorktreeRemoveReport> remove(const std::string& path, Overwrite overwrite = Overwrite::kRefuse) {
    return open_repository(main()).remove_worktree(temp().path(), path, overwrite);
  }
  [[nodiscard]] std::string aside() const { return temp() / ".side.cowstore-removing"; }

  /// Dies right before the first file in it is deleted: the removal is recorded.
  void remove_and_die(const std::string& path) {
    std::string name = path.substr(path.rfind('/') + 1);
    ChildEnd end = run_child([&] {
      ActBefore death(sys::Call::kSubvolume, "." + name + ".cowstore-removing", [] { ::raise(SIGKILL); });
      ScopedObserver watching(death);
      return remove(path).ok() ? 0 : 1;
    });
    ASSERT_TRUE(end.killed());
  }
};
class WorktreeRepair : public WorktreeTest {};

/// `worktree prune` in a thread of its own.
class Pruner {
 public:
  explicit Pruner(std::string path) : path_(std::move(path)) {}
  ~Pruner() {
    if (thread_.joinable()) thread_.join();
  }
  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  /// Until it waits for somebody, or has ended.
  void start() {
    auto stands_still = still_.get_future();
    thread_ = std::thread([this] { run(); });
    stands_still.wait();
  }
  WorktreePruneReport finish() {
    thread_.join();
    return must(std::move(*report_));
  }

 private:
  void run() {
    Context context = test_context();
    context.notice = [this](const std::string&) { stand_still(); };
    report_ = must(Repository::open(path_, context)).prune_worktrees({});
    stand_still();
  }
  void stand_still() {
    if (!std::exchange(stood_, true)) still_.set_value();
  }

  std::string path_;
  std::promise<void> still_;
  bool stood_ = false;
  std::optional<Result<WorktreePruneReport>> report_;
  std::thread thread_;
};

/// Opening that path fails.
class FailOpen : public sys::Observer {
 public:
  FailOpen(std::string path, int error) : path_(std::move(path)), error_(error) {}
  int before(sys::Call call, std::uint64_t, std::string_view name) override {
    return call == sys::Call::kOpen && name == path_ ? error_ : 0;
  }

 private:
  std::string path_;
  int error_;
};

INSTANTIATE_TEST_SUITE_P(On, WorktreeList, every_filesystem(), filesystem_param_name);
INSTANTIATE_TEST_SUITE_P(On, WorktreePrune, every_filesystem(), filesystem_param_name);
INSTANTIATE_TEST_SUITE_P(On, WorktreeRepair, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(WorktreeList, NamesAllWithTheMainOneFirstAndTheCurrentOneMarked) {
  if (skipped()) return;
  std::string early = temp() / "early";
  check_out(main(), "main", early);
  auto infos = worktrees_of(side());
  EXPECT_EQ(paths_of(infos), (Paths{main(), early, side()}));
  EXPECT_TRUE(infos[0].main);
  EXPECT_EQ(infos[0].method, "main");
  EXPECT_FALSE(infos[2].main);
  EXPECT_NE(infos[2].method, "main");
  EXPECT_FALSE(infos[0].current);
  EXPECT_TRUE(infos[2].current);
  EXPECT_EQ(infos[2].branch, "main");
  EXPECT_EQ(infos[2].commit, infos[0].commit);
}

TEST_P(WorktreeList, CountsWhatDiffersInEach) {
  if (skipped()) return;
  write_file(side() + "/a", "edited");
  write_file(side() + "/new", "x");
  remove_path(side() + "/d/b");
  EXPECT_EQ(listed(main(), main()).state, WorktreeState::kClean);
  auto info = listed(main(), side());
  EXPECT_EQ(info.state, WorktreeState::kModified);
  EXPECT_EQ(info.changed, 3U);
  for (const WorktreeInfo& each : worktrees_of(main(), WorktreeListOptions::Check::kPresence))
    EXPECT_EQ(each.state, WorktreeState::kUnchecked);
}

TEST_P(WorktreeList, KnowsWhenEachWasRegisteredAndLastUsed) {
  if (skipped()) return;
  auto before = listed(main(), side());
  ASSERT_TRUE(before.registered && before.last_operation);
  EXPECT_EQ(*before.registered, *before.last_operation);
  write_file(side() + "/a", "edited");
  commit_all(side(), "second");
  auto after = listed(main(), side());
  EXPECT_EQ(after.registered, before.registered);
  EXPECT_GT(*after.last_operation, *before.last_operation);
}

TEST_P(WorktreeList, TellsMissingFromHiddenAndFromOthers) {
  if (skipped()) return;
  std::string id = id_of(side());
  rename_path(side(), temp() / "away");
  EXPECT_EQ(listed(main(), side()).state, WorktreeState::kMissing);
  make_dirs(side());
  EXPECT_EQ(listed(main(), side()).state, WorktreeState::kNotMounted) << "an empty directory may be a mount point";
  write_file(side() + "/x", "1");
  EXPECT_EQ(listed(main(), side()).state, WorktreeState::kElsewhere);
  remove_path(side());
  make_repository(side());
  auto info = listed(main(), side());
  EXPECT_EQ(info.state, WorktreeState::kElsewhere);
  EXPECT_EQ(info.id, id);
  EXPECT_THAT(info.reason, HasSubstr("another working copy"));
}

TEST_P(WorktreeList, KnowsAClonesOwnName) {
  if (skipped()) return;
  std::string copy = temp() / "copy";
  must(open_repository(main()).clone(copy, {}));
  auto info = listed(main(), copy);
  EXPECT_FALSE(info.main);
  EXPECT_EQ(info.state, WorktreeState::kClean);
  EXPECT_EQ(info.method == "snapshot", filesystem() == "btrfs") << info.method;
  EXPECT_EQ(worktrees_of(main()).size(), 3U);
  EXPECT_TRUE(listed(copy, copy).current);
}

TEST_P(WorktreeList, OneThatCannotBeReadIsNamedAndTheOthersAreListed) {
  if (skipped()) return;
  overwrite_file(side() + "/.cowstore/home", "{broken", 0);
  auto info = listed(main(), side());
  EXPECT_EQ(info.state, WorktreeState::kUnreadable);
  EXPECT_THAT(info.reason, HasSubstr("home"));
  EXPECT_EQ(listed(main(), main()).state, WorktreeState::kClean);
}

TEST_P(WorktreePrune, DropsWhatIsGoneAndNothingElse) {
  if (skipped()) return;
  std::string gone = temp() / "gone";
  check_out(main(), "main", gone);
  remove_path(gone);
  WorktreePruneOptions dry;
  dry.run = WorktreePruneOptions::Run::kDryRun;
  EXPECT_THAT(paths_of(prune(dry).dropped), ElementsAre(gone));
  EXPECT_NE(id_of(gone), "");
  EXPECT_THAT(paths_of(prune().dropped), ElementsAre(gone));
  EXPECT_EQ(id_of(gone), "");
  EXPECT_NE(id_of(side()), "");
  auto again = prune();
  EXPECT_THAT(again.dropped, IsEmpty());
  EXPECT_THAT(again.kept, IsEmpty());
}

TEST_P(WorktreePrune, KeepsWhatAFileSystemThatIsNotMountedMayHide) {
  if (skipped()) return;
  std::string hidden = temp() / "disk/hidden";
  make_dirs(temp() / "disk");
  check_out(main(), "main", hidden);
  remove_path(hidden);
  auto report = prune();
  EXPECT_THAT(report.dropped, IsEmpty());
  EXPECT_THAT(paths_of(report.kept), ElementsAre(hidden));
  EXPECT_EQ(listed(main(), hidden).state, WorktreeState::kNotMounted);
}

TEST_P(WorktreePrune, KeepsTheMainOneWhereverItIs) {
  if (skipped()) return;
  std::string moved = temp() / "moved";
  rename_path(main(), moved);
  auto report = must(open_repository(moved).prune_worktrees({}));
  EXPECT_THAT(report.dropped, IsEmpty());
  EXPECT_EQ(worktrees_of(moved).size(), 2U);
}

TEST_P(WorktreePrune, RemovesWhatInterruptedCommandsLeftButNotWhatIsInUse) {
  if (skipped()) return;
  write_file(temp() / ".a.cowstore-partial/x", "half");
  write_file(temp() / "elsewhere/.b.cowstore-partial/.cowstore/lock", "");
  write_file(temp() / ".busy.cowstore-partial/.cowstore/lock", "");
  make_symlink(main(), temp() / ".link.cowstore-partial");
  auto lock = must(sys::FileLock::try_acquire(must(sys::Dir::open(temp() / ".busy.cowstore-partial/.cowstore")), "lock",
                                              "somebody"));
  WorktreePruneOptions options;
  options.directories = {temp() / "elsewhere"};
  auto report = prune(options);
  EXPECT_THAT(paths_of(report.removed),
              ElementsAre(temp() / ".a.cowstore-partial", temp() / "elsewhere/.b.cowstore-partial"));
  EXPECT_THAT(paths_of(report.kept), ElementsAre(temp() / ".busy.cowstore-partial"));
  EXPECT_FALSE(exists(temp() / ".a.cowstore-partial"));
  EXPECT_TRUE(exists(temp() / ".busy.cowstore-partial"));
  EXPECT_TRUE(exists(temp() / ".link.cowstore-partial"));
  expect_clean(main());
}

TEST_P(WorktreePrune, LeavesWhatBelongsToAnotherStore) {
  if (skipped()) return;
  std::string other = temp() / "other";
  make_repository(other);
  write_file(other + "/x", "1");
  commit_all(other, "first");
  check_out(other, "main", temp() / "theirs");
  rename_path(temp() / "theirs", temp() / ".theirs.cowstore-removing");
  EXPECT_THAT(prune().removed, IsEmpty());
  EXPECT_TRUE(exists(temp() / ".theirs.cowstore-removing/x"));
}

TEST_P(WorktreePrune, LeavesAHalfRemovedSnapshotOfAnotherStoresMainOne) {
  if (skipped()) return;
  std::string other = temp() / "other";
  make_repository(other);
  write_file(other + "/x", "1");
  commit_all(other, "first");
  must(open_repository(other).clone(temp() / "theirs", {}));
  std::string theirs = temp() / ".theirs.cowstore-removing";
  rename_path(temp() / "theirs", theirs);
  remove_path(theirs + "/.cowstore/home");
  write_file(theirs + "/.cowstore/home", read_file(other + "/.cowstore/home"));
  EXPECT_THAT(prune().removed, IsEmpty());
  EXPECT_TRUE(exists(theirs + "/x"));
}

TEST_P(WorktreePrune, DeletesNoDirectoryWhoseRemovalIsNotRecorded) {
  if (skipped()) return;
  write_file(side() + "/new", "work");
  rename_path(side(), temp() / "away");
  EXPECT_THAT(paths_of(prune().dropped), ElementsAre(side()));
  rename_path(temp() / "away", aside());
  auto report = prune();
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_THAT(paths_of(report.kept), ElementsAre(aside()));
  EXPECT_EQ(read_file(aside() + "/new"), "work");
}

TEST_P(WorktreePrune, DeletesNoDirectoryThatWasOnlyForgotten) {
  if (skipped()) return;
  write_file(side() + "/new", "work");
  rename_path(side(), temp() / "away");
  must(remove("side"));
  rename_path(temp() / "away", aside());
  EXPECT_THAT(paths_of(prune().kept), ElementsAre(aside()));
  EXPECT_EQ(read_file(aside() + "/new"), "work");
}

TEST_P(WorktreePrune, KeepsTheWorkOfAHalfRemovedOneWhosePlaceIsTaken) {
  if (skipped()) return;
  write_file(side() + "/new", "work");
  rename_path(side(), aside());
  write_file(side() + "/x", "somebody's");
  EXPECT_THAT(paths_of(prune().kept), ElementsAre(aside()));
  expect_error(remove("side"), ErrorCode::kConflict, "new");
  EXPECT_TRUE(must(remove("side", Overwrite::kForce)).kept);
  prune();
  EXPECT_EQ(read_file(side() + "/x"), "somebody's");
  EXPECT_FALSE(exists(aside()));
  remove_path(side());
  must(open_repository(main()).undo(Overwrite::kRefuse));
  EXPECT_EQ(read_file(side() + "/new"), "work");
}

TEST_P(WorktreePrune, DropsNothingThatARemovalHasRenamed) {
  if (skipped()) return;
  rename_path(side(), aside());
  auto lock = must(
      sys::FileLock::try_acquire(must(sys::Dir::open(aside() + "/.cowstore")), "lock", "cowstore worktree remove"));
  auto report = prune();
  EXPECT_THAT(report.dropped, IsEmpty());
  EXPECT_THAT(paths_of(report.kept), testing::Contains(aside()));
  EXPECT_NE(id_of(side()), "");
}

TEST_P(WorktreePrune, WaitsForARemovalThatIsUnderWay) {
  if (skipped()) return;
  write_file(side() + "/new", "work");
  Pruner pruner(main());
  ActBefore between(sys::Call::kSync, temp().path(), [&] { pruner.start(); });
  {
    ScopedObserver watching(between);
    EXPECT_TRUE(must(remove("side", Overwrite::kForce)).kept);
    EXPECT_THAT(pruner.finish().dropped, IsEmpty());
  }
  ASSERT_TRUE(between.fired());
  must(open_repository(main()).undo(Overwrite::kRefuse));
  EXPECT_EQ(read_file(side() + "/new"), "work");
}

TEST_P(WorktreePrune, WaitsForAMoveThatIsUnderWay) {
  if (skipped()) return;
  Pruner pruner(main());
  ActBefore between(sys::Call::kSync, temp().path(), [&] { pruner.start(); });
  {
    ScopedObserver watching(between);
    EXPECT_TRUE(open_repository(main()).move_worktree(temp().path(), "side", temp() / "new").ok());
    EXPECT_THAT(pruner.finish().dropped, IsEmpty());
  }
  ASSERT_TRUE(between.fired());
  EXPECT_EQ(listed(main(), temp() / "new").state, WorktreeState::kClean);
}

TEST_P(WorktreePrune, KeepsWhatWasOnAMediumThatTookItsMountPointAlong) {
  if (skipped()) return;
  std::string on_stick = temp() / "media/stick/wt";
  make_dirs(temp() / "media/stick");
  make_dirs(temp() / "media/other");
  check_out(main(), "main", on_stick);
  remove_path(temp() / "media/stick");
  auto report = prune();
  EXPECT_THAT(report.dropped, IsEmpty());
  EXPECT_THAT(paths_of(report.kept), ElementsAre(on_stick));
  EXPECT_EQ(listed(main(), on_stick).state, WorktreeState::kNotMounted);
}

TEST_P(WorktreePrune, FindsWhatARemovalLeftWhereNoOtherWorkingCopyIs) {
  if (skipped()) return;
  std::string far = temp() / "far/deep/wt";
  make_dirs(temp() / "far/deep");
  check_out(main(), "main", far);
  remove_and_die(far);
  std::string left = temp() / "far/deep/.wt.cowstore-removing";
  ASSERT_TRUE(exists(left));
  EXPECT_THAT(paths_of(prune().removed), ElementsAre(left));
  EXPECT_FALSE(exists(left));
}

TEST_P(WorktreePrune, FindsByItsPlaceWhatHasLostItsHome) {
  if (skipped()) return;
  remove_and_die(side());
  remove_path(aside() + "/.cowstore");
  write_file(temp() / ".other.cowstore-removing/x", "somebody's");
  EXPECT_THAT(paths_of(prune().removed), ElementsAre(aside()));
  EXPECT_EQ(read_file(temp() / ".other.cowstore-removing/x"), "somebody's");
}

TEST_P(WorktreePrune, LeavesAWorkingCopyThatHasTheNameOfALeftover) {
  if (skipped()) return;
  std::string odd = temp() / ".odd.cowstore-partial";
  rename_path(side(), odd);
  write_file(odd + "/new", "work");
  EXPECT_THAT(paths_of(prune().kept), ElementsAre(odd)) << "moved, and not registered there yet";
  must(open_repository(main()).repair_worktrees({odd}));
  EXPECT_THAT(prune().removed, IsEmpty());
  expect_error(open_repository(main()).clone(temp() / "odd", {}), ErrorCode::kConflict, odd);
  expect_error(open_repository(main()).checkout("main", temp() / "odd", {}), ErrorCode::kConflict, odd);
  EXPECT_EQ(read_file(odd + "/new"), "work");
}

TEST_P(WorktreePrune, LeavesAnotherStoresWorkingCopyThatHasTheNameOfALeftover) {
  if (skipped()) return;
  std::string odd = temp() / ".odd.cowstore-partial";
  make_repository(odd);
  write_file(odd + "/new", "work");
  EXPECT_THAT(prune().removed, IsEmpty());
  expect_error(open_repository(main()).clone(temp() / "odd", {}), ErrorCode::kConflict, odd);
  EXPECT_EQ(read_file(odd + "/new"), "work");
}

TEST_P(WorktreePrune, NoCommandMakesAWorkingCopyOfSuchAName) {
  if (skipped()) return;
  for (const char* name : {".x.cowstore-partial", ".x.cowstore-removing", ".cowstore-partial-x"}) {
    SCOPED_TRACE(name);
    auto repository = open_repository(main());
    expect_error(repository.clone(temp() / name, {}), ErrorCode::kUsage, name);
    expect_error(repository.checkout("main", temp() / name, {}), ErrorCode::kUsage, name);
    expect_error(repository.move_worktree(temp().path(), "side", temp() / name), ErrorCode::kUsage, name);
  }
}

TEST_P(WorktreePrune, IsNothingThatUndoFinds) {
  if (skipped()) return;
  write_file(main() + "/a", "edited");
  commit_all(main(), "second");
  remove_path(side());
  EXPECT_EQ(prune().dropped.size(), 1U);
  auto undone = must(open_repository(main()).undo(Overwrite::kRefuse));
  EXPECT_EQ(undone.undone.command, "test");
  EXPECT_EQ(id_of(side()), "");
}

TEST_P(WorktreeRepair, FindsAWorkingCopyThatWasMoved) {
  if (skipped()) return;
  std::string moved = temp() / "sub/moved";
  make_dirs(temp() / "sub");
  write_file(side() + "/a", "edited");
  rename_path(side(), moved);
  auto report = must(open_repository(main()).repair_worktrees({moved}));
  EXPECT_THAT(paths_of(report.repaired), ElementsAre(moved));
  EXPECT_THAT(report.unrepaired, IsEmpty());
  EXPECT_EQ(listed(main(), moved).changed, 1U);
  EXPECT_EQ(id_of(side()), "");
  EXPECT_THAT(must(open_repository(main()).repair_worktrees({moved})).repaired, IsEmpty()) << "done is done";
}

TEST_P(WorktreeRepair, RunInAMovedOneRegistersItsPlace) {
  if (skipped()) return;
  std::string moved = temp() / "moved";
  rename_path(side(), moved);
  EXPECT_THAT(paths_of(must(open_repository(moved).repair_worktrees({})).repaired), ElementsAre(moved));
  EXPECT_NE(id_of(moved), "");
}

TEST_P(WorktreeRepair, NamesThoseWhoseNewPlaceNobodyTold) {
  if (skipped()) return;
  rename_path(side(), temp() / "moved");
  auto report = must(open_repository(main()).repair_worktrees({}));
  EXPECT_THAT(report.repaired, IsEmpty());
  EXPECT_THAT(paths_of(report.unrepaired), ElementsAre(side()));
}

TEST_P(WorktreeRepair, MakesAllFindAStoreThatWasMoved) {
  if (skipped()) return;
  std::string inside = main() + "/inside";
  check_out(main(), "main", inside);
  std::string moved = temp() / "moved";
  rename_path(main(), moved);
  expect_error(Repository::open(side(), test_context()), ErrorCode::kNotFound, "open the store");
  auto report = must(open_repository(moved).repair_worktrees({}));
  EXPECT_THAT(report.unrepaired, IsEmpty());
  expect_clean(side());
  expect_clean(moved + "/inside");
  EXPECT_EQ(paths_of(worktrees_of(side())), (Paths{moved, moved + "/inside", side()}));
}

TEST_P(WorktreeRepair, TakesNoWorkingCopyFromAStoreThatExists) {
  if (skipped()) return;
  std::string copy = temp() / "copy";
  ASSERT_EQ(std::system(("cp -a " + main() + " " + copy).c_str()), 0);
  auto report = must(open_repository(copy).repair_worktrees({}));
  EXPECT_THAT(paths_of(report.unrepaired), testing::Contains(side()));
  EXPECT_EQ(open_repository(side()).store_path(), main() + "/.cowstore/store");
}

TEST_P(WorktreeRepair, TakesNoWorkingCopyFromAStoreThatPerhapsExists) {
  if (skipped()) return;
  std::string copy = temp() / "copy";
  ASSERT_EQ(std::system(("cp -a " + main() + " " + copy).c_str()), 0);
  auto in_copy = open_repository(copy);
  FailOpen denied(main() + "/.cowstore/store", EACCES);
  ScopedObserver watching(denied);
  auto report = must(in_copy.repair_worktrees({}));
  EXPECT_THAT(paths_of(report.unrepaired), testing::Contains(side()));
  EXPECT_THAT(read_file(side() + "/.cowstore/home"), HasSubstr("main/.cowstore/store"));
}

TEST_P(WorktreeRepair, TakesNoWorkingCopyThatHasNoVersionAndThatItDoesNotKnow) {
  if (skipped()) return;
  std::string other = temp() / "other";
  make_repository(other);
  std::string theirs = temp() / "theirs";
  must(open_repository(other).clone(theirs, {}));
  remove_path(other);
  auto report = must(open_repository(main()).repair_worktrees({theirs}));
  EXPECT_THAT(paths_of(report.unrepaired), ElementsAre(theirs));
  EXPECT_THAT(read_file(theirs + "/.cowstore/home"), HasSubstr(other));
}

TEST_P(WorktreeRepair, LeavesTheMainOneAsItIsWhereTheStoreIsNamedByAnotherPath) {
  if (skipped() || !bind_or_skip(main(), temp() / "bound")) return;
  std::string through = temp() / "through";
  check_out(temp() / "bound", "main", through);
  std::string home = read_file(main() + "/.cowstore/home");
  EXPECT_THAT(must(open_repository(through).repair_worktrees({})).unrepaired, IsEmpty());
  EXPECT_EQ(read_file(main() + "/.cowstore/home"), home);
}

TEST_P(WorktreeRepair, RefusesWhatIsNoWorkingCopyOfThisStore) {
  if (skipped()) return;
  std::string other = temp() / "other";
  make_repository(other);
  write_file(other + "/x", "1");
  commit_all(other, "first");
  std::string theirs = temp() / "theirs";
  check_out(other, "main", theirs);
  remove_path(other);
  make_dirs(temp() / "plain");
  auto report = must(open_repository(main()).repair_worktrees({theirs, temp() / "plain", main()}));
  EXPECT_THAT(paths_of(report.unrepaired), ElementsAre(theirs, temp() / "plain"));
  EXPECT_THAT(read_file(theirs + "/.cowstore/home"), HasSubstr(other));
}

}  // namespace cowstore::test
