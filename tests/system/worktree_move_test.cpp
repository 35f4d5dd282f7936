// Moving working copies, the main one included.
#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "sys/lock.hpp"
#include "system/worktree_bed.hpp"

namespace cowstore::test {

namespace {

class WorktreeMove : public WorktreeTest {
 protected:
  Result<WorktreeMoveReport> move(const std::string& name, const std::string& to) {
    return open_repository(main()).move_worktree(temp().path(), name, to);
  }
};
INSTANTIATE_TEST_SUITE_P(On, WorktreeMove, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(WorktreeMove, TakesDirectoryAndRegistration) {
  if (skipped()) return;
  std::string id = id_of(side());
  write_file(side() + "/a", "edited");
  make_dirs(temp() / "deep/er");
  auto report = must(move("side", "deep/er/new"));
  EXPECT_EQ(report.to, temp() / "deep/er/new");
  EXPECT_EQ(listed(main(), report.to).id, id);
  EXPECT_EQ(status_of(report.to).modified, Paths{"a"});
  EXPECT_EQ(worktrees_of(main()).size(), 2U);
  EXPECT_FALSE(exists(side()));
}

TEST_P(WorktreeMove, OfTheMainOneTakesTheStoreAlong) {
  if (skipped()) return;
  std::string inside = main() + "/inside";
  check_out(main(), "main", inside);
  std::string moved = temp() / "moved";
  auto report = must(open_repository(side()).move_worktree(temp().path(), "main", "moved"));
  EXPECT_EQ(report.also, (Paths{moved + "/inside", side()}));
  expect_clean(side());
  expect_clean(moved + "/inside");
  expect_clean(moved);
  EXPECT_EQ(paths_of(worktrees_of(side())), (Paths{moved, moved + "/inside", side()}));
  // In itself, and back.
  must(open_repository(moved).move_worktree(temp().path(), "moved", "main"));
  expect_clean(side());
  EXPECT_TRUE(listed(side(), main()).main);
}

TEST_P(WorktreeMove, OfTheMainOneIsToldToItsClones) {
  if (skipped()) return;
  std::string copy = temp() / "copy";
  std::string moved = temp() / "moved";
  must(open_repository(main()).clone(copy, {}));
  must(open_repository(main()).move_worktree(temp().path(), "main", "moved"));
  expect_clean(copy);
  EXPECT_EQ(open_repository(copy).store_path(), moved + "/.cowstore/store");
  EXPECT_EQ(paths_of(worktrees_of(copy)), (Paths{moved, copy, side()}));
  // By hand, and repaired.
  rename_path(moved, main());
  EXPECT_TRUE(must(open_repository(main()).repair_worktrees({})).unrepaired.empty());
  expect_clean(copy);
  expect_clean(side());
}

TEST_P(WorktreeMove, OfTheMainOneIsToldToAllByWhateverPathTheyNameTheStore) {
  if (skipped() || !bind_or_skip(main(), temp() / "bound")) return;
  std::string through = temp() / "through";
  check_out(temp() / "bound", "main", through);
  std::string moved = temp() / "moved";
  auto report = must(open_repository(through).move_worktree(temp().path(), "main", "moved"));
  EXPECT_EQ(report.also, (Paths{side(), through}));
  expect_clean(side());
  expect_clean(through);
  for (const std::string& copy : report.also) EXPECT_EQ(open_repository(copy).store_path(), moved + "/.cowstore/store");
}

TEST_P(WorktreeMove, OfTheMainOneNamesThoseThatCannotBeLookedAt) {
  if (skipped()) return;
  rename_path(side(), temp() / "away");
  std::string inside = main() + "/inside";
  check_out(main(), "main", inside);
  overwrite_file(inside + "/.cowstore/home", "{broken", 0);
  EXPECT_EQ(must(move("main", "moved")).unrepaired, (Paths{temp() / "moved/inside", side()}));
}

TEST_P(WorktreeMove, GoesOnInTheOneThatItMoves) {
  if (skipped()) return;
  auto repository = open_repository(side());
  must(repository.move_worktree(temp().path(), "side", "new"));
  write_file(temp() / "new/a", "edited");
  must(repository.commit({}));
  EXPECT_EQ(listed(main(), temp() / "new").state, WorktreeState::kClean);
}

TEST_P(WorktreeMove, RefusesPlacesThatCannotBe) {
  if (skipped()) return;
  make_dirs(temp() / "there");
  expect_error(move("side", "there"), ErrorCode::kConflict, "exists");
  expect_error(move("side", "side/below"), ErrorCode::kUsage, "lies in it");
  expect_error(move("side", "main/.cowstore/x"), ErrorCode::kUsage, "store");
  expect_error(move("side", "nowhere/x"), ErrorCode::kNotFound);
  expect_error(move("unknown", "x"), ErrorCode::kNotFound);
  expect_clean(side());
  EXPECT_NE(id_of(side()), "");
}

TEST_P(WorktreeMove, ToAnotherFileSystemNamesTheWay) {
  if (skipped()) return;
  TempDir elsewhere;
  auto refused = move("side", elsewhere / "new");
  expect_error(refused, ErrorCode::kUnsupported, "another file system");
  EXPECT_NE(refused.error().hint.find("cowstore clone"), std::string::npos);
  expect_clean(side());
}

TEST_P(WorktreeMove, DoesNotMoveWhatACommandIsAtWorkIn) {
  if (skipped()) return;
  auto lock = must(sys::FileLock::try_acquire(must(sys::Dir::open(side() + "/.cowstore")), "lock", "cowstore commit"));
  expect_error(move("side", "new"), ErrorCode::kBusy, "cowstore commit");
  expect_error(move("main", "new"), ErrorCode::kBusy, "side");
  EXPECT_TRUE(exists(side()));
  EXPECT_TRUE(exists(main()));
}

TEST_P(WorktreeMove, IsNothingThatUndoFinds) {
  if (skipped()) return;
  must(move("side", "new"));
  must(open_repository(main()).undo(Overwrite::kRefuse));  // the commit
  EXPECT_NE(id_of(temp() / "new"), "");
}

TEST_P(WorktreeMove, KilledAnywhereIsFinishedByRepair) {
  if (skipped()) return;
  std::string moved = temp() / "moved";
  for (std::uint64_t n = first_point_on(filesystem());; n += kPointsApart) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return open_repository(side()).move_worktree(temp().path(), "main", "moved").ok() ? 0 : 1;
    });
    std::string there = exists(main()) ? main() : moved;
    EXPECT_TRUE(must(open_repository(there).repair_worktrees({})).unrepaired.empty());
    expect_clean(side());
    ASSERT_EQ(paths_of(worktrees_of(side())), (Paths{there, side()}));
    if (there == moved) must(open_repository(moved).move_worktree(temp().path(), "moved", "main"));
    if (!end.killed()) break;
  }
  EXPECT_TRUE(must(open_repository(main()).fsck()).faults.empty());  // notes of what a crash leaves are fine
}

}  // namespace cowstore::test
