#include "sys/subvolume.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "support/as_nobody.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::sys {
namespace {

using test::AsNobody;
using test::exists;
using test::read_file;
using test::write_file;

class SubvolumeTest : public testing::Test {
 protected:
  void SetUp() override {
    temp_ = test::temp_dir_on("btrfs");
    if (temp_) dir_ = temp_->open();
  }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] const test::TempDir& temp() const { return *temp_; }

  void create(const std::string& name) { ASSERT_TRUE(create_subvolume(dir_, name).ok()); }
  Result<void> snapshot(const std::string& from, const std::string& to,
                        SubvolumeAccess access = SubvolumeAccess::kWritable) {
    auto source = dir_.open_dir(from);
    return source ? snapshot_subvolume(*source, dir_, to, access) : Result<void>(source.error());
  }
  [[nodiscard]] SubvolumeInfo info(const std::string& name) const { return *subvolume_info(*dir_.open_dir(name)); }

  Dir dir_;

 private:
  std::unique_ptr<test::TempDir> temp_;
};

class NoSubvolumeTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, NoSubvolumeTest, testing::Values("ext4", "xfs"), test::filesystem_param_name);

TEST_F(SubvolumeTest, OnlyItsRootIsOne) {
  if (skipped()) return;
  create("made");
  test::make_dirs(temp() / "made/within");
  EXPECT_TRUE(*is_subvolume(*dir_.open_dir("made")));
  EXPECT_FALSE(*is_subvolume(*dir_.open_dir("made/within")));
  EXPECT_FALSE(*is_subvolume(dir_));
  EXPECT_TRUE(*is_on_btrfs(dir_));
}

TEST_F(SubvolumeTest, ASnapshotHasTheContentAndPartsWithItsSource) {
  if (skipped()) return;
  create("source");
  std::string content = test::random_bytes(100000, 1);
  write_file(temp() / "source/a/file", content);
  ASSERT_TRUE(snapshot("source", "copy").ok());
  EXPECT_EQ(read_file(temp() / "copy/a/file"), content);
  test::overwrite_file(temp() / "copy/a/file", "edited", 0);
  write_file(temp() / "source/later", "x");
  EXPECT_EQ(read_file(temp() / "source/a/file"), content);
  EXPECT_FALSE(exists(temp() / "copy/later"));
}

TEST_F(SubvolumeTest, ASnapshotNamesItsSourceByUuid) {
  if (skipped()) return;
  create("source");
  EXPECT_EQ(info("source").uuid.size(), 36U);
  EXPECT_EQ(info("source").parent_uuid, "");
  ASSERT_TRUE(snapshot("source", "copy").ok());
  EXPECT_EQ(info("copy").parent_uuid, info("source").uuid);
  EXPECT_NE(info("copy").uuid, info("source").uuid);
  std::string before = info("copy").uuid;
  test::rename_path(temp() / "copy", temp() / "moved");
  EXPECT_EQ(info("moved").uuid, before);
}

TEST_F(SubvolumeTest, TheGenerationGrowsWithWhatIsWritten) {
  if (skipped()) return;
  create("made");
  ASSERT_TRUE(dir_.sync_all().ok());
  std::uint64_t before = info("made").generation;
  write_file(temp() / "made/file", "x");
  ASSERT_TRUE(dir_.sync_all().ok());
  EXPECT_GT(info("made").generation, before);
}

TEST_F(SubvolumeTest, AChangeInAReadOnlySnapshotShowsAndASnapshotOfItDoesNot) {
  if (skipped()) return;
  create("source");
  write_file(temp() / "source/file", test::random_bytes(100000, 1));  // not on the disk yet
  ASSERT_TRUE(snapshot("source", "frozen", SubvolumeAccess::kReadOnly).ok());
  const SubvolumeInfo before = info("frozen");
  ASSERT_TRUE(snapshot("frozen", "copy").ok());
  read_file(temp() / "frozen/file");
  write_file(temp() / "copy/file", "an edit");
  ASSERT_TRUE(dir_.sync_all().ok());
  EXPECT_EQ(info("frozen").changed, before.changed);
  EXPECT_GT(info("frozen").generation, before.generation);
  Dir frozen = *dir_.open_dir("frozen");
  ASSERT_TRUE(set_subvolume_access(frozen, SubvolumeAccess::kWritable).ok());
  test::overwrite_file(temp() / "frozen/file", "edited", 0);
  ASSERT_TRUE(set_subvolume_access(frozen, SubvolumeAccess::kReadOnly).ok());
  ASSERT_TRUE(dir_.sync_all().ok());
  EXPECT_GT(info("frozen").changed, before.changed);
}

TEST_F(SubvolumeTest, AReadOnlySnapshotTakesNoWriteUntilItIsMadeWritable) {
  if (skipped()) return;
  create("source");
  ASSERT_TRUE(snapshot("source", "frozen", SubvolumeAccess::kReadOnly).ok());
  Dir frozen = *dir_.open_dir("frozen");
  EXPECT_EQ(info("frozen").access, SubvolumeAccess::kReadOnly);
  EXPECT_EQ(frozen.create_new("file", 0600).error().sys_errno, EROFS);
  ASSERT_TRUE(set_subvolume_access(frozen, SubvolumeAccess::kWritable).ok());
  EXPECT_EQ(info("frozen").access, SubvolumeAccess::kWritable);
  EXPECT_TRUE(frozen.create_new("file", 0600).ok());
}

TEST_F(SubvolumeTest, ChildrenAreNamedByTheirPathsAndAStubStandsForEachInASnapshot) {
  if (skipped()) return;
  create("source");
  test::make_dirs(temp() / "source/a/b");
  EXPECT_TRUE(child_subvolumes(*dir_.open_dir("source"))->empty());
  ASSERT_TRUE(create_subvolume(*dir_.open_dir("source/a/b"), "deep").ok());
  ASSERT_TRUE(create_subvolume(*dir_.open_dir("source"), "near").ok());
  ASSERT_TRUE(create_subvolume(*dir_.open_dir("source/near"), "grandchild").ok());
  EXPECT_EQ(*child_subvolumes(*dir_.open_dir("source")), (std::vector<std::string>{"a/b/deep", "near"}));
  ASSERT_TRUE(snapshot("source", "copy").ok());
  EXPECT_TRUE(child_subvolumes(*dir_.open_dir("copy"))->empty());
  EXPECT_TRUE(*is_subvolume_stub(*dir_.open_dir("copy/near")));
  EXPECT_FALSE(*is_subvolume_stub(*dir_.open_dir("source/near")));
  EXPECT_FALSE(*is_subvolume_stub(*dir_.open_dir("copy/a")));
}

TEST_F(SubvolumeTest, MoreChildrenThanOneCallListsAreAllFound) {
  if (skipped()) return;
  create("source");
  Dir source = *dir_.open_dir("source");
  constexpr std::size_t kMany = 300;
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_TRUE(create_subvolume(source, std::to_string(i)).ok());
  auto children = child_subvolumes(source);
  ASSERT_TRUE(children.ok());
  EXPECT_EQ(children->size(), kMany);
  EXPECT_EQ(std::unique(children->begin(), children->end()), children->end());
}

TEST_F(SubvolumeTest, AnOrdinaryUserDoesAllOfItInDirectoriesOfTheirOwn) {
  if (skipped()) return;
  test::set_mode(temp().path(), 0755);
  test::make_dirs(temp() / "home");
  test::give_to_nobody(temp() / "home");
  AsNobody nobody;
  Dir home = *dir_.open_dir("home");
  ASSERT_TRUE(create_subvolume(home, "source").ok());
  write_file(temp() / "home/source/a/file", "x", 0444);
  Dir source = *home.open_dir("source");
  ASSERT_TRUE(create_subvolume(source, "child").ok());
  EXPECT_EQ(*child_subvolumes(source), std::vector<std::string>{"child"});
  ASSERT_TRUE(snapshot_subvolume(source, home, "copy", SubvolumeAccess::kReadOnly).ok());
  EXPECT_EQ(subvolume_info(*home.open_dir("copy"))->parent_uuid, subvolume_info(source)->uuid);
  auto destroyed = destroy_subvolume(home, "copy");
  ASSERT_FALSE(destroyed.ok());
  EXPECT_FALSE(destroyed.error().sys_errno == EPERM && destroyed.error().hint.empty());
  EXPECT_EQ(*remove_subvolume(home, "copy"), SubvolumeRemoval::kFileByFile);
  EXPECT_EQ(*remove_subvolume(home, "source"), SubvolumeRemoval::kFileByFile);
  EXPECT_TRUE(home.list()->empty());
}

TEST_F(SubvolumeTest, AnotherUsersSubvolumeIsNotCopied) {
  if (skipped()) return;
  if (!test::is_root_or_skip()) return;
  test::set_mode(temp().path(), 0777);
  create("source");
  AsNobody nobody;
  EXPECT_EQ(snapshot("source", "copy").error().sys_errno, EPERM);
  EXPECT_FALSE(exists(temp() / "copy"));
}

TEST_F(SubvolumeTest, RootRemovesOneAtOnceReadOnlyOrNot) {
  if (skipped()) return;
  if (!test::is_root_or_skip()) return;
  create("source");
  write_file(temp() / "source/file", "x");
  ASSERT_TRUE(snapshot("source", "frozen", SubvolumeAccess::kReadOnly).ok());
  test::FailNth no_tree(1, EIO, {Call::kUnlink});
  test::ScopedObserver watching(no_tree);
  EXPECT_EQ(*remove_subvolume(dir_, "frozen"), SubvolumeRemoval::kDestroyed);
  EXPECT_EQ(*remove_subvolume(dir_, "source"), SubvolumeRemoval::kDestroyed);
  EXPECT_FALSE(exists(temp() / "source"));
}

TEST_F(SubvolumeTest, RemovalTakesSubvolumesWithinAndWhatIsNone) {
  if (skipped()) return;
  create("source");
  ASSERT_TRUE(create_subvolume(*dir_.open_dir("source"), "child").ok());
  write_file(temp() / "source/child/file", "x");
  EXPECT_EQ(destroy_subvolume(dir_, "source").error().sys_errno, ENOTEMPTY);
  EXPECT_EQ(*remove_subvolume(dir_, "source"), SubvolumeRemoval::kFileByFile);
  write_file(temp() / "plain/file", "x");
  EXPECT_EQ(*remove_subvolume(dir_, "plain"), SubvolumeRemoval::kFileByFile);
  EXPECT_TRUE(remove_subvolume(dir_, "absent").ok());
  EXPECT_TRUE(dir_.list()->empty());
}

TEST_F(SubvolumeTest, OneThatSomethingIsMountedOnStays) {
  if (skipped()) return;
  if (!test::is_root_or_skip()) return;
  create("source");
  write_file(temp() / "source/file", "x");
  ASSERT_EQ(::mount("none", (temp() / "source").c_str(), "tmpfs", 0, nullptr), 0);
  EXPECT_EQ(remove_subvolume(dir_, "source").error().code, ErrorCode::kBusy);
  ASSERT_EQ(::umount((temp() / "source").c_str()), 0);
  EXPECT_TRUE(exists(temp() / "source/file"));
}

TEST_F(SubvolumeTest, ANewOneTakesTheGroupOfASetGroupIdParent) {
  if (skipped()) return;
  if (!test::is_root_or_skip()) return;
  test::make_dirs(temp() / "team");
  ASSERT_EQ(::chown((temp() / "team").c_str(), 0, test::kNobody), 0);
  test::set_mode(temp() / "team", 02775);
  Dir team = *dir_.open_dir("team");
  ASSERT_TRUE(create_subvolume(team, "made").ok());
  ASSERT_TRUE(team.make_dir("plain", 0777).ok());
  EXPECT_EQ(team.stat("made")->gid, test::kNobody);
  EXPECT_EQ(team.stat("made")->mode, team.stat("plain")->mode);
}

TEST_F(SubvolumeTest, WhatCantBeDoneSaysWhy) {
  if (skipped()) return;
  create("source");
  test::make_dirs(temp() / "source/within");
  write_file(temp() / "taken", "x");
  EXPECT_EQ(create_subvolume(dir_, "taken").error().sys_errno, EEXIST);
  EXPECT_EQ(create_subvolume(dir_, "a/b").error().sys_errno, EINVAL);
  EXPECT_EQ(create_subvolume(dir_, std::string(256, 'n')).error().sys_errno, EINVAL);
  EXPECT_EQ(snapshot("source", "taken").error().sys_errno, EEXIST);
  EXPECT_EQ(snapshot("source/within", "copy").error().sys_errno, EINVAL);
  EXPECT_EQ(destroy_subvolume(dir_, "absent").error().sys_errno, ENOENT);
}

TEST_P(NoSubvolumeTest, EveryCallIsRefusedAsUnsupported) {
  if (skipped()) return;
  Dir dir = temp().open();
  EXPECT_FALSE(*is_subvolume(dir));
  EXPECT_FALSE(*is_subvolume_stub(dir));
  EXPECT_FALSE(*is_on_btrfs(dir));
  EXPECT_EQ(create_subvolume(dir, "made").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(snapshot_subvolume(dir, dir, "copy", SubvolumeAccess::kWritable).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(subvolume_info(dir).error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(dir.list()->empty());
}

}  // namespace
}  // namespace cowstore::sys
