// Several working copies of one repository.
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

class WorkingCopies : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(one());
    write_file(one() + "/ours", "start");
    write_file(one() + "/theirs", "start");
    commit_all(one(), "start");
    check_out(one(), "main", two());
  }

  [[nodiscard]] std::string one() const { return temp() / "one"; }
  [[nodiscard]] std::string two() const { return temp() / "two"; }
};
INSTANTIATE_TEST_SUITE_P(On, WorkingCopies, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(WorkingCopies, TheSecondToCommitOnABranchIsToldTheWayOut) {
  if (skipped()) return;
  write_file(one() + "/ours", "edited in one");
  CommitId ahead = commit_all(one(), "from one").commit;
  write_file(two() + "/theirs", "edited in two");
  std::string before = tree_text(two());
  auto refused = open_repository(two()).commit({});
  expect_error(refused, ErrorCode::kConflict, "main");
  EXPECT_NE(refused.error().hint.find("checkout main"), std::string::npos) << refused.error().hint;
  expect_same(tree_text(two()), before);

  switch_in_place(two(), "main");  // the way out: edits come along
  EXPECT_EQ(read_file(two() + "/ours"), "edited in one");
  EXPECT_EQ(read_file(two() + "/theirs"), "edited in two");
  CommitReport report = commit_all(two(), "from two");
  EXPECT_TRUE(report.created);
  EXPECT_EQ(must(open_repository(two()).show("@")).parents, std::vector<CommitId>{ahead});
  expect_sound(one());
}

TEST_P(WorkingCopies, TheOtherWayOutIsABranchOfItsOwn) {
  if (skipped()) return;
  write_file(one() + "/ours", "edited in one");
  commit_all(one(), "from one");
  write_file(two() + "/ours", "edited in two");
  CheckoutOptions options;
  options.new_branch = "own";
  must(open_repository(two()).switch_to("@", options));
  EXPECT_EQ(read_file(two() + "/ours"), "edited in two");
  EXPECT_EQ(*commit_all(two(), "from two").branch, "own");
  expect_clean(two());
  EXPECT_EQ(must(open_repository(two()).branches()).size(), 2U);
}

TEST_P(WorkingCopies, ACopyThatIsBehindIsStillComparedToItsOwnCommit) {
  if (skipped()) return;
  write_file(one() + "/ours", "edited in one");
  commit_all(one(), "from one");
  expect_clean(two());
  EXPECT_EQ(*status_of(two()).branch, "main");
}

TEST_P(WorkingCopies, CommitsOfADetachedOneMoveNoBranch) {
  if (skipped()) return;
  CommitId start = *status_of(two()).commit;
  switch_in_place(two(), start.hex());
  write_file(two() + "/theirs", "edited");
  CommitReport report = commit_all(two(), "detached");
  EXPECT_EQ(report.branch, std::nullopt);
  EXPECT_EQ(must(open_repository(one()).branches())[0].commit, start);
  EXPECT_EQ(must(open_repository(two()).show("@")).id, report.commit);
  expect_clean(two());
  expect_sound(one());
}

}  // namespace cowstore::test
