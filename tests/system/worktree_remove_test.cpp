// Removing working copies, and taking that back.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "sys/lock.hpp"
#include "system/worktree_bed.hpp"

namespace cowstore::test {

namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class WorktreeRemove : public WorktreeTest {
 protected:
  Result<WorktreeRemoveReport> remove(const std::string& name, Overwrite overwrite = Overwrite::kRefuse) {
    return open_repository(main()).remove_worktree(temp().path(), name, overwrite);
  }

  /// Edited, new, ignored, deleted: all that a removal could lose.
  void write_work() {
    write_file(side() + "/.cowignore", "*.o\n");
    commit_all(side(), "ignore");
    write_file(side() + "/a", "edited");
    write_file(side() + "/new", "new");
    write_file(side() + "/x.o", "built");
    remove_path(side() + "/d/b");
  }

  [[nodiscard]] std::string aside() const { return temp() / ".side.cowstore-removing"; }
};
INSTANTIATE_TEST_SUITE_P(On, WorktreeRemove, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(WorktreeRemove, TakesDirectoryAndRegistration) {
  if (skipped()) return;
  auto report = must(remove("side"));
  EXPECT_EQ(report.path, side());
  EXPECT_FALSE(report.kept);
  EXPECT_EQ(names_in(temp().path()), Paths{"main"});
  EXPECT_EQ(worktrees_of(main()).size(), 1U);
  expect_sound(main());
}

TEST_P(WorktreeRemove, OfASubvolumeIsOneCallWhateverItsSize) {
  if (skipped()) return;
  if (filesystem() != "btrfs") return;
  EXPECT_EQ(must(remove("side")).files, WorktreeRemoveReport::Files::kAtOnce);
}

TEST_P(WorktreeRemove, OfACloneLeavesItsSourceAlone) {
  if (skipped()) return;
  std::string copy = temp() / "copy";
  must(open_repository(main()).clone(copy, {}));
  write_file(copy + "/a", "edited");
  expect_error(remove("copy"), ErrorCode::kConflict, "a");
  must(remove("copy", Overwrite::kForce));
  EXPECT_EQ(paths_of(worktrees_of(main())), (Paths{main(), side()}));
  expect_clean(main());
  must(open_repository(main()).undo(Overwrite::kRefuse));
  EXPECT_EQ(status_of(copy).modified, Paths{"a"});
}

TEST_P(WorktreeRemove, AHalfRemovedCloneIsNotItsSource) {
  if (skipped()) return;
  std::string copy = temp() / "copy";
  must(open_repository(main()).clone(copy, {}));
  rename_path(copy, temp() / ".copy.cowstore-removing");
  EXPECT_EQ(paths_of(must(open_repository(main()).prune_worktrees({})).restored), Paths{copy});
  expect_clean(copy);
  expect_clean(main());
}

TEST_P(WorktreeRemove, PruneTakesNothingThatWasReplacedByACopyOfItself) {
  if (skipped()) return;
  ASSERT_EQ(std::system(("cp -a " + side() + " " + (temp() / "copied")).c_str()), 0);
  remove_path(side());
  rename_path(temp() / "copied", aside());
  EXPECT_EQ(paths_of(must(open_repository(main()).prune_worktrees({})).restored), Paths{side()});
  EXPECT_EQ(read_file(side() + "/a"), "first");
}

TEST_P(WorktreeRemove, GoesByIdAndItsBeginning) {
  if (skipped()) return;
  std::string id = id_of(side());
  expect_error(remove(id.substr(0, 3)), ErrorCode::kNotFound);
  EXPECT_EQ(must(remove(id.substr(0, 6))).path, side());
}

TEST_P(WorktreeRemove, RefusesWhatNoVersionHasAndNamesIt) {
  if (skipped()) return;
  write_work();
  auto before = tree_text(side(), Fields::kNoTimes);
  auto refused = remove("side");
  for (const char* name : {"a", "new", "x.o", "d/b"}) expect_error(refused, ErrorCode::kConflict, name);
  EXPECT_EQ(tree_text(side(), Fields::kNoTimes), before);
  EXPECT_NE(id_of(side()), "");
}

TEST_P(WorktreeRemove, UndoBringsBackEveryByte) {
  if (skipped()) return;
  write_work();
  auto before = tree_text(side(), Fields::kNoTimes);
  auto report = must(remove("side", Overwrite::kForce));
  EXPECT_TRUE(report.kept);
  EXPECT_FALSE(exists(side()));
  expect_sound(main());
  auto undone = must(open_repository(main()).undo(Overwrite::kRefuse));
  EXPECT_EQ(undone.restored, Paths{side()});
  EXPECT_EQ(tree_text(side(), Fields::kNoTimes), before);
  auto info = listed(main(), side());
  EXPECT_EQ(info.branch, "main");
  EXPECT_EQ(worktrees_of(main()).size(), 2U);
  EXPECT_EQ(status_of(side()).added, Paths{"new"}) << "what was ignored is ignored again";
}

TEST_P(WorktreeRemove, UndoOfACleanOneBringsItBackToo) {
  if (skipped()) return;
  auto before = tree_text(side(), Fields::kNoTimes);
  must(remove("side"));
  must(open_repository(main()).undo(Overwrite::kRefuse));
  EXPECT_EQ(tree_text(side(), Fields::kNoTimes), before);
  expect_clean(side());
}

TEST_P(WorktreeRemove, UndoRefusesAPlaceThatIsTaken) {
  if (skipped()) return;
  must(remove("side"));
  write_file(side() + "/x", "somebody's");
  expect_error(open_repository(main()).undo(Overwrite::kRefuse), ErrorCode::kConflict, "side");
  EXPECT_EQ(read_file(side() + "/x"), "somebody's");
  remove_path(side());
  must(open_repository(main()).undo(Overwrite::kRefuse));
  expect_clean(side());
}

TEST_P(WorktreeRemove, NeverTakesTheMainOneNorTheOneItRunsIn) {
  if (skipped()) return;
  auto in_side = open_repository(side());
  expect_error(in_side.remove_worktree(temp().path(), "main", Overwrite::kForce), ErrorCode::kConflict, "main one");
  expect_error(in_side.remove_worktree(temp().path(), "side", Overwrite::kForce), ErrorCode::kConflict, "runs in it");
  EXPECT_TRUE(exists(main() + "/a"));
  EXPECT_TRUE(exists(side() + "/a"));
}

TEST_P(WorktreeRemove, KnowsTheMainOneWhereTheStoreIsNamedThroughABindMount) {
  if (skipped() || !bind_or_skip(main(), temp() / "bound")) return;
  std::string through = temp() / "through";
  check_out(temp() / "bound", "main", through);
  auto in_through = open_repository(through);
  expect_error(in_through.remove_worktree(temp().path(), "main", Overwrite::kForce), ErrorCode::kConflict, "main one");
  EXPECT_TRUE(listed(through, main()).main);
  expect_clean(main());
  expect_sound(main());
}

TEST_P(WorktreeRemove, KnowsTheMainOneWhereTheStoreIsNamedThroughALink) {
  if (skipped()) return;
  std::string moved = temp() / "big/main";
  make_dirs(temp() / "big");
  rename_path(main(), moved);
  write_file(moved + "/a", "edited");
  commit_all(moved, "second");
  make_symlink("big/main", main());
  expect_error(open_repository(side()).remove_worktree(temp().path(), "big/main", Overwrite::kRefuse),
               ErrorCode::kConflict, "main one");
  expect_clean(moved);
  expect_sound(moved);
}

TEST_P(WorktreeRemove, TakesNothingThatWasPutInItsPlaceMeanwhile) {
  if (skipped()) return;
  write_file(temp() / "other/x", "somebody's");
  ActBefore replace(sys::Call::kRename, ".side.cowstore-removing", [&] {
    rename_path(side(), temp() / "kept");
    rename_path(temp() / "other", side());
  });
  {
    ScopedObserver watching(replace);
    expect_error(remove("side"), ErrorCode::kConflict, "replaced");
  }
  EXPECT_TRUE(replace.fired());
  EXPECT_EQ(read_file(side() + "/x"), "somebody's");
  EXPECT_EQ(read_file(temp() / "kept/a"), "first");
  EXPECT_NE(id_of(side()), "") << "nothing was removed, so it stays registered";
  EXPECT_FALSE(exists(aside()));
}

TEST_P(WorktreeRemove, TakesNothingThatHasItsTemporaryNameMeanwhile) {
  if (skipped()) return;
  write_file(temp() / "other/x", "somebody's");
  // When the new name is made durable.
  ActBefore replace(sys::Call::kSync, temp().path(), [&] {
    rename_path(aside(), temp() / "kept");
    rename_path(temp() / "other", aside());
  });
  {
    ScopedObserver watching(replace);
    EXPECT_EQ(must(remove("side")).files, WorktreeRemoveReport::Files::kLeft);
  }
  EXPECT_TRUE(replace.fired());
  EXPECT_EQ(read_file(aside() + "/x"), "somebody's");
  EXPECT_EQ(read_file(temp() / "kept/a"), "first");
}

TEST_P(WorktreeRemove, OfACopyThatNobodyOpenedIsNotThatOfItsOriginal) {
  if (skipped()) return;
  std::string copied = temp() / "copied";
  std::string how = filesystem() == "btrfs" ? "btrfs subvolume snapshot " : "cp -a ";
  ASSERT_EQ(std::system((how + side() + " " + copied + " >/dev/null").c_str()), 0);
  expect_error(remove("copied", Overwrite::kForce), ErrorCode::kNotFound, "a copy of " + side());
  expect_error(open_repository(main()).move_worktree(temp().path(), "copied", "new"), ErrorCode::kNotFound,
               "a copy of");
  expect_clean(side());
  expect_clean(copied);  // registers it
  EXPECT_EQ(must(remove("copied")).path, copied);
  expect_clean(side());
}

TEST_P(WorktreeRemove, OfAnotherPathOfItsDirectoryIsThatOfTheRegisteredOne) {
  if (skipped() || !bind_or_skip(temp().path(), temp() / "bound")) return;
  EXPECT_EQ(must(remove("bound/side")).path, side());
  EXPECT_FALSE(exists(side()));
}

TEST_P(WorktreeRemove, NeverTakesADirectoryThatIsSomethingElseByNow) {
  if (skipped()) return;
  rename_path(side(), temp() / "away");
  write_file(side() + "/x", "somebody's");
  expect_error(remove("side"), ErrorCode::kConflict);
  EXPECT_EQ(must(remove("side", Overwrite::kForce)).files, WorktreeRemoveReport::Files::kNotThere);
  EXPECT_EQ(read_file(side() + "/x"), "somebody's");
  EXPECT_EQ(worktrees_of(main()).size(), 1U);
}

TEST_P(WorktreeRemove, ForgetsOneThatIsGone) {
  if (skipped()) return;
  remove_path(side());
  EXPECT_EQ(must(remove("side")).files, WorktreeRemoveReport::Files::kNotThere);
  EXPECT_EQ(worktrees_of(main()).size(), 1U);
}

TEST_P(WorktreeRemove, TakesTheOneThatIsThereNotThoseThatWereThereBefore) {
  if (skipped()) return;
  for (int i = 0; i < 5; ++i) {
    remove_path(side());
    check_out(main(), "main", side());
  }
  EXPECT_NE(must(remove("side")).files, WorktreeRemoveReport::Files::kNotThere);
  EXPECT_FALSE(exists(side()));
}

TEST_P(WorktreeRemove, WaitsForNobodyButSaysWhoIsAtWork) {
  if (skipped()) return;
  auto lock = must(sys::FileLock::try_acquire(must(sys::Dir::open(side() + "/.cowstore")), "lock", "cowstore commit"));
  expect_error(remove("side", Overwrite::kForce), ErrorCode::kBusy, "cowstore commit");
  EXPECT_TRUE(exists(side() + "/a"));
}

TEST_P(WorktreeRemove, LeavesNestedRepositoriesEvenWithForce) {
  if (skipped()) return;
  make_repository(side() + "/nested");
  expect_error(remove("side", Overwrite::kForce), ErrorCode::kConflict, "nested");
  EXPECT_TRUE(exists(side() + "/nested/.cowstore"));
}

TEST_P(WorktreeRemove, WhatHasNoContentNeedsForceAndNothingElse) {
  if (skipped()) return;
  ASSERT_EQ(::mkfifo((side() + "/pipe").c_str(), 0600), 0);
  expect_error(remove("side"), ErrorCode::kConflict, "pipe");
  must(remove("side", Overwrite::kForce));
  EXPECT_FALSE(exists(side()));
}

TEST_P(WorktreeRemove, OfAnUnknownNameFindsNothing) {
  if (skipped()) return;
  expect_error(remove("nowhere"), ErrorCode::kNotFound, "nowhere");
  make_dirs(temp() / "plain");
  expect_error(remove("plain"), ErrorCode::kNotFound);
}

TEST_P(WorktreeRemove, NobodyDeletesWhatIsInTheWayAndThatNoRemovalLeft) {
  if (skipped()) return;
  write_file(aside() + "/x", "left");
  expect_error(remove("side"), ErrorCode::kConflict, "in the way");
  EXPECT_TRUE(exists(side() + "/a"));
  EXPECT_EQ(paths_of(must(open_repository(main()).prune_worktrees({})).kept), Paths{aside()});
  EXPECT_EQ(read_file(aside() + "/x"), "left");
  remove_path(aside());
  must(remove("side"));
}

TEST_P(WorktreeRemove, PruneGivesItsNameBackToOneThatIsStillRegistered) {
  if (skipped()) return;
  write_work();
  auto before = tree_text(side(), Fields::kNoTimes);
  rename_path(side(), aside());
  EXPECT_THAT(listed(main(), side()).reason, HasSubstr("interrupted"));
  auto report = must(open_repository(main()).prune_worktrees({}));
  EXPECT_EQ(paths_of(report.restored), Paths{side()});
  EXPECT_THAT(report.dropped, IsEmpty());
  EXPECT_EQ(tree_text(side(), Fields::kNoTimes), before);
}

TEST_P(WorktreeRemove, KilledAnywhereItIsWholeOrGoneAndRepeatable) {
  if (skipped()) return;
  write_work();
  auto before = tree_text(side(), Fields::kNoTimes);
  for (std::uint64_t n = first_point_on(filesystem());; n += kPointsApart) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return remove("side", Overwrite::kForce).ok() ? 0 : 1;
    });
    bool registered = id_of(side()) != "";
    if (registered) {
      EXPECT_EQ(tree_text(exists(side()) ? side() : aside(), Fields::kNoTimes), before);
      must(remove("side", Overwrite::kForce));
    }
    must(open_repository(main()).prune_worktrees({}));
    ASSERT_EQ(names_in(temp().path()), Paths{"main"});
    must(open_repository(main()).undo(Overwrite::kRefuse));
    ASSERT_EQ(tree_text(side(), Fields::kNoTimes), before);
    ASSERT_EQ(worktrees_of(main()).size(), 2U);
    if (end.killed()) continue;
    EXPECT_EQ(end.status, 0);
    EXPECT_GE(n, 20U) << "too few points for a test";
    break;
  }
  EXPECT_TRUE(must(open_repository(main()).fsck()).faults.empty());  // notes of what a crash leaves are fine
}

TEST_P(WorktreeRemove, UndoKilledAnywhereLosesNothing) {
  if (skipped()) return;
  write_file(side() + "/a", "edited");
  must(remove("side", Overwrite::kForce));
  for (std::uint64_t n = first_point_on(filesystem());; n += kPointsApart) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return open_repository(main()).undo(Overwrite::kRefuse).ok() ? 0 : 1;
    });
    if (exists(side())) {
      EXPECT_EQ(read_file(side() + "/a"), "edited");
    }
    (void)open_repository(main()).undo(Overwrite::kRefuse);  // finishes it, unless the first command in it is to
    EXPECT_EQ(read_file(side() + "/a"), "edited");
    EXPECT_EQ(status_of(side()).modified, Paths{"a"});
    EXPECT_EQ(listed(main(), side()).branch, "main");
    for (const WorktreeInfo& info : worktrees_of(main())) {
      if (info.path != main()) must(remove(info.id, Overwrite::kForce));
    }
    must(open_repository(main()).prune_worktrees({}));
    if (!end.killed()) break;
  }
}

}  // namespace cowstore::test
