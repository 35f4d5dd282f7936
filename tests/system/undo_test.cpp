// Undo: this working copy's last operation, one after the other, and nobody else's.
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

class Undo : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    first = commit_of("first");
    second = commit_of("second");
  }

  [[nodiscard]] CommitId commit_of(const std::string& content) const {
    write_file(path("file"), content);
    write_file(path("only in " + content), content);
    return commit_all(copy(), content).commit;
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
  [[nodiscard]] std::optional<CommitId> head() const { return status_of(copy()).commit; }
  [[nodiscard]] Result<UndoReport> undo(Overwrite overwrite = Overwrite::kRefuse) const {
    return open_repository(copy()).undo(overwrite);
  }
  [[nodiscard]] std::optional<CommitId> branch(const std::string& name) const {
    for (const RefInfo& ref : must(open_repository(copy()).branches())) {
      if (ref.name == name) return ref.commit;
    }
    return std::nullopt;
  }

  CommitId first, second;
};
INSTANTIATE_TEST_SUITE_P(On, Undo, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(Undo, OfACommitLeavesTheFiles) {
  if (skipped()) return;
  std::string before = tree_text(copy());
  must(undo());
  expect_same(tree_text(copy()), before);
  EXPECT_EQ(head(), first);
  EXPECT_EQ(branch("main"), first);
  Status status = status_of(copy());
  EXPECT_EQ(status.modified, std::vector<std::string>{"file"});
  EXPECT_EQ(status.added, std::vector<std::string>{"only in second"});
  EXPECT_EQ(commit_all(copy(), "second").tree, must(open_repository(copy()).show(second.hex())).tree);
  expect_sound(copy());
}

TEST_P(Undo, OfTheFirstCommitLeavesARepositoryWithoutOne) {
  if (skipped()) return;
  must(undo());
  must(undo());
  EXPECT_EQ(head(), std::nullopt);
  EXPECT_EQ(branch("main"), std::nullopt);
  EXPECT_EQ(status_of(copy()).added, (std::vector<std::string>{"file", "only in first", "only in second"}));
  expect_error(undo(), ErrorCode::kNotFound);
  EXPECT_TRUE(commit_all(copy(), "again").created);
  expect_clean(copy());
}

TEST_P(Undo, GoesBackStepByStep) {
  if (skipped()) return;
  std::string at_second = tree_text(copy(), Fields::kNoTimes);
  switch_in_place(copy(), first.hex());
  std::string at_first = tree_text(copy(), Fields::kNoTimes);
  CommitId side = commit_of("side");
  must(open_repository(copy()).create_branch("side", "@", Overwrite::kRefuse));
  switch_in_place(copy(), "main");
  expect_same(tree_text(copy(), Fields::kNoTimes), at_second);

  must(undo());  // the switch to main
  EXPECT_EQ(read_file(path("file")), "side");
  EXPECT_EQ(head(), side);
  must(undo());  // the branch
  EXPECT_EQ(branch("side"), std::nullopt);
  EXPECT_EQ(head(), side);
  must(undo());  // the commit
  EXPECT_EQ(head(), first);
  EXPECT_EQ(status_of(copy()).branch, std::nullopt);
  EXPECT_EQ(status_of(copy()).added, std::vector<std::string>{"only in side"});
  remove_path(path("only in side"));
  write_file(path("file"), "first");
  expect_same(tree_text(copy(), Fields::kNoTimes), at_first);
  must(undo());  // the switch to the first one
  expect_same(tree_text(copy(), Fields::kNoTimes), at_second);
  EXPECT_EQ(head(), second);
  EXPECT_EQ(status_of(copy()).branch, "main");
  expect_clean(copy());
  expect_sound(copy());
}

TEST_P(Undo, OfASwitchRefusesToOverwriteLaterEdits) {
  if (skipped()) return;
  switch_in_place(copy(), first.hex());
  write_file(path("file"), "mine");
  std::string before = tree_text(copy());
  expect_error(undo(), ErrorCode::kConflict, "file");
  expect_same(tree_text(copy()), before);
  EXPECT_EQ(head(), first);
  must(undo(Overwrite::kForce));
  EXPECT_EQ(read_file(path("file")), "second");
  EXPECT_EQ(head(), second);
  expect_sound(copy());
}

TEST_P(Undo, OfASwitchCarriesEditsElsewhereAlong) {
  if (skipped()) return;
  switch_in_place(copy(), first.hex());
  write_file(path("only in first"), "mine");
  write_file(path("unversioned"), "mine");
  must(undo());
  EXPECT_EQ(read_file(path("only in first")), "mine");
  EXPECT_EQ(read_file(path("unversioned")), "mine");
  EXPECT_EQ(read_file(path("file")), "second");
}

TEST_P(Undo, IsRefusedWhenAnotherWorkingCopyMovedTheBranchOn) {
  if (skipped()) return;
  std::string other = temp() / "other";
  check_out(copy(), "main", other);
  write_file(other + "/file", "third");
  CommitId third = commit_all(other, "third").commit;
  expect_error(undo(), ErrorCode::kConflict, "main");
  EXPECT_EQ(branch("main"), third);
  EXPECT_EQ(head(), second);
  must(open_repository(other).undo(Overwrite::kRefuse));
  must(undo());
  EXPECT_EQ(branch("main"), first);
}

TEST_P(Undo, IsAboutTheOperationsOfItsOwnWorkingCopy) {
  if (skipped()) return;
  std::string other = temp() / "other";
  check_out(copy(), "main", other);
  expect_error(open_repository(other).undo(Overwrite::kRefuse), ErrorCode::kNotFound);
  must(open_repository(other).create_tag("theirs", "@", Overwrite::kRefuse));
  must(undo());
  EXPECT_EQ(branch("main"), first);
  EXPECT_EQ(must(open_repository(copy()).tags()).size(), 1U);
  EXPECT_EQ(status_of(other).commit, second);
}

TEST_P(Undo, ReportsWhatItTookAwayAgain) {
  if (skipped()) return;
  switch_in_place(copy(), first.hex());
  switch_in_place(copy(), second.hex());
  UndoReport report = must(undo());
  EXPECT_EQ(report.restored, (std::vector<std::string>{"file"}));
  EXPECT_EQ(report.removed, (std::vector<std::string>{"only in second"}));
}

TEST_P(Undo, ReportsWhatItBroughtBack) {
  if (skipped()) return;
  switch_in_place(copy(), first.hex());
  UndoReport report = must(undo());
  EXPECT_EQ(report.restored, (std::vector<std::string>{"file", "only in second"}));
  EXPECT_TRUE(report.removed.empty());
  auto operations = must(open_repository(copy()).operations(1));
  ASSERT_EQ(operations.size(), 1U);
  EXPECT_EQ(operations[0].id, report.operation);
  EXPECT_EQ(operations[0].undoes, report.undone.id);
}

}  // namespace cowstore::test
