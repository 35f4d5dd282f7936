// A repository inside of a working copy is a world of its own.
#include <sys/stat.h>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

class Nested : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    write_file(path("file"), "file");
  }

  /// The directory becomes a repository with one commit and one edit.
  void make_nested(const std::string& name) const {
    make_repository(path(name));
    write_file(path(name + "/inner"), "inner");
    commit_all(path(name), "inner");
    write_file(path(name + "/inner"), "edited");
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
};
INSTANTIATE_TEST_SUITE_P(On, Nested, every_filesystem(), filesystem_param_name);

const std::vector<std::string> kSkipped = {"sub/nested (nested repository)"};

std::vector<std::string> paths_in_version(const std::string& copy) {
  std::vector<std::string> paths;
  for (const EntryInfo& entry : list_version(copy, "@")) paths.push_back(entry.path);
  return paths;
}

}  // namespace

TEST_P(Nested, IsNamedAndLeftOut) {
  if (skipped()) return;
  make_nested("sub/nested");
  EXPECT_EQ(status_of(copy()).skipped, kSkipped);
  EXPECT_EQ(commit_all(copy(), "all").skipped, kSkipped);
  EXPECT_EQ(paths_in_version(copy()), (std::vector<std::string>{"file", "sub"}));
  expect_clean(copy());
  expect_sound(copy());
}

TEST_P(Nested, IsNotRecordedAsADeletionOfWhatWasThere) {
  if (skipped()) return;
  write_file(path("sub/nested/tracked"), "tracked");
  commit_all(copy(), "tracked");
  make_nested("sub/nested");
  remove_path(path("sub/nested/tracked"));
  expect_clean(copy());
  write_file(path("file"), "edited");
  CommitReport report = commit_all(copy(), "beside it");
  EXPECT_EQ(report.stats.deleted, 0U);
  EXPECT_EQ(report.skipped, kSkipped);
  EXPECT_EQ(cat(copy(), "@:sub/nested/tracked"), "tracked");
}

TEST_P(Nested, SurvivesSwitchesAroundIt) {
  if (skipped()) return;
  commit_all(copy(), "without");
  write_file(path("sub/tracked"), "tracked");
  commit_all(copy(), "with");
  make_nested("sub/nested");
  std::string before = tree_text(path("sub/nested"));
  switch_in_place(copy(), "@~1");
  EXPECT_FALSE(exists(path("sub/tracked")));
  expect_same(tree_text(path("sub/nested")), before);
  EXPECT_EQ(status_of(path("sub/nested")).modified, std::vector<std::string>{"inner"});
  switch_in_place(copy(), "main");
  expect_same(tree_text(path("sub/nested")), before);
  expect_sound(path("sub/nested"));
}

TEST_P(Nested, IsNotOverwrittenByAVersionThatHasSomethingThere) {
  if (skipped()) return;
  commit_all(copy(), "without");
  write_file(path("sub/nested/inner"), "theirs");
  write_file(path("sub/nested/other"), "theirs");
  commit_all(copy(), "a directory");
  remove_path(path("sub"));
  write_file(path("sub"), "theirs");
  commit_all(copy(), "a file");
  switch_in_place(copy(), "@~2");
  make_nested("sub/nested");
  std::string before = tree_text(path("sub/nested"));
  for (const char* revision : {"main~1", "main"}) {
    for (Overwrite overwrite : {Overwrite::kRefuse, Overwrite::kForce}) {
      CheckoutOptions options;
      options.overwrite = overwrite;
      expect_error(open_repository(copy()).switch_to(revision, options), ErrorCode::kConflict, "sub/nested");
      ASSERT_TRUE(exists(path("sub/nested/.cowstore/store/config"))) << revision;
      expect_same(tree_text(path("sub/nested")), before, revision);
      EXPECT_EQ(status_of(path("sub/nested")).modified, std::vector<std::string>{"inner"});
    }
  }
}

TEST_P(Nested, InTheWayOfARestoreIsAConflictThatNamesIt) {
  if (skipped()) return;
  write_file(path("sub/nested/inner"), "theirs");
  write_file(path("sub/other"), "theirs");
  commit_all(copy(), "tracked");
  remove_path(path("sub/nested"));
  make_nested("sub/nested");
  std::string before = tree_text(path("sub/nested"));
  write_file(path("sub/other"), "edited");
  for (const char* name : {"sub/nested/inner", "sub/nested", "sub"}) {
    RestoreOptions options;
    options.paths = {name};
    expect_error(open_repository(copy()).restore(options), ErrorCode::kConflict, "sub/nested: in the way");
    EXPECT_EQ(read_file(path("sub/other")), "edited");
  }
  RestoreOptions options;
  options.paths = {"sub/other"};
  must(open_repository(copy()).restore(options));
  EXPECT_EQ(read_file(path("sub/other")), "theirs");
  expect_same(tree_text(path("sub/nested")), before);
}

TEST_P(Nested, WhereTheTargetHasNothingIsKeptAndNamed) {
  if (skipped()) return;
  commit_all(copy(), "without");
  write_file(path("sub/nested/inner"), "theirs");
  commit_all(copy(), "with");
  remove_path(path("sub/nested"));
  make_nested("sub/nested");
  std::string before = tree_text(path("sub/nested"));
  EXPECT_EQ(switch_in_place(copy(), "@~1").kept, std::vector<std::string>{"sub/nested"});
  expect_same(tree_text(path("sub/nested")), before);
}

TEST_P(Nested, APipeInTheWayIsAConflictBeforeAnythingIsTouched) {
  if (skipped()) return;
  write_file(path("file"), "first");
  commit_all(copy(), "without");
  write_file(path("file"), "second");
  write_file(path("pipe"), "tracked");
  commit_all(copy(), "with");
  switch_in_place(copy(), "@~1");
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  CheckoutOptions force;
  force.overwrite = Overwrite::kForce;
  for (const CheckoutOptions& options : {CheckoutOptions{}, force}) {
    expect_error(open_repository(copy()).switch_to("main", options), ErrorCode::kConflict,
                 "pipe: in the way: named pipe");
    EXPECT_EQ(read_file(path("file")), "first");
  }
}

TEST_P(Nested, PipesAndSocketsAreNamedAndStay) {
  if (skipped()) return;
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  CommitReport report = commit_all(copy(), "all");
  EXPECT_EQ(report.skipped, std::vector<std::string>{"pipe (named pipe)"});
  expect_clean(copy());
  write_file(path("file"), "edited");
  commit_all(copy(), "second");
  switch_in_place(copy(), "@~1");
  EXPECT_TRUE(exists(path("pipe")));
}

}  // namespace cowstore::test
