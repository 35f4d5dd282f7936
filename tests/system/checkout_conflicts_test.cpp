// A switch never destroys work: it refuses and touches nothing, or, forced, keeps everything for undo.
#include <functional>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

struct Case {
  std::string name;
  std::function<void(const std::string&)> edit;  ///< done to the working copy of version "old"
  std::string named;                             ///< what the refusal must name
};

class Conflicts : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    make_old();
    commit_as("old");
    change_to_new();
    commit_as("new");
    new_tree = tree_text(copy(), Fields::kNoTimes);
    switch_in_place(copy(), "old");
  }

  void make_old() const {
    write_file(path("edited"), random_bytes(50'000, 1));
    write_file(path("mode"), "mode", 0644);
    write_file(path("deleted"), "deleted in new");
    write_file(path("directory/one"), "deleted in new");
    write_file(path("directory/two"), "deleted in new");
    write_file(path("becomes directory"), "a file");
    write_file(path("becomes file/inner/file"), "in a directory");
    make_symlink("old target", path("link"));
    write_file(path("same/in both"), "the same");
    write_file(path(".cowignore"), "*.ignored\n");
  }

  void change_to_new() const {
    write_file(path("edited"), random_bytes(50'000, 2));
    set_mode(path("mode"), 0600);
    for (const char* name : {"deleted", "directory", "becomes directory", "becomes file", "link"}) {
      remove_path(path(name));
    }
    write_file(path("becomes directory/inner/file"), "in a directory");
    write_file(path("becomes file"), "a file");
    make_symlink("new target", path("link"));
    write_file(path("added"), "added in new");
    write_file(path("added directory/file"), "added in new");
    write_file(path("tracked.ignored"), "added in new");
  }

  void commit_as(const std::string& tag) const {
    CommitOptions options;
    options.message = tag;
    if (exists(path("tracked.ignored"))) {  // naming it is what makes an ignored file a versioned one
      options.paths = {"tracked.ignored"};
      must(open_repository(copy()).commit(options));
    }
    commit_all(copy(), tag);
    expect_clean(copy());
    must(open_repository(copy()).create_tag(tag, "@", Overwrite::kRefuse));
  }

  /// A working copy of "old" with what the case does to it; gives its path.
  template <class Case>
  [[nodiscard]] std::string edited_copy(const Case& each) const {
    std::string again = temp() / each.name;
    check_out(copy(), "old", again);
    each.edit(again);
    return again;
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
  [[nodiscard]] CommitId head() const { return *status_of(copy()).commit; }

  std::string new_tree;
};
INSTANTIATE_TEST_SUITE_P(On, Conflicts, every_filesystem(), filesystem_param_name);

std::vector<Case> cases() {
  return {
      {"edited file that changes", [](auto& copy) { append_file(copy + "/edited", "mine"); }, "edited"},
      {"edited file that goes", [](auto& copy) { write_file(copy + "/deleted", "mine"); }, "deleted"},
      {"edited file in a directory that goes", [](auto& copy) { write_file(copy + "/directory/one", "mine"); },
       "directory/one"},
      {"permissions of a file that goes", [](auto& copy) { set_mode(copy + "/deleted", 0755); }, "deleted"},
      {"other permissions than either", [](auto& copy) { set_mode(copy + "/mode", 0777); }, "mode"},
      {"other link target",
       [](auto& copy) {
         remove_path(copy + "/link");
         make_symlink("mine", copy + "/link");
       },
       "link"},
      {"link in place of a file",
       [](auto& copy) {
         remove_path(copy + "/edited");
         make_symlink("mine", copy + "/edited");
       },
       "edited"},
      {"directory in place of a file",
       [](auto& copy) {
         remove_path(copy + "/edited");
         write_file(copy + "/edited/mine", "mine");
       },
       "edited"},
      {"untracked file where one comes", [](auto& copy) { write_file(copy + "/added", "mine"); }, "added"},
      {"untracked file where a directory comes", [](auto& copy) { write_file(copy + "/added directory", "mine"); },
       "added directory"},
      {"untracked link where a directory comes", [](auto& copy) { make_symlink("/", copy + "/added directory"); },
       "added directory"},
      {"untracked file in a directory that comes",
       [](auto& copy) { write_file(copy + "/added directory/file", "mine"); }, "added directory/file"},
      {"untracked directory where a file comes", [](auto& copy) { write_file(copy + "/added/deep/mine", "mine"); },
       "added"},
      {"ignored file where one comes", [](auto& copy) { write_file(copy + "/tracked.ignored", "mine"); },
       "tracked.ignored"},
      {"untracked file in a directory that becomes a file",
       [](auto& copy) { write_file(copy + "/becomes file/mine", "mine"); }, "becomes file"},
      {"ignored file in a directory that becomes a file",
       [](auto& copy) { write_file(copy + "/becomes file/inner/mine.ignored", "mine"); }, "becomes file"},
      {"empty untracked directory in a directory that becomes a file",
       [](auto& copy) { make_dirs(copy + "/becomes file/mine"); }, "becomes file"},
      {"edited file that becomes a directory", [](auto& copy) { write_file(copy + "/becomes directory", "mine"); },
       "becomes directory"},
      {"edited file in a directory that becomes a file",
       [](auto& copy) { write_file(copy + "/becomes file/inner/file", "mine"); }, "becomes file"},
  };
}

}  // namespace

TEST_P(Conflicts, AreRefusedNamedAndNothingIsTouched) {
  if (skipped()) return;
  for (const Case& each : cases()) {
    SCOPED_TRACE(each.name);
    std::string again = edited_copy(each);
    std::string before = tree_text(again);
    CommitId head = *status_of(again).commit;
    auto log = must(open_repository(again).operations(0)).size();
    expect_error(open_repository(again).switch_to("new", {}), ErrorCode::kConflict, each.named);
    expect_same(tree_text(again), before);
    EXPECT_EQ(*status_of(again).commit, head);
    EXPECT_EQ(must(open_repository(again).operations(0)).size(), log);
  }
  expect_sound(copy());
}

TEST_P(Conflicts, ForcedGoOnAndUndoBringsEveryByteBack) {
  if (skipped()) return;
  for (const Case& each : cases()) {
    SCOPED_TRACE(each.name);
    std::string again = edited_copy(each);
    std::string before = tree_text(again, Fields::kNoTimes);
    Status status = status_of(again);
    CheckoutOptions options;
    options.overwrite = Overwrite::kForce;
    auto forced = open_repository(again).switch_to("new", options);
    ASSERT_TRUE(forced.ok()) << forced.error().message();
    expect_same(tree_text(again, Fields::kNoTimes), new_tree);
    expect_clean(again);
    auto undone = open_repository(again).undo(Overwrite::kRefuse);
    ASSERT_TRUE(undone.ok()) << undone.error().message();
    expect_same(tree_text(again, Fields::kNoTimes), before);
    Status after = status_of(again);
    EXPECT_EQ(after.commit, status.commit);
    EXPECT_EQ(after.added, status.added);
    EXPECT_EQ(after.modified, status.modified);
    EXPECT_EQ(after.deleted, status.deleted);
  }
  expect_sound(copy());
}

TEST_P(Conflicts, EditsElsewhereAreCarriedAlong) {
  if (skipped()) return;
  write_file(path("same/in both"), "mine");
  write_file(path("same/new"), "mine, too");
  write_file(path("unversioned"), "mine, too");
  write_file(path("thing.ignored"), "mine, too");
  make_dirs(path("empty"));
  switch_in_place(copy(), "new");
  Status status = status_of(copy());
  EXPECT_EQ(status.modified, std::vector<std::string>{"same/in both"});
  EXPECT_EQ(status.added, (std::vector<std::string>{"empty", "same/new", "unversioned"}));
  EXPECT_EQ(status.deleted, std::vector<std::string>());
  EXPECT_EQ(read_file(path("same/in both")), "mine");
  EXPECT_EQ(read_file(path("thing.ignored")), "mine, too");
  switch_in_place(copy(), "old");
  EXPECT_EQ(read_file(path("same/in both")), "mine");
  EXPECT_EQ(status_of(copy()).modified, std::vector<std::string>{"same/in both"});
}

TEST_P(Conflicts, UnversionedFilesInADirectoryThatGoesStay) {
  if (skipped()) return;
  write_file(path("directory/mine"), "mine");
  write_file(path("directory/mine.ignored"), "mine");
  CheckoutReport report = switch_in_place(copy(), "new");
  EXPECT_EQ(read_file(path("directory/mine")), "mine");
  EXPECT_EQ(read_file(path("directory/mine.ignored")), "mine");
  EXPECT_FALSE(exists(path("directory/one")));
  EXPECT_EQ(report.kept, (std::vector<std::string>{"directory/mine", "directory/mine.ignored"}));
}

TEST_P(Conflicts, ADirectoryInPlaceOfAFileThatGoesStays) {
  if (skipped()) return;
  remove_path(path("deleted"));
  write_file(path("deleted/mine"), "mine");
  EXPECT_EQ(switch_in_place(copy(), "new").kept, std::vector<std::string>{"deleted/mine"});
  EXPECT_EQ(read_file(path("deleted/mine")), "mine");
  EXPECT_EQ(status_of(copy()).added, std::vector<std::string>{"deleted/mine"});
}

TEST_P(Conflicts, WhatIsAlreadyAsTheTargetHasItIsNone) {
  if (skipped()) return;
  write_file(path("edited"), random_bytes(50'000, 2));
  write_file(path("added"), "added in new");
  set_mode(path("mode"), 0600);
  remove_path(path("deleted"));
  switch_in_place(copy(), "new");
  expect_same(tree_text(copy(), Fields::kNoTimes), new_tree);
  expect_clean(copy());
}

TEST_P(Conflicts, ADeletionIsNoConflictAndIsUndoneToADeletion) {
  if (skipped()) return;
  remove_path(path("edited"));
  remove_path(path("becomes file"));
  std::string before = tree_text(copy(), Fields::kNoTimes);
  switch_in_place(copy(), "new");
  expect_same(tree_text(copy(), Fields::kNoTimes), new_tree);
  must(open_repository(copy()).undo(Overwrite::kRefuse));
  expect_same(tree_text(copy(), Fields::kNoTimes), before);
}

TEST_P(Conflicts, ADryRunTellsAndTouchesNothing) {
  if (skipped()) return;
  std::string before = tree_text(copy());
  CommitId commit = head();
  CheckoutOptions options;
  options.execution = Execution::kDryRun;
  CheckoutReport report = switch_in_place(copy(), "new", options);
  EXPECT_FALSE(report.changes.empty());
  expect_same(tree_text(copy()), before);
  EXPECT_EQ(head(), commit);
  check_out(copy(), "new", temp() / "again", options);
  EXPECT_FALSE(exists(temp() / "again"));
}

TEST_P(Conflicts, AnOccupiedDirectoryIsRefusedOrTakenOverAndGivenBack) {
  if (skipped()) return;
  std::string occupied = temp() / "occupied";
  write_file(occupied + "/edited", "mine");
  write_file(occupied + "/added/mine", "mine");
  write_file(occupied + "/other", "mine");
  std::string before = tree_text(occupied);
  expect_error(open_repository(copy()).checkout("new", occupied, {}), ErrorCode::kConflict, "occupied");
  expect_same(tree_text(occupied), before);
  EXPECT_FALSE(exists(occupied + "/.cowstore"));
  CheckoutOptions options;
  options.overwrite = Overwrite::kForce;
  check_out(copy(), "new", occupied, options);
  EXPECT_EQ(status_of(occupied).added, std::vector<std::string>{"other"});
  EXPECT_EQ(read_file(occupied + "/edited"), random_bytes(50'000, 2));
  must(open_repository(occupied).undo(Overwrite::kRefuse));
  expect_same(tree_text(occupied, Fields::kNoTimes), [&] {
    std::string expected = temp() / "expected";
    write_file(expected + "/edited", "mine");
    write_file(expected + "/added/mine", "mine");
    write_file(expected + "/other", "mine");
    return tree_text(expected, Fields::kNoTimes);
  }());
  expect_sound(copy());
}

TEST_P(Conflicts, RestoreBringsBackWhatItIsAskedForAndUndoTakesItAway) {
  if (skipped()) return;
  write_file(path("edited"), "mine");
  remove_path(path("directory"));
  write_file(path("same/in both"), "mine");
  write_file(path("unversioned"), "mine");
  std::string before = tree_text(copy(), Fields::kNoTimes);
  RestoreOptions options;
  options.paths = {"edited", "directory"};
  must(open_repository(copy()).restore(options));
  EXPECT_EQ(read_file(path("edited")), random_bytes(50'000, 1));
  EXPECT_EQ(read_file(path("directory/two")), "deleted in new");
  EXPECT_EQ(status_of(copy()).modified, std::vector<std::string>{"same/in both"});
  EXPECT_EQ(status_of(copy()).deleted, std::vector<std::string>());
  must(open_repository(copy()).undo(Overwrite::kRefuse));
  expect_same(tree_text(copy(), Fields::kNoTimes), before);
  expect_sound(copy());
}

TEST_P(Conflicts, RestoreFromAnotherVersionChangesKindsToo) {
  if (skipped()) return;
  std::string before = tree_text(copy(), Fields::kNoTimes);
  CommitId commit = head();
  RestoreOptions options;
  options.source = "new";
  options.paths = {"becomes directory", "becomes file", "added directory", "deleted", "mode"};
  must(open_repository(copy()).restore(options));
  EXPECT_EQ(read_file(path("becomes directory/inner/file")), "in a directory");
  EXPECT_EQ(read_file(path("becomes file")), "a file");
  EXPECT_EQ(read_file(path("added directory/file")), "added in new");
  EXPECT_FALSE(exists(path("deleted")));
  EXPECT_EQ(head(), commit);
  must(open_repository(copy()).undo(Overwrite::kRefuse));
  expect_same(tree_text(copy(), Fields::kNoTimes), before);
  expect_clean(copy());
}

TEST_P(Conflicts, RestoreOfEverythingMakesAnyMessClean) {
  if (skipped()) return;
  for (const Case& each : cases()) {
    SCOPED_TRACE(each.name);
    std::string again = edited_copy(each);
    std::string before = tree_text(again, Fields::kNoTimes);
    RestoreOptions options;
    options.paths = {""};
    auto restored = open_repository(again).restore(options);
    ASSERT_TRUE(restored.ok()) << restored.error().message();
    Status status = status_of(again);
    EXPECT_EQ(status.modified, std::vector<std::string>());
    EXPECT_EQ(status.deleted, std::vector<std::string>());
    if (restored->created + restored->replaced + restored->removed == 0) continue;
    must(open_repository(again).undo(Overwrite::kRefuse));
    expect_same(tree_text(again, Fields::kNoTimes), before);
  }
}

}  // namespace cowstore::test
