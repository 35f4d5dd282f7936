#include "sys/clone.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/extents.hpp"
#include "sys/file.hpp"

namespace cowstore::sys {
namespace {

class CloneTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, CloneTest, test::reflink_filesystems(), test::filesystem_param_name);

class EveryCloneTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, EveryCloneTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(CloneTest, SharesEveryBlock) {
  std::string content = test::random_bytes(300000, 1);
  test::write_file(temp() / "original", content);
  Dir dir = temp().open();
  Fd from = *dir.open_read("original");
  Fd to = *dir.create_new("clone", 0600);
  ASSERT_TRUE(clone_file(from, to, "clone").ok());
  EXPECT_EQ(test::read_file(temp() / "clone"), content);
  auto extents = extent_map(to, 1000, "clone");
  ASSERT_TRUE(extents.ok() && !extents->empty());
  for (const Extent& extent : *extents) EXPECT_TRUE(extent.shared());
}

TEST_P(CloneTest, EditsOfOneSideAreNotSeenOnTheOther) {
  std::string content = test::random_bytes(300000, 2);
  test::write_file(temp() / "original", content);
  Dir dir = temp().open();
  ASSERT_TRUE(clone_file(*dir.open_read("original"), *dir.create_new("clone", 0600), "clone").ok());
  test::overwrite_file(temp() / "original", "edited", 100000);
  EXPECT_EQ(test::read_file(temp() / "clone"), content);
  test::overwrite_file(temp() / "clone", "also", 5);
  EXPECT_EQ(test::read_file(temp() / "original").substr(0, 100), content.substr(0, 100));
}

TEST_P(CloneTest, ALargerTargetIsRefusedAndKeepsItsContent) {
  test::write_file(temp() / "original", test::random_bytes(5000, 1));
  test::write_file(temp() / "target", std::string(100000, 'x'));
  Dir dir = temp().open();
  auto cloned = clone_file(*dir.open_read("original"), *dir.open_write("target"), "target");
  ASSERT_FALSE(cloned.ok());
  EXPECT_EQ(cloned.error().sys_errno, EINVAL);
  EXPECT_EQ(test::read_file(temp() / "target"), std::string(100000, 'x'));
}

TEST_P(CloneTest, KeepsHoles) {
  test::write_hole(temp() / "original", 8 << 20);
  test::overwrite_file(temp() / "original", test::random_bytes(65536, 3), 4 << 20);
  Dir dir = temp().open();
  Fd to = *dir.create_new("clone", 0600);
  ASSERT_TRUE(clone_file(*dir.open_read("original"), to, "clone").ok());
  EXPECT_EQ(dir.stat("clone")->size, 8U << 20);
  EXPECT_LT(dir.stat("clone")->blocks * 512, 1U << 20);
}

TEST_P(CloneTest, EmptyAndTinyFilesCloneToo) {
  Dir dir = temp().open();
  for (std::size_t size : {0U, 1U, 100U, 4095U, 4096U, 4097U}) {
    std::string name = std::to_string(size);
    std::string content = test::random_bytes(size, size);
    test::write_file(temp() / name, content);
    ASSERT_TRUE(clone_file(*dir.open_read(name), *dir.create_new(name + ".clone", 0600), name).ok()) << size;
    EXPECT_EQ(test::read_file(temp() / (name + ".clone")), content);
  }
}

TEST_P(CloneTest, CanCloneSaysSoAndLeavesNothing) {
  test::make_dirs(temp() / "a");
  test::make_dirs(temp() / "b");
  Dir a = *temp().open().open_dir("a");
  Dir b = *temp().open().open_dir("b");
  EXPECT_EQ(*can_clone(a, b), true);
  EXPECT_EQ(*can_clone(a, a), true);
  EXPECT_TRUE(a.list()->empty());
  EXPECT_TRUE(b.list()->empty());
}

TEST(Clone, IsRefusedOnExt4WithTheErrnoThatMeansNextRung) {
  auto temp = test::temp_dir_on("ext4");
  if (!temp) return;
  test::write_file(*temp / "original", "content");
  Dir dir = temp->open();
  auto cloned = clone_file(*dir.open_read("original"), *dir.create_new("clone", 0600), "a/clone");
  ASSERT_FALSE(cloned.ok());
  EXPECT_EQ(cloned.error().sys_errno, EOPNOTSUPP);
  EXPECT_EQ(cloned.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(cloned.error().path, "a/clone");
  EXPECT_EQ(*can_clone(dir, dir), false);
  EXPECT_EQ(dir.list()->size(), 2U);
}

TEST(Clone, IsRefusedBetweenFileSystems) {
  auto btrfs = test::temp_dir_on("btrfs");
  auto xfs = test::temp_dir_on("xfs");
  if (!btrfs || !xfs) return;
  test::write_file(*btrfs / "original", "content");
  Dir from = btrfs->open();
  Dir to = xfs->open();
  auto cloned = clone_file(*from.open_read("original"), *to.create_new("clone", 0600), "clone");
  ASSERT_FALSE(cloned.ok());
  EXPECT_EQ(cloned.error().sys_errno, EXDEV);
  EXPECT_EQ(*can_clone(from, to), false);
  EXPECT_EQ(*can_clone(to, from), false);
}

TEST_P(EveryCloneTest, CanCloneReportsTroubleAsTroubleAndLeavesNothing) {
  Dir dir = temp().open();
  for (Call call : {Call::kCreate, Call::kWrite, Call::kClone}) {
    for (int error : {ENOSPC, EIO}) {
      test::FailNth fault(1, error, {call});
      test::ScopedObserver watching(fault);
      auto answer = can_clone(dir, dir);
      ASSERT_FALSE(answer.ok());
      EXPECT_EQ(answer.error().sys_errno, error);
    }
  }
  EXPECT_TRUE(dir.list()->empty());
}

TEST_P(EveryCloneTest, CanCloneNamesADirectoryThatCannotBeWritten) {
  Dir dir = temp().open();
  test::make_dirs(temp() / "gone");
  Dir gone = *dir.open_dir("gone");
  test::remove_path(temp() / "gone");
  EXPECT_FALSE(can_clone(gone, dir).ok());
  EXPECT_FALSE(can_clone(dir, gone).ok());
  EXPECT_TRUE(dir.list()->empty());
}

TEST(Nocow, OnBtrfsTheMarkIsSetReadInheritedAndKeepsFromCloning) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  test::make_dirs(*temp / "plain");
  test::make_dirs(*temp / "nocow");
  Dir plain = *temp->open().open_dir("plain");
  Dir nocow = *temp->open().open_dir("nocow");
  ASSERT_TRUE(set_nocow(*temp->open().open_read("nocow"), "nocow").ok());
  Fd marked = *nocow.create_new("file", 0600);
  Fd ordinary = *plain.create_new("file", 0600);
  EXPECT_EQ(*is_nocow(marked, "file"), true);
  EXPECT_EQ(*is_nocow(ordinary, "file"), false);

  ASSERT_TRUE(write_at(ordinary, Bytes(100000, 1), 0, "file").ok());
  auto cloned = clone_file(ordinary, marked, "file");
  ASSERT_FALSE(cloned.ok());
  EXPECT_EQ(cloned.error().sys_errno, EINVAL);
  EXPECT_EQ(*can_clone(plain, nocow), false);
  EXPECT_EQ(*can_clone(nocow, nocow), true);
}

TEST(Nocow, OnBtrfsAnEmptyFileCanBeMarked) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  Fd file = *temp->open().create_new("file", 0600);
  EXPECT_TRUE(set_nocow(file, "file").ok());
  EXPECT_EQ(*is_nocow(file, "file"), true);
}

TEST_P(EveryCloneTest, FilesAreNotNocowByThemselves) {
  EXPECT_EQ(*is_nocow(*temp().open().create_new("file", 0600), "file"), false);
}

TEST(Nocow, WhereThereIsNoSuchMarkNothingHasIt) {
  Fd null = *Dir::open("/dev")->open_read("null");
  EXPECT_EQ(*is_nocow(null, "null"), false);
  EXPECT_FALSE(set_nocow(null, "null").ok());
}

}  // namespace
}  // namespace cowstore::sys
