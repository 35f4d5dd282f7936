#include "changes/compare.hpp"

#include <sys/stat.h>

#include "changes/unreadable.hpp"
#include "hash/sha256.hpp"
#include "object/named_tree.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

using object::EntryKind;

class Compare : public testing::Test {
 protected:
  void write(std::string_view path, std::string_view content, int mode = 0644) {
    test::write_file(copy_ / path, content, mode);
  }
  std::string status(Times times = Times::kIgnore) { return copy_.status(version_, {}, times); }
  /// With changes, of which `status` gives the text.
  std::vector<Change> changes(Times times = Times::kIgnore) {
    scan_ = copy_.scan();
    return copy_.compare(scan_, version_, times);
  }
  void record(Record what = Record::kTimes) { version_ = copy_.record(what); }

  test::TempDir temp_;
  WorkingCopy copy_{temp_};
  object::TreeRoots version_;
  Scan scan_;
};

TEST_F(Compare, WhatIsAsItWasIsNoChange) {
  write("a/b/c", "x");
  write("big", test::random_bytes(1'000'000, 1));
  test::make_symlink("a", copy_ / "link");
  test::make_dirs(copy_ / "empty");
  record();
  EXPECT_EQ(status(), "");
  EXPECT_EQ(status(Times::kReport), "");
}

TEST_F(Compare, WithoutAVersionEverythingIsAdded) {
  write("a/b", "x");
  write("c", "x");
  test::make_dirs(copy_ / "empty/inner");
  EXPECT_EQ(status(), "A a/b\nA c\nA empty/inner\n");
}

TEST_F(Compare, AnEmptyWorkingCopyWithoutAVersionHasNoChange) {
  EXPECT_EQ(status(), "");
}

TEST_F(Compare, TellsAddedModifiedAndDeletedInTheOrderOfPaths) {
  write("a/1", "one");
  write("a-b", "ab");
  write("b", "bb");
  write("d/x", "xx");
  record();
  write("a/0", "new");
  write("a/1", "ONE");
  write("a-b", "longer");
  test::remove_path(copy_ / "b");
  test::remove_path(copy_ / "d");
  write("c", "new");
  EXPECT_EQ(status(), "A a/0\nM a/1\nM a-b\nD b\nA c\nD d/x\n");
}

TEST_F(Compare, SaysWhatWasAndWhatIs) {
  write("file", "before", 0640);
  record();
  test::set_mtime(copy_ / "file", {1'000, 7});
  record();
  write("file", "after!!", 0600);
  const auto found = changes();
  ASSERT_EQ(found.size(), 1u);
  const Change& change = found[0];
  ASSERT_TRUE(change.before);
  EXPECT_EQ(change.before->entry.file, copy_.reference_to("before"));
  EXPECT_EQ(change.before->mode, 0640);
  EXPECT_EQ(change.before->mtime, (Timestamp{1'000, 7}));
  ASSERT_NE(change.now, nullptr);
  EXPECT_EQ(change.now->name, "file");
  EXPECT_EQ(change.now->mode(), 0600);
  EXPECT_EQ(change.content, Content::kDifferent);
}

TEST_F(Compare, AnMtimeAloneIsReportedOnRequestOnly) {
  write("d/file", "x");
  test::make_symlink("x", copy_ / "d/link");
  record();
  test::set_mtime(copy_ / "d/file", {1'000, 0});
  test::set_mtime(copy_ / "d/link", {1'000, 0});
  test::set_mtime(copy_ / "d", {1'000, 0});
  EXPECT_EQ(status(), "");
  EXPECT_EQ(status(Times::kReport), "T d\nT d/file\nT d/link\n");
}

TEST_F(Compare, PermissionBitsCountForFilesAndDirectories) {
  write("d/file", "x", 0644);
  write("d/other", "x", 0644);
  record();
  test::set_mode(copy_ / "d/file", 0600);
  test::set_mode(copy_ / "d", 0700);
  const auto found = changes();
  EXPECT_EQ(describe(found), "M d\nM d/file\n");
  EXPECT_EQ(found[0].content, Content::kSame);
}

TEST_F(Compare, TheRootsOwnPermissionsCount) {
  write("file", "x");
  record();
  test::set_mode(copy_ / ".", 0750);
  EXPECT_EQ(status(), "M \n");
}

TEST_F(Compare, WithoutAttributesOnlyTheExecutableBitCounts) {
  write("plain", "x", 0644);
  write("tool", "x", 0755);
  record(Record::kContent);
  test::set_mode(copy_ / "plain", 0600);
  test::set_mode(copy_ / "tool", 0700);
  EXPECT_EQ(status(), "");
  test::set_mode(copy_ / "plain", 0700);
  test::set_mode(copy_ / "tool", 0600);
  EXPECT_EQ(status(), "M plain\nM tool\n");
}

TEST_F(Compare, WhatSizeOrKindOrModeDecidesIsNotRead) {
  for (const char* name : {"size", "tool", "mode"}) write(name, "content");
  record();
  write("size", "longer content");
  test::set_mode(copy_ / "tool", 0755);
  test::set_mode(copy_ / "mode", 0600);
  write("new", "new");
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  const auto found = changes();
  EXPECT_EQ(describe(found), "M mode\nA new\nM size\nM tool\n");
  EXPECT_EQ(found[0].content, Content::kUnread);
  EXPECT_EQ(found[2].content, Content::kDifferent);
  EXPECT_EQ(calls.count(sys::Call::kRead), 0u);
}

TEST_F(Compare, WhatIsHashedIsPutIntoTheScan) {
  write("same", "content");
  write("other", "content");
  record();
  write("other", "CONTENT");
  EXPECT_EQ(describe(changes()), "M other\n");
  for (const char* name : {"same", "other"}) {
    EXPECT_EQ(scan_.find(name)->state, ScannedEntry::State::kKnown);
  }
  EXPECT_EQ(scan_.find("same")->file, copy_.reference_to("content"));
  EXPECT_EQ(scan_.find("other")->file, copy_.reference_to("CONTENT"));
}

TEST_F(Compare, DirectoriesThatTurnOutEqualAreKnownAfterwards) {
  write("a/same/x", "x");
  write("a/other/y", "y");
  record();
  write("a/other/y", "Y");
  EXPECT_EQ(describe(changes()), "M a/other/y\n");
  EXPECT_TRUE(scan_.find("a/same")->directory->known_tree);
  EXPECT_TRUE(scan_.find("a/same")->directory->known_attributes);
  EXPECT_FALSE(scan_.find("a/other")->directory->known_tree);
  EXPECT_FALSE(scan_.find("a")->directory->known_tree);
  EXPECT_FALSE(scan_.directory().known_tree);
}

TEST_F(Compare, TheIdsOfAnEqualWorkingCopyAreThoseOfTheVersion) {
  write("a/b", "x");
  record();
  EXPECT_EQ(describe(changes()), "");
  EXPECT_EQ(scan_.directory().known_tree, version_.tree);
  EXPECT_EQ(scan_.directory().known_attributes, version_.attributes);
}

TEST_F(Compare, AnotherTimeLeavesTheTreeKnownButNotTheAttributes) {
  write("a/b", "x");
  record();
  test::set_mtime(copy_ / "a/b", {1'000, 0});
  EXPECT_EQ(describe(changes()), "");
  EXPECT_EQ(scan_.directory().known_tree, version_.tree);
  EXPECT_FALSE(scan_.find("a")->directory->known_attributes);
  EXPECT_FALSE(scan_.directory().known_attributes);
}

TEST_F(Compare, AChangeOfKindIsTheChangeThenTheContents) {
  write("file", "x");
  write("dir/a", "x");
  write("dir/b", "x");
  record();
  test::remove_path(copy_ / "file");
  test::remove_path(copy_ / "dir");
  write("file/new", "x");
  write("dir", "x");
  EXPECT_EQ(status(), "M dir\nD dir/a\nD dir/b\nM file\nA file/new\n");
}

TEST_F(Compare, AFileThatBecameALinkIsModified) {
  write("file", "x");
  test::make_symlink("one", copy_ / "link");
  record();
  test::remove_path(copy_ / "file");
  test::make_symlink("x", copy_ / "file");
  test::remove_path(copy_ / "link");
  test::make_symlink("two", copy_ / "link");
  EXPECT_EQ(status(), "M file\nM link\n");
}

TEST_F(Compare, ALinkToADirectoryIsNotThatDirectory) {
  write("d/x", "x");
  write("e/x", "x");
  record();
  test::remove_path(copy_ / "d");
  test::make_symlink("e", copy_ / "d");
  EXPECT_EQ(status(), "M d\nD d/x\n");
}

TEST_F(Compare, EmptyDirectoriesAreToldByThemselves) {
  test::make_dirs(copy_ / "old/inner");
  record();
  test::remove_path(copy_ / "old");
  test::make_dirs(copy_ / "new/inner");
  EXPECT_EQ(status(), "A new/inner\nD old/inner\n");
}

TEST_F(Compare, ADirectoryThatIsEmptyNowIsNoChangeItself) {
  write("d/x", "x");
  record();
  test::remove_path(copy_ / "d/x");
  EXPECT_EQ(status(), "D d/x\n");
}

TEST_F(Compare, AnOpaqueDirectoryIsUnchangedWhateverTheVersionHas) {
  write("inner/file", "x");
  write("other", "x");
  record();
  test::make_dirs(copy_ / "inner/.cowstore");
  write("inner/file", "changed");
  EXPECT_EQ(describe(changes()), "");
  EXPECT_FALSE(scan_.directory().known_tree);
}

TEST_F(Compare, ANewDirectoryOfNothingButANestedRepositoryIsToldByItself) {
  record();
  test::make_dirs(copy_ / "new/inner/.cowstore");
  EXPECT_EQ(status(), "A new\n");
}

TEST_F(Compare, AFileThatBecameAPipeIsDeleted) {
  write("file", "x");
  record();
  test::remove_path(copy_ / "file");
  ASSERT_EQ(::mkfifo((copy_ / "file").c_str(), 0600), 0);
  EXPECT_EQ(status(), "D file\n");
}

TEST_F(Compare, IgnoredFilesAreNotAdded) {
  write(".cowignore", "*.o\n");
  record();
  write("a.o", "x");
  write("d/b.o", "x");
  EXPECT_EQ(status(), "A d\n");
}

TEST_F(Compare, ASelectionHidesEverythingElse) {
  for (const char* path : {"a/in/x", "a/out", "b", "gone/x", "gone/y", "kind"}) write(path, "before");
  record();
  for (const char* path : {"a/in/x", "a/in/new", "a/out", "a/new", "b", "new/in", "new/out"}) write(path, "after");
  test::remove_path(copy_ / "gone");
  const std::vector<std::string> paths{"a/in", "gone/x", "new/in", "nothing/at/all"};
  ScanOptions options;
  options.paths = *PathSelection::of(paths);
  EXPECT_EQ(copy_.status(version_, options), "A a/in/new\nM a/in/x\nD gone/x\nA new/in\n");
}

TEST_F(Compare, ASelectionBelowWhatChangedItsKind) {
  write("was_dir/x", "x");
  write("was_dir/y", "x");
  write("was_file", "x");
  record();
  test::remove_path(copy_ / "was_dir");
  test::remove_path(copy_ / "was_file");
  write("was_dir", "x");
  write("was_file/x", "x");
  const std::vector<std::string> paths{"was_dir/x", "was_file/x"};
  ScanOptions options;
  options.paths = *PathSelection::of(paths);
  EXPECT_EQ(copy_.status(version_, options), "D was_dir/x\nA was_file/x\n");
}

TEST_F(Compare, DirectoriesOutsideOfASelectionAreNotScannedNorRead) {
  for (int i = 0; i < 20; ++i) write("d" + std::to_string(i) + "/x", "x");
  record();
  const std::vector<std::string> paths{"d7"};
  ScanOptions options;
  options.paths = *PathSelection::of(paths);
  copy_.nodes.reset_counts();
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  EXPECT_EQ(copy_.status(version_, options), "");
  EXPECT_LT(calls.count(sys::Call::kList), 20u);
  EXPECT_LE(copy_.nodes.reads, 4u);
}

TEST_F(Compare, AFileThatKeepsChangingIsModified) {
  write("busy", "content");
  write("calm", "content");
  record();
  write("busy", "CONTENT");
  class KeepChanging : public sys::Observer {
   public:
    explicit KeepChanging(std::string path) : path_(std::move(path)) {}
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      if (call == sys::Call::kRead && name.ends_with("busy")) test::append_file(path_, "x");
      return 0;
    }

   private:
    std::string path_;
  } writer(copy_ / "busy");
  test::ScopedObserver watching(writer);
  const auto found = changes();
  ASSERT_EQ(describe(found), "M busy\n");
  EXPECT_EQ(found[0].content, Content::kUnread);
  EXPECT_EQ(scan_.find("busy")->state, ScannedEntry::State::kUnknown);
}

TEST_F(Compare, AFileThatVanishesBeforeItIsReadIsDeleted) {
  write("victim", "content");
  record();
  test::ActBefore race(sys::Call::kOpen, "victim", [&] { test::remove_path(copy_ / "victim"); });
  test::ScopedObserver watching(race);
  const auto found = changes();
  EXPECT_EQ(describe(found), "D victim\n");
  EXPECT_EQ(found[0].now, nullptr);
}

TEST_F(Compare, AFileThatChangesAfterTheScanIsJudgedByWhatWasRead) {
  write("victim", "content");
  record();
  test::ActBefore race(sys::Call::kOpen, "victim", [&] { write("victim", "something else", 0755); });
  test::ScopedObserver watching(race);
  EXPECT_EQ(describe(changes()), "M victim\n");
  EXPECT_EQ(scan_.find("victim")->kind, EntryKind::kExecutable);
  EXPECT_EQ(scan_.find("victim")->file, copy_.reference_to("something else"));
}

TEST_F(Compare, FilesThatCanNotBeReadAreListedAndNoChanges) {
  write("a", "content");
  write("c", "content");
  write("d/b", "content");
  record();
  write("c", "CONTENT");
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kRead && (name.ends_with("/a") || name.ends_with("/b")) ? EIO : 0;
    }
  } refuse;
  Scan scan = copy_.scan();
  test::ScopedObserver watching(refuse);
  auto result = compare(scan, version_, copy_.tools());
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(describe(*result), "M c\n");
  EXPECT_EQ(require_readable(scan, "").error().message(), "read a, d/b: input/output error");
  EXPECT_EQ(scan.find("d/b")->state, ScannedEntry::State::kKept);
  EXPECT_FALSE(scan.find("d")->directory->known_tree);
  EXPECT_FALSE(scan.directory().known_tree);
}

TEST_F(Compare, AFileThatIsOutOfTheWayForAMomentIsNotDeleted) {
  write("victim", "content");
  record();
  class Flicker : public sys::Observer {
   public:
    explicit Flicker(std::string path) : path_(std::move(path)) {}
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      if (!name.ends_with("victim")) return 0;
      if (call == sys::Call::kOpen) test::rename_path(path_, path_ + ".away");
      if (call == sys::Call::kStat && test::exists(path_ + ".away")) test::rename_path(path_ + ".away", path_);
      return 0;
    }

   private:
    std::string path_;
  } flicker(copy_ / "victim");
  Scan scan = copy_.scan();
  test::ScopedObserver watching(flicker);
  EXPECT_EQ(describe(copy_.compare(scan, version_)), "M victim\n");
}

TEST_F(Compare, ADamagedVersionIsTheErrorOfItsSource) {
  write("a/b", "x");
  record();
  copy_.nodes.nodes.clear();
  Scan scan = copy_.scan();
  auto result = compare(scan, version_, copy_.tools());
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message().find(version_.tree->hex()), std::string::npos) << result.error().message();
}

TEST_F(Compare, ManyFilesAreSettledBatchByBatch) {
  // Links, since they are made and removed faster than files. Each name is hashed all the same.
  const auto path = [](int i) { return "d" + std::to_string(i % 7) + "/" + std::to_string(i); };
  write("one", "1");
  for (int i = 0; i < 7; ++i) test::make_dirs(copy_ / ("d" + std::to_string(i)));
  for (int i = 0; i < 20'000; ++i) test::make_hard_link(copy_ / "one", copy_ / path(i));
  record();
  for (int i : {0, 5'000, 8'191, 8'192, 19'999}) {
    test::remove_path(copy_ / path(i));
    write(path(i), "2");
  }
  EXPECT_EQ(status(), "M d0/0\nM d0/19999\nM d1/8191\nM d2/5000\nM d2/8192\n");
}

TEST_F(Compare, AVersionThatIsNestedWithoutEndIsRefused) {
  TreeId tree = *object::DirectoryBuilder(copy_.nodes).finish();
  for (int depth = 0; depth < 100'000; ++depth) {
    object::DirectoryBuilder builder(copy_.nodes);
    object::TreeEntry entry;
    entry.name = "d";
    entry.kind = EntryKind::kDirectory;
    entry.tree = tree;
    ASSERT_TRUE(builder.add(entry).ok());
    tree = *builder.finish();
  }
  Scan scan = copy_.scan();
  auto result = compare(scan, {tree, std::nullopt}, copy_.tools());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
}

TEST_F(Compare, WhatAVersionDoesNotRecordIsNeitherAChangeNorKnown) {
  write("d/file", "x");
  record();
  test::set_mode(copy_ / "d/file", 0600);
  const object::AttributesEdit edits[] = {{"d", std::nullopt}};
  version_.attributes = *object::edit_attributes(copy_.nodes, copy_.nodes, *version_.attributes, edits);
  EXPECT_EQ(describe(changes(Times::kReport)), "");
  EXPECT_TRUE(scan_.directory().known_tree);
  EXPECT_FALSE(scan_.directory().known_attributes);
}

TEST_F(Compare, ThePermissionsOfALinkNeverCount) {
  test::make_symlink("x", copy_ / "link");
  record();
  object::AttributesEntry odd = {"link", {}, {}};
  odd.attributes.mtime = test::mtime_of(copy_ / "link");
  odd.attributes.mode = 0600;
  const object::AttributesEdit edits[] = {{"link", odd}};
  version_.attributes = *object::edit_attributes(copy_.nodes, copy_.nodes, *version_.attributes, edits);
  EXPECT_EQ(status(), "");
}

TEST_F(Compare, WhatTheScanCanNotCompareLeavesTheAttributesUnknown) {
  write("file", "x");
  record();
  object::AttributesEntry own = {"", {}, {}};
  own.attributes.mtime = Timestamp{1, 0};
  own.attributes.owner = object::Owner{0, 0};
  const object::AttributesEdit edits[] = {{"", own}};
  version_.attributes = *object::edit_attributes(copy_.nodes, copy_.nodes, *version_.attributes, edits);
  EXPECT_EQ(describe(changes()), "");
  EXPECT_TRUE(scan_.directory().known_tree);
  EXPECT_FALSE(scan_.directory().known_attributes);
}

}  // namespace
}  // namespace cowstore::changes
