#include "sys/xattr.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

#include "support/test_filesystems.hpp"

namespace cowstore::sys {
namespace {

class XattrTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, XattrTest, test::every_filesystem(), test::filesystem_param_name);

void put(const std::string& path, const std::string& name, const std::string& value) {
  ASSERT_EQ(::lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0), 0) << path << " " << name;
}

TEST_P(XattrTest, ReadsWhatOthersWroteOfAnyBytesAndLength) {
  test::write_file(temp() / "file", "x");
  const std::string binary("\0\xff\n", 3);
  const std::string long_value(2000, 'v');
  put(temp() / "file", "user.binary", binary);
  put(temp() / "file", "user.empty", "");
  put(temp() / "file", "user.long", long_value);
  auto names = *list_xattrs(temp().open(), "file");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"user.binary", "user.empty", "user.long"}));
  EXPECT_EQ(*read_xattr(temp().open(), "file", "user.binary"), binary);
  EXPECT_EQ(*read_xattr(temp().open(), "file", "user.empty"), "");
  EXPECT_EQ(*read_xattr(temp().open(), "file", "user.long"), long_value);
  EXPECT_EQ(*read_xattr(temp().open(), "file", "user.none"), std::nullopt);
}

TEST_P(XattrTest, AListLongerThanAnyFirstGuessIsRead) {
  test::write_file(temp() / "file", "x");
  for (int i = 0; i < 60; ++i) put(temp() / "file", "user." + std::string(20, 'n') + std::to_string(i), "");
  EXPECT_EQ(list_xattrs(temp().open(), "file")->size(), 60U);
}

TEST_P(XattrTest, WhatIsSetIsThereAndGoesAgain) {
  test::write_file(temp() / "file", "x");
  auto dir = temp().open();
  ASSERT_TRUE(set_xattr(dir, "file", "user.a", "one").ok());
  ASSERT_TRUE(set_xattr(dir, "file", "user.a", "two").ok());
  char buffer[8] = {};
  EXPECT_EQ(::getxattr((temp() / "file").c_str(), "user.a", buffer, sizeof buffer), 3);
  EXPECT_EQ(std::string(buffer), "two");
  ASSERT_TRUE(remove_xattr(dir, "file", "user.a").ok());
  ASSERT_TRUE(remove_xattr(dir, "file", "user.a").ok());
  EXPECT_TRUE(list_xattrs(dir, "file")->empty());
}

TEST_P(XattrTest, ALinkHasItsOwnAndIsNotFollowed) {
  if (!test::is_root_or_skip()) return;
  test::write_file(temp() / "file", "x");
  test::make_symlink("file", temp() / "link");
  put(temp() / "file", "user.of_file", "1");
  ASSERT_TRUE(set_xattr(temp().open(), "link", "trusted.of_link", "2").ok());
  EXPECT_EQ(*list_xattrs(temp().open(), "link"), (std::vector<std::string>{"trusted.of_link"}));
  EXPECT_EQ(*list_xattrs(temp().open(), "file"), (std::vector<std::string>{"user.of_file"}));
}

TEST_P(XattrTest, TheDirectoryItselfPathsBelowItAndFifosHaveThem) {
  if (!test::is_root_or_skip()) return;
  test::write_file(temp() / "a/b/file", "x");
  ASSERT_EQ(::mkfifo((temp() / "a/fifo").c_str(), 0600), 0);
  auto dir = temp().open();
  for (const char* name : {".", "a", "a/b/file"}) ASSERT_TRUE(set_xattr(dir, name, "user.a", "v").ok()) << name;
  ASSERT_TRUE(set_xattr(dir, "a/fifo", "trusted.a", "v").ok());
  EXPECT_EQ(::getxattr(temp().path().c_str(), "user.a", nullptr, 0), 1);
  EXPECT_EQ(*read_xattr(dir, "a/b/file", "user.a"), "v");
  EXPECT_EQ(*read_xattr(dir, "a/fifo", "trusted.a"), "v");
}

TEST_P(XattrTest, NoPathLeadsThroughALink) {
  test::write_file(temp() / "real/file", "x");
  test::make_symlink("real", temp() / "link");
  EXPECT_EQ(list_xattrs(temp().open(), "link/file").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(set_xattr(temp().open(), "link/file", "user.a", "v").error().code, ErrorCode::kNotFound);
}

TEST_P(XattrTest, FailuresNameTheFileAndTheAttribute) {
  auto failed = set_xattr(temp().open(), "missing", "user.a", "v");
  EXPECT_EQ(failed.error().code, ErrorCode::kNotFound);
  EXPECT_NE(failed.error().message().find("user.a"), std::string::npos) << failed.error().message();
  EXPECT_NE(failed.error().message().find(temp() / "missing"), std::string::npos) << failed.error().message();
}

TEST(Xattr, WhereTheFileSystemHasNoneThereAreNone) {
  auto proc = Dir::open("/proc/self");
  ASSERT_TRUE(proc.ok());
  EXPECT_TRUE(list_xattrs(*proc, "status")->empty());
  EXPECT_EQ(set_xattr(*proc, "status", "user.a", "v").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace cowstore::sys
