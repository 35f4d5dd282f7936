#include "refs/undo.hpp"

#include <gtest/gtest.h>

#include "hash/sha256.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using test::MemoryHistory;

/// A history in the making: every step applies to the view, as an append would.
class UndoTest : public ::testing::Test {
 protected:
  Operation did(const std::string& worktree, std::vector<Change> changes, const std::string& details = "{}") {
    Operation operation;
    operation.worktree = worktree;
    operation.command = "step " + std::to_string(history_.size() + 1);
    operation.id = OperationId(hash::sha256(as_bytes(operation.command)));
    operation.changes = std::move(changes);
    operation.details = details;
    const auto applied = view_.apply(operation.changes);
    EXPECT_TRUE(applied.ok()) << applied.error().message();
    history_.insert(history_.begin(), operation);
    return operation;
  }
  Operation moved(const std::string& worktree, const std::string& key, std::optional<std::string> to) {
    return did(worktree, {{key, view_.get(key), std::move(to)}});
  }
  Result<UndoPlan> plan(const std::string& worktree) {
    MemoryHistory history(history_);
    return plan_undo(view_, worktree, history);
  }
  /// Plans, and does it.
  Operation undid(const std::string& worktree) {
    auto undo = plan(worktree);
    EXPECT_TRUE(undo.ok()) << undo.error().message();
    if (!undo) return {};
    did(worktree, undo->changes, undo->details);
    return undo->undone;
  }

  View view_;
  std::vector<Operation> history_;
};

TEST_F(UndoTest, TheLastOperationIsUndone) {
  moved("w1", "branches/main", "1");
  const View before = view_;
  const Operation last = did("w1", {{"branches/main", "1", "2"}, {"worktrees/w1/commit", std::nullopt, "2"}});
  const auto undo = plan("w1");
  ASSERT_TRUE(undo.ok());
  EXPECT_EQ(undo->undone.id, last.id);
  EXPECT_EQ(undo->changes,
            (std::vector<Change>{{"branches/main", "2", "1"}, {"worktrees/w1/commit", "2", std::nullopt}}));
  EXPECT_EQ(undo->details, "{\"undoes\":\"" + last.id.hex() + "\"}");
  ASSERT_TRUE(view_.apply(undo->changes).ok());
  EXPECT_EQ(view_, before);
}

TEST_F(UndoTest, UndoAfterUndoGoesFurtherBack) {
  const Operation first = moved("w1", "branches/main", "1");
  const Operation second = moved("w1", "branches/main", "2");
  const Operation third = moved("w1", "branches/main", "3");
  EXPECT_EQ(undid("w1").id, third.id);
  EXPECT_EQ(undid("w1").id, second.id);
  const Operation other = moved("w1", "branches/other", "x");
  EXPECT_EQ(undid("w1").id, other.id);
  EXPECT_EQ(undid("w1").id, first.id);
  EXPECT_EQ(view_.size(), 0u);
  EXPECT_EQ(plan("w1").error().code, ErrorCode::kNotFound);
}

TEST_F(UndoTest, OtherWorkingCopiesOperationsAreNotOurs) {
  const Operation ours = moved("w1", "branches/a", "1");
  moved("w2", "branches/b", "2");
  EXPECT_EQ(undid("w1").id, ours.id);
  EXPECT_EQ(plan("w1").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(plan("w3").error().code, ErrorCode::kNotFound);
}

TEST_F(UndoTest, ALaterChangeOfTheSameRefByAnotherWorkingCopyIsAConflictThatNamesBoth) {
  moved("w1", "branches/main", "1");
  const Operation later = moved("w2", "branches/main", "2");
  const auto undo = plan("w1");
  ASSERT_FALSE(undo.ok());
  EXPECT_EQ(undo.error().code, ErrorCode::kConflict);
  EXPECT_EQ(undo.error().path, "branches/main");
  EXPECT_NE(undo.error().reason.find(later.id.hex().substr(0, 12)), std::string::npos) << undo.error().reason;
  EXPECT_NE(undo.error().reason.find("step 2"), std::string::npos);
  EXPECT_NE(undo.error().reason.find("branch main"), std::string::npos);
}

TEST_F(UndoTest, TheNewestOfSeveralLaterChangesIsNamed) {
  moved("w1", "branches/main", "1");
  moved("w2", "branches/main", "2");
  moved("w3", "branches/main", "3");
  EXPECT_NE(plan("w1").error().reason.find("step 3"), std::string::npos);
}

TEST_F(UndoTest, ALaterChangeThatWasUndoneIsNotInTheWay) {
  const Operation ours = moved("w1", "branches/main", "1");
  moved("w2", "branches/main", "2");
  undid("w2");
  EXPECT_EQ(undid("w1").id, ours.id);
}

TEST_F(UndoTest, AnUndoByAnotherWorkingCopyDoesNotHideOurOperations) {
  const Operation ours = moved("w1", "branches/a", "1");
  moved("w2", "branches/b", "2");
  undid("w2");
  EXPECT_EQ(plan("w1")->undone.id, ours.id);
}

TEST_F(UndoTest, AnOperationWithoutChangesIsUndoneWithoutAny) {
  const Operation ours = did("w1", {}, R"({"before":"abc"})");
  const auto undo = plan("w1");
  ASSERT_TRUE(undo.ok());
  EXPECT_TRUE(undo->changes.empty());
  EXPECT_EQ(detail(undo->undone, "before"), "abc");
  EXPECT_EQ(undo->undone.id, ours.id);
}

TEST_F(UndoTest, ItReadsNoFurtherThanWhatItUndoes) {
  for (int i = 0; i < 50; ++i) moved("w1", "branches/main", std::to_string(i));
  MemoryHistory history(history_);
  ASSERT_TRUE(plan_undo(view_, "w1", history).ok());
  EXPECT_EQ(history.visited, 1);
}

TEST_F(UndoTest, RestoreBringsBranchesAndTagsBackAndNothingElse) {
  View now;
  View then;
  now.set("branches/same", "1");
  then.set("branches/same", "1");
  now.set("branches/moved", "2");
  then.set("branches/moved", "1");
  now.set("branches/new", "1");
  then.set("tags/gone", "1");
  now.set("worktrees/w1/commit", "2");
  then.set("worktrees/w1/commit", "1");
  now.set("worktrees/w2/commit", "2");
  then.set("worktrees/w2/commit", "1");
  const std::vector<Change> changes{
      {"branches/moved", "2", "1"}, {"branches/new", "1", std::nullopt}, {"tags/gone", std::nullopt, "1"}};
  EXPECT_EQ(plan_restore(now, then, ""), changes);

  std::vector<Change> with_head = changes;
  with_head.push_back({"worktrees/w1/commit", "2", "1"});
  EXPECT_EQ(plan_restore(now, then, "w1"), with_head);
  EXPECT_EQ(plan_restore(now, then, "unknown"), changes);
  EXPECT_TRUE(plan_restore(now, now, "w1").empty());
}

TEST_F(UndoTest, RestoreLeavesAWorkingCopyThatDidNotExistThenWhereItIs) {
  View now;
  now.set("worktrees/w1/commit", "2");
  EXPECT_TRUE(plan_restore(now, View(), "w1").empty());
}

TEST_F(UndoTest, RestoreReturnsToABranchThatIsFollowed) {
  View now;
  View then;
  now.set("worktrees/w1/commit", "1");
  then.set("worktrees/w1/commit", "1");
  then.set("worktrees/w1/branch", "main");
  EXPECT_EQ(plan_restore(now, then, "w1"), (std::vector<Change>{{"worktrees/w1/branch", std::nullopt, "main"}}));
}

}  // namespace
}  // namespace cowstore::refs
