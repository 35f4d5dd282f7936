// Disks that are really full: small file systems, filled until a command fails, at many points of it.
#include <gtest/gtest.h>

#include <cerrno>

#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/small_filesystem.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

/// What is left free before each try: from nothing to more than any of these commands needs.
std::vector<std::uint64_t> amounts_left() {
  std::vector<std::uint64_t> amounts;
  for (std::uint64_t kib = 0; kib < 4096; kib = kib * (COWSTORE_SOAK ? 5 : 12) / 4 + 8) amounts.push_back(kib << 10);
  return amounts;
}

/// So that space is taken on every file system.
CheckoutOptions by_copying() {
  CheckoutOptions options;
  options.method = CheckoutMethod::kCopy;
  return options;
}

class FullDisk : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    disk_ = SmallFilesystem::make(GetParam());
    if (!disk_) return;
    make_repository(copy());
    write_version(1);
    one_ = commit_all(copy(), "one").commit;
    write_version(2);
    two_ = commit_all(copy(), "two").commit;
    files_two_ = files();
  }

  [[nodiscard]] bool skipped() const { return disk_ == nullptr; }
  [[nodiscard]] std::string copy() const { return disk_->path("wc"); }
  [[nodiscard]] std::string beside() const { return disk_->path("beside"); }
  [[nodiscard]] std::string files() const { return tree_text(copy(), Fields::kNoTimes); }

  /// Some two megabytes in which every file differs from the other version's: large, small, removed and added ones.
  void write_version(std::uint64_t seed) const {
    write_file(copy() + "/large", random_bytes(900'000 + seed * 1000, seed));
    for (std::uint64_t i = 0; i < 12; ++i) {
      write_file(copy() + "/dir" + std::to_string(i % 3) + "/file" + std::to_string(i),
                 random_bytes(10'000 * i + seed, 100 * seed + i));
    }
    remove_path(copy() + "/only-in-" + std::to_string(3 - seed));
    write_file(copy() + "/only-in-" + std::to_string(seed) + "/file", random_bytes(300'000, 50 + seed));
  }

  /// It failed because the disk is full, and says so.
  template <class T>
  static void expect_full(const Result<T>& result) {
    ASSERT_FALSE(result.ok());
    const Error& error = result.error();
    EXPECT_EQ(to_string(error.code), std::string("no_space")) << error.message();
    EXPECT_FALSE(error.path.empty()) << error.message();
    EXPECT_NE(error.hint.find("free some space"), std::string::npos) << error.hint;
  }

  /// Nothing that a failed command was building is left, in the store or in the working copy.
  void expect_nothing_staged() const {
    EXPECT_EQ(names_in(copy() + "/.cowstore/store/tmp"), std::vector<std::string>());
    for (const std::string& name : names_in(copy() + "/.cowstore")) {
      EXPECT_TRUE(name == "home" || name == "store" || name == "index" || name == "journal" || name == "lock" ||
                  name == "tmp")
          << name;
    }
    if (exists(copy() + "/.cowstore/tmp")) {
      EXPECT_EQ(names_in(copy() + "/.cowstore/tmp"), std::vector<std::string>());
    }
  }

  void expect_reading_works() const {
    EXPECT_NO_THROW(status_of(copy()));
    EXPECT_EQ(list_version(copy(), one_.hex()).size(), 18U);
    EXPECT_FALSE(cat(copy(), one_.hex() + ":large").empty());
    expect_sound(copy());
  }

  /// The disk has space again: every version is whole.
  void expect_versions() const {
    expect_sound(copy());
    check_out(copy(), two_.hex(), beside());
    expect_same(tree_text(beside(), Fields::kNoTimes), files_two_, "the version from before");
    remove_path(beside());
  }

  /// A command with ever more space, until it has enough: at least one try fails.
  template <class Try>
  void sweep(Try attempt) {
    int failed = 0;
    for (std::uint64_t amount : amounts_left()) {
      SCOPED_TRACE(std::to_string(amount >> 10) + " KiB left");
      failed += attempt(amount) ? 0 : 1;
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GT(failed, 0) << "the disk was never full";
  }

  std::unique_ptr<SmallFilesystem> disk_;
  CommitId one_, two_;
  std::string files_two_;
};
INSTANTIATE_TEST_SUITE_P(On, FullDisk, testing::Values("ext4", "xfs", "btrfs", "btrfs-mixed"),
                         [](const auto& kind) { return kind.param == "btrfs-mixed" ? "mixed" : kind.param; });

}  // namespace

TEST_P(FullDisk, ACommitFailsAsAWholeAndWorksOnceThereIsSpace) {
  if (skipped()) return;
  std::uint64_t seed = 1000;
  sweep([&](std::uint64_t left) {
    write_file(copy() + "/large", random_bytes(1'200'000, ++seed));
    std::string before = files();
    std::optional<CommitId> head = status_of(copy()).commit;
    disk_->leave(left);
    auto made = open_repository(copy()).commit({});
    if (!made) {
      expect_full(made);
      expect_nothing_staged();
      expect_reading_works();
      EXPECT_EQ(status_of(copy()).commit, head);
    }
    disk_->empty();
    expect_same(files(), before, "files");
    EXPECT_EQ(commit_all(copy(), "again").created, !made);
    expect_clean(copy());
    expect_versions();
    return made.ok();
  });
}

TEST_P(FullDisk, ACheckoutIntoANewDirectoryLeavesNothingAndWorksOnceThereIsSpace) {
  if (skipped()) return;
  sweep([&](std::uint64_t left) {
    disk_->leave(left);
    auto made = open_repository(copy()).checkout(two_.hex(), beside(), by_copying());
    if (!made) {
      expect_full(made);
      EXPECT_EQ(names_in(disk_->path()).size(), GetParam() == "ext4" ? 3U : 2U) << "something was left beside it";
      expect_reading_works();
    }
    disk_->empty();
    if (!made) check_out(copy(), two_.hex(), beside());
    expect_same(tree_text(beside(), Fields::kNoTimes), files_two_, "the new working copy");
    expect_clean(beside());
    remove_path(beside());
    expect_clean(copy());
    return made.ok();
  });
}

TEST_P(FullDisk, ASwitchPutsTheFilesBackAndWorksOnceThereIsSpace) {
  if (skipped()) return;
  sweep([&](std::uint64_t left) {
    disk_->leave(left);
    auto switched = open_repository(copy()).switch_to(one_.hex(), by_copying());
    if (!switched) {
      expect_full(switched);
      expect_nothing_staged();
      expect_reading_works();
      expect_same(files(), files_two_, "files");
    }
    disk_->empty();
    switch_in_place(copy(), one_.hex());
    expect_clean(copy());
    switch_in_place(copy(), two_.hex());
    expect_same(files(), files_two_, "files");
    expect_versions();
    return switched.ok();
  });
}

TEST_P(FullDisk, UndoWorksWhenNothingIsLeft) {
  if (skipped()) return;
  must(open_repository(copy()).create_branch("side", one_.hex(), Overwrite::kRefuse));
  switch_in_place(copy(), one_.hex());
  disk_->fill();
  auto undone = open_repository(copy()).undo(Overwrite::kRefuse);  // the switch
  ASSERT_TRUE(undone.ok()) << undone.error().message();
  expect_same(files(), files_two_, "files");
  undone = open_repository(copy()).undo(Overwrite::kRefuse);  // the branch
  ASSERT_TRUE(undone.ok()) << undone.error().message();
  undone = open_repository(copy()).undo(Overwrite::kRefuse);  // the commit
  ASSERT_TRUE(undone.ok()) << undone.error().message();
  EXPECT_EQ(status_of(copy()).commit, one_);
  expect_same(files(), files_two_, "files");
  expect_sound(copy());
  disk_->empty();
  commit_all(copy(), "two again");
  expect_clean(copy());
  EXPECT_EQ(names_in(copy() + "/.cowstore/store/reserve").size(), 8U) << "made again";
}

TEST_P(FullDisk, WhatWasDeletedGoesWhenNothingIsLeft) {
  if (skipped()) return;
  must(open_repository(copy()).create_branch("side", one_.hex(), Overwrite::kRefuse));
  must(open_repository(copy()).create_tag("mark", one_.hex(), Overwrite::kRefuse));
  disk_->fill();
  auto gone = open_repository(copy()).delete_branch("side", Overwrite::kForce);
  EXPECT_TRUE(gone.ok()) << gone.error().message();
  gone = open_repository(copy()).delete_tag("mark");
  EXPECT_TRUE(gone.ok()) << gone.error().message();
  auto back = open_repository(copy()).restore_operation("@~2");  // both tag and branch were there
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(must(open_repository(copy()).tags()).size(), 1U);
  EXPECT_EQ(must(open_repository(copy()).branches()).size(), 2U);
}

TEST_P(FullDisk, TheReserveIsNotForCommits) {
  if (skipped()) return;
  write_file(copy() + "/small", "a few bytes\n");
  disk_->fill();
  for (int i = 0; i < 3; ++i) expect_full(open_repository(copy()).commit({}));
  EXPECT_EQ(names_in(copy() + "/.cowstore/store/reserve").size(), 8U);
  expect_nothing_staged();
}

TEST_P(FullDisk, AStoreWithoutAReserveWorks) {
  if (skipped()) return;
  remove_path(copy() + "/.cowstore/store/reserve");
  switch_in_place(copy(), one_.hex());
  disk_->fill();
  auto undone = open_repository(copy()).undo(Overwrite::kRefuse);
  if (!undone) expect_full(undone);
  expect_reading_works();
  disk_->empty();
  if (!undone) must(open_repository(copy()).undo(Overwrite::kRefuse));
  expect_same(files(), files_two_, "files");
  write_file(copy() + "/small", "a few bytes\n");
  commit_all(copy(), "more");
  EXPECT_EQ(names_in(copy() + "/.cowstore/store/reserve").size(), 8U) << "it has one from now on";
}

/// Interrupted half-way, and then there is no space to go on: the next command is not kept from its own work.
TEST_P(FullDisk, AnInterruptedSwitchIsFinishedOrPutBack) {
  if (skipped()) return;
  // The journal has its name then, and one file is replaced, whichever a thread came to first: there is room to write
  // that one again, not for all the others.
  auto end = run_child([&] {
    KillNth death(3, {sys::Call::kRename});
    Repository repository = open_repository(copy());
    ScopedObserver watching(death);
    return repository.switch_to(one_.hex(), by_copying()) ? 0 : 1;
  });
  ASSERT_TRUE(end.killed());
  disk_->leave(100'000);
  std::string said;
  Context context = test_context();
  context.notice = [&](const std::string& text) { said += text + "\n"; };
  Status status = must(must(Repository::open(copy(), context)).status({}));
  EXPECT_NE(said.find("finishing what was interrupted"), std::string::npos) << said;
  EXPECT_TRUE(status.clean()) << "after one or the other: " << said;
  auto switched = open_repository(copy()).switch_to(two_.hex(), {});
  disk_->empty();
  if (!switched) switch_in_place(copy(), two_.hex());
  expect_clean(copy());
  expect_same(files(), files_two_, "files");
  expect_versions();
}

TEST(FullDiskWithCopies, ACheckoutThatCertainlyDoesntFitIsRefusedBeforehand) {
  for (const char* kind : {"ext4", "xfs"}) {
    auto disk = SmallFilesystem::make(kind);
    if (!disk) return;
    std::string copy = disk->path("wc");
    make_repository(copy);
    write_file(copy + "/file", std::string(3'000'000, 'x') + random_bytes(3'000'000, 1));
    CommitId commit = commit_all(copy, "one").commit;
    remove_path(copy + "/file");
    CommitId without = commit_all(copy, "two").commit;
    EXPECT_NE(commit, without);
    disk->leave(4'000'000);
    CountCalls calls;
    std::uint64_t written = 0;
    {
      ScopedObserver watching(calls);
      expect_error(open_repository(copy).checkout(commit.hex(), disk->path("beside"), by_copying()),
                   ErrorCode::kNoSpace, "by copying");
      expect_error(open_repository(copy).switch_to(commit.hex(), by_copying()), ErrorCode::kNoSpace, "by copying");
      written = calls.bytes_written();
    }
    EXPECT_LT(written, 100'000U) << "it didn't try";
    EXPECT_FALSE(exists(disk->path("beside")));
    if (std::string(kind) == "xfs") {
      check_out(copy, commit.hex(), disk->path("beside"));  // clones take no space
      expect_clean(disk->path("beside"));
    }
  }
}

TEST(FullDiskOfInodes, IsNamedAsSuchAndUndoWorks) {
  auto disk = SmallFilesystem::make("ext4-inodes");
  if (!disk) return;
  std::string copy = disk->path("wc");
  make_repository(copy);
  write_file(copy + "/a", "one");
  write_file(copy + "/b", "one");
  commit_all(copy, "one");
  write_file(copy + "/a", "two");
  commit_all(copy, "two");
  std::string before = tree_text(copy, Fields::kNoTimes);
  switch_in_place(copy, "@~1");
  disk->take_inodes();
  write_file(copy + "/b", "edited");
  auto made = open_repository(copy).commit({});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(to_string(made.error().code), std::string("no_space"));
  EXPECT_NE(made.error().hint.find("no inodes left"), std::string::npos) << made.error().hint;
  write_file(copy + "/b", "one");
  auto undone = open_repository(copy).undo(Overwrite::kRefuse);
  ASSERT_TRUE(undone.ok()) << undone.error().message();
  expect_same(tree_text(copy, Fields::kNoTimes), before);
  expect_sound(copy);
}

}  // namespace cowstore::test
