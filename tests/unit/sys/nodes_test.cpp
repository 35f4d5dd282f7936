#include "sys/nodes.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "support/test_filesystems.hpp"

namespace cowstore::sys {
namespace {

class NodesTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, NodesTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(NodesTest, LinksAreTheSameInodeAcrossDirectories) {
  test::write_file(temp() / "a/file", "x");
  test::make_dirs(temp() / "b");
  auto dir = temp().open();
  ASSERT_TRUE(make_link(dir, "a/file", dir, "b/other").ok());
  EXPECT_EQ(test::inode_of(temp() / "b/other"), test::inode_of(temp() / "a/file"));
  EXPECT_EQ(dir.stat("a/file")->links, 2U);
}

TEST_P(NodesTest, ALinkToASymlinkIsThatSymlink) {
  test::make_symlink("nowhere", temp() / "link");
  auto dir = temp().open();
  ASSERT_TRUE(make_link(dir, "link", dir, "other").ok());
  EXPECT_EQ(*dir.read_link("other"), "nowhere");
}

TEST_P(NodesTest, WhatHasTheNameAlreadyStays) {
  test::write_file(temp() / "a", "x");
  test::write_file(temp() / "b", "y");
  auto dir = temp().open();
  EXPECT_EQ(make_link(dir, "a", dir, "b").error().code, ErrorCode::kConflict);
  EXPECT_EQ(make_special(dir, "b", FileKind::kFifo, 0600, 0, 0).error().code, ErrorCode::kConflict);
  EXPECT_EQ(test::read_file(temp() / "b"), "y");
}

TEST_P(NodesTest, FifosAndSocketsNeedNoPrivilege) {
  test::make_dirs(temp() / "d");
  auto dir = temp().open();
  ASSERT_TRUE(make_special(dir, "d/fifo", FileKind::kFifo, 0600, 0, 0).ok());
  ASSERT_TRUE(make_special(dir, "socket", FileKind::kSocket, 0600, 0, 0).ok());
  EXPECT_EQ(dir.stat("d/fifo")->kind, FileKind::kFifo);
  EXPECT_EQ(dir.stat("socket")->kind, FileKind::kSocket);
}

TEST_P(NodesTest, DevicesKeepTheirNumbers) {
  if (!test::is_root_or_skip()) return;
  auto dir = temp().open();
  ASSERT_TRUE(make_special(dir, "null", FileKind::kCharDevice, 0600, 1, 3).ok());
  ASSERT_TRUE(make_special(dir, "large", FileKind::kBlockDevice, 0600, 259, 70000).ok());
  struct stat info {};
  ASSERT_EQ(::lstat((temp() / "large").c_str(), &info), 0);
  EXPECT_EQ(major(info.st_rdev), 259U);
  EXPECT_EQ(minor(info.st_rdev), 70000U);
  EXPECT_EQ(dir.stat("large")->device_major, 259U);
  EXPECT_EQ(dir.stat("large")->device_minor, 70000U);
  EXPECT_EQ(dir.stat("null")->kind, FileKind::kCharDevice);
  EXPECT_EQ(dir.stat("null")->device_minor, 3U);
}

TEST_P(NodesTest, AnOrdinaryFileIsNoSpecialOne) {
  EXPECT_EQ(make_special(temp().open(), "a", FileKind::kRegular, 0600, 0, 0).error().sys_errno, EINVAL);
  EXPECT_FALSE(test::exists(temp() / "a"));
}

}  // namespace
}  // namespace cowstore::sys
