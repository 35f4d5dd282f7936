// Repositories and working copies that somebody copies or moves by other means than cowstore.
#include <sys/wait.h>

#include <cstdlib>
#include <functional>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kFileBytes = 300'000;

void shell(const std::string& command) {
  int status = std::system(command.c_str());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("failed: " + command);
}

class Places : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    write_file(repo() + "/large", random_bytes(kFileBytes, 1));
    write_file(repo() + "/d/other", random_bytes(kFileBytes, 2));
    write_file(repo() + "/small", "a few bytes");
    make_repository(repo());
    commit_all(repo(), "first");
    text_ = tree_text(repo());
  }
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }
  [[nodiscard]] std::string copy() const { return temp() / "copy of it"; }
  [[nodiscard]] bool has_clones() const { return filesystem() != "ext4"; }

  /// Everything works in `copy()`, although the original is gone, and sharing is what it was.
  void expect_whole_copy() {
    remove_path(repo());
    expect_clean(copy());
    EXPECT_EQ(must(open_repository(copy()).fsck()).faults.size(), 0u);
    CheckoutReport made = check_out(copy(), "main", temp() / "out");
    EXPECT_EQ(tree_text(temp() / "out"), text_);
    EXPECT_EQ(made.sharing.cloned, has_clones() ? 2u : 0u);
    write_file(copy() + "/new", "of the copy");
    EXPECT_TRUE(commit_all(copy(), "second").created);
    switch_in_place(temp() / "out", "main");
    EXPECT_EQ(read_file(temp() / "out/new"), "of the copy");
    expect_sound(copy());
  }

  std::string text_;
};
INSTANTIATE_TEST_SUITE_P(On, Places, every_filesystem(), filesystem_param_name);

std::uint64_t bytes_read_by(const std::function<void()>& action) {
  CountCalls calls;
  ScopedObserver watching(calls);
  action();
  return calls.bytes_read();
}

std::string path_of_newest(Repository& repository, std::uint64_t back) {
  OperationInfo operation = must(repository.operations(back + 1)).at(back);
  for (const RefChange& change : operation.changes) {
    if (change.name.ends_with("/path")) return change.after.value_or("");
  }
  return "";
}

}  // namespace

TEST_P(Places, ARepositoryCopiedByCpStandsOnItsOwn) {
  if (skipped()) return;
  shell("cp -a '" + repo() + "' '" + copy() + "'");
  expect_whole_copy();
}

TEST_P(Places, ARepositoryCopiedByTarStandsOnItsOwnThoughItsTimesAreCut) {
  if (skipped()) return;
  make_dirs(copy());
  shell("tar --format=gnu -C '" + repo() + "' -cf - . | tar -C '" + copy() + "' -xf -");
  expect_whole_copy();
}

TEST_P(Places, ALooseFileWithANewInodeIsReadOnceAndThenClonedAgain) {
  if (skipped() || !has_clones()) return;
  shell("cp -a --reflink=never '" + repo() + "' '" + copy() + "'");
  EXPECT_GE(bytes_read_by([&] { check_out(copy(), "main", temp() / "a"); }), 2 * kFileBytes);
  EXPECT_LT(bytes_read_by([&] { check_out(copy(), "main", temp() / "b"); }), kFileBytes);
  EXPECT_EQ(tree_text(temp() / "b"), text_);
}

TEST_P(Places, ALooseFileThatWasEditedIsNeverASource) {
  if (skipped() || !has_clones()) return;
  shell("cp -a '" + repo() + "' '" + copy() + "'");
  shell("chmod -R u+w '" + copy() + "/.cowstore/store/loose' && for f in '" + copy() +
        "'/.cowstore/store/loose/*/*; do printf X | dd of=\"$f\" bs=1 seek=7000 conv=notrunc status=none; done");
  auto made = open_repository(copy()).checkout("main", temp() / "out", {});
  expect_error(made, ErrorCode::kCorrupt, "loose/");
  EXPECT_FALSE(exists(temp() / "out"));
}

TEST_P(Places, AMoveIsNotedByTheNextChangeAndUndoPassesItOver) {
  if (skipped()) return;
  write_file(repo() + "/small", "edited");
  commit_all(repo(), "second");
  rename_path(repo(), copy());
  std::uint64_t before = must(open_repository(copy()).operations(0)).size();
  expect_clean(copy());
  Repository repository = open_repository(copy());
  EXPECT_EQ(must(repository.operations(0)).size(), before) << "looking changes nothing";
  must(repository.undo(Overwrite::kRefuse));
  EXPECT_EQ(must(repository.operations(0)).size(), before + 2);
  EXPECT_EQ(path_of_newest(repository, 1), copy());
  EXPECT_EQ(must(repository.show("main")).message, "first");
  must(repository.create_tag("t", "main", Overwrite::kRefuse));
  EXPECT_EQ(must(repository.operations(0)).size(), before + 3) << "noted once";
}

TEST_P(Places, AMovedSecondWorkingCopyGoesOnAndIsNoted) {
  if (skipped()) return;
  check_out(repo(), "main", temp() / "second");
  rename_path(temp() / "second", copy());
  expect_clean(copy());
  write_file(copy() + "/small", "edited");
  EXPECT_TRUE(commit_all(copy(), "from there").created);
  Repository repository = open_repository(repo());
  EXPECT_EQ(path_of_newest(repository, 1), copy());
}

TEST_P(Places, ACopyOfASecondWorkingCopyHasAHeadOfItsOwn) {
  if (skipped()) return;
  check_out(repo(), "main", temp() / "second");
  shell("cp -a '" + (temp() / "second") + "' '" + copy() + "'");
  expect_clean(copy());
  write_file(copy() + "/small", "edited in the copy");
  EXPECT_TRUE(commit_all(copy(), "from the copy").created);
  expect_clean(copy());
  // The other one is where it was: behind the branch, not edited.
  expect_clean(temp() / "second");
  EXPECT_EQ(status_of(temp() / "second").commit, must(open_repository(repo()).show("main~1")).id);
}

TEST_P(Places, ACopyBeginsWhereItsOriginalWasWhenItWasMade) {
  if (skipped()) return;
  check_out(repo(), "main", temp() / "second");
  shell("cp -a '" + (temp() / "second") + "' '" + copy() + "'");
  write_file(temp() / "second/small", "later");
  CommitOptions options;
  options.message = "later";
  must(open_in_the_future(temp() / "second").commit(options));
  expect_clean(copy());
  EXPECT_EQ(must(open_repository(copy()).show("@")).message, "first");
}

TEST_P(Places, AStoreThatWasMovedAwayIsNamedWithTheWayOut) {
  if (skipped()) return;
  check_out(repo(), "main", temp() / "second");
  rename_path(repo(), copy());
  auto opened = Repository::open(temp() / "second", test_context());
  expect_error(opened, ErrorCode::kNotFound, repo() + "/.cowstore/store");
  EXPECT_NE(opened.error().hint.find("`cowstore worktree repair " + temp() / "second" + "`"), std::string::npos)
      << opened.error().hint;
  must(open_repository(copy()).repair_worktrees({temp() / "second"}));
  expect_clean(temp() / "second");
}

}  // namespace cowstore::test
