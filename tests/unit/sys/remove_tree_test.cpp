#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {
namespace {

using test::exists;
using test::write_file;

constexpr unsigned kNobody = 65534;

class RemoveTreeTest : public testing::Test {
 protected:
  test::TempDir temp_;
  Dir dir_ = temp_.open();
};

TEST_F(RemoveTreeTest, RemovesFilesDirectoriesAndWhatIsNeither) {
  write_file(temp_ / "tree/a/b/c/file", "x");
  write_file(temp_ / "tree/read-only", "x", 0400);
  test::make_symlink("nowhere", temp_ / "tree/dangling");
  ASSERT_EQ(::mkfifo((temp_ / "tree/fifo").c_str(), 0600), 0);
  write_file(temp_ / "kept", "x");
  EXPECT_TRUE(dir_.remove_tree("tree").ok());
  EXPECT_FALSE(exists(temp_ / "tree"));
  EXPECT_TRUE(exists(temp_ / "kept"));
}

TEST_F(RemoveTreeTest, TakesAFileAnAbsentNameAndAPath) {
  write_file(temp_ / "file", "x");
  write_file(temp_ / "a/b/c", "x");
  EXPECT_TRUE(dir_.remove_tree("file").ok());
  EXPECT_FALSE(exists(temp_ / "file"));
  EXPECT_TRUE(dir_.remove_tree("file").ok());
  EXPECT_TRUE(dir_.remove_tree("a/b").ok());
  EXPECT_TRUE(exists(temp_ / "a"));
  EXPECT_FALSE(exists(temp_ / "a/b"));
}

TEST_F(RemoveTreeTest, RemovesLinksAndNotWhatTheyName) {
  write_file(temp_ / "outside/file", "x");
  test::make_dirs(temp_ / "tree/sub");
  test::make_symlink(temp_ / "outside", temp_ / "tree/sub/absolute");
  test::make_symlink("../outside", temp_ / "tree/relative");
  test::make_symlink("outside", temp_ / "link");
  EXPECT_TRUE(dir_.remove_tree("tree").ok());
  EXPECT_TRUE(dir_.remove_tree("link").ok());
  EXPECT_FALSE(exists(temp_ / "tree"));
  EXPECT_FALSE(exists(temp_ / "link"));
  EXPECT_TRUE(exists(temp_ / "outside/file"));
}

TEST_F(RemoveTreeTest, ALinkPutInPlaceOfADirectoryIsNotEntered) {
  write_file(temp_ / "outside/file", "x");
  write_file(temp_ / "tree/sub/inner", "x");
  // Between the look at "sub" and its opening somebody exchanges it for a link.
  test::ActBefore intruder(Call::kOpen, "sub", [&] {
    test::remove_path(temp_ / "tree/sub");
    test::make_symlink(temp_ / "outside", temp_ / "tree/sub");
  });
  test::ScopedObserver watching(intruder);
  EXPECT_FALSE(dir_.remove_tree("tree").ok());
  EXPECT_TRUE(intruder.fired());
  EXPECT_TRUE(exists(temp_ / "outside/file"));
}

/// As an ordinary user: root may write everywhere.
test::ChildEnd as_nobody(const std::function<int()>& body) {
  return test::run_child([&] {
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return 99;
    return body();
  });
}

TEST_F(RemoveTreeTest, DirectoriesWithoutPermissionsGoToo) {
  test::set_mode(temp_.path(), 0777);
  auto end = as_nobody([&] {
    write_file(temp_ / "tree/closed/sub/file", "x");
    test::set_mode(temp_ / "tree/closed/sub", 0);
    test::set_mode(temp_ / "tree/closed", 0555);
    return dir_.remove_tree("tree").ok() ? 0 : 1;
  });
  EXPECT_EQ(end, (test::ChildEnd{0, 0}));
  EXPECT_FALSE(exists(temp_ / "tree"));
}

TEST_F(RemoveTreeTest, WhatBelongsToOthersIsAnError) {
  if (!test::is_root_or_skip()) return;
  write_file(temp_ / "tree/sub/file", "x");
  test::set_mode(temp_.path(), 0755);
  auto end = as_nobody([&] {
    auto removed = dir_.remove_tree("tree");
    return !removed && removed.error().sys_errno == EACCES ? 0 : 1;
  });
  EXPECT_EQ(end, (test::ChildEnd{0, 0}));
  EXPECT_TRUE(exists(temp_ / "tree/sub/file"));
}

TEST_F(RemoveTreeTest, StopsAtWhatIsMountedInTheTree) {
  if (!test::is_root_or_skip()) return;
  write_file(temp_ / "elsewhere/precious", "x");
  test::make_dirs(temp_ / "tree/mount");
  if (::mount((temp_ / "elsewhere").c_str(), (temp_ / "tree/mount").c_str(), nullptr, MS_BIND, nullptr) != 0) {
    test::skip_test("can't bind-mount here");
    return;
  }
  auto removed = dir_.remove_tree("tree");
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code, ErrorCode::kBusy);
  EXPECT_TRUE(exists(temp_ / "elsewhere/precious"));
  EXPECT_EQ(::umount((temp_ / "tree/mount").c_str()), 0);
  EXPECT_TRUE(dir_.remove_tree("tree").ok());
}

TEST_F(RemoveTreeTest, AFailureInTheMiddleIsReported) {
  for (int i = 0; i < 10; ++i) write_file(temp_ / ("tree/" + std::to_string(i)), "x");
  test::FailNth fault(5, EIO, {Call::kUnlink});
  test::ScopedObserver watching(fault);
  auto removed = dir_.remove_tree("tree");
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().sys_errno, EIO);
  EXPECT_TRUE(dir_.remove_tree("tree").ok());
}

TEST_F(RemoveTreeTest, DeepTreesGo) {
  std::string path = "t";
  for (int i = 0; i < 300; ++i) path += "/" + std::string(20, 'd');
  ASSERT_TRUE(dir_.make_dirs(path, 0755).ok());
  EXPECT_TRUE(dir_.remove_tree("t").ok());
  EXPECT_FALSE(exists(temp_ / "t"));
}

}  // namespace
}  // namespace cowstore::sys
