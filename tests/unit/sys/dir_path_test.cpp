// How Dir treats paths: nothing leads out of the directory, nothing follows a link, and no path is too long.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <functional>

#include "support/temp_dir.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {
namespace {

using test::exists;
using test::read_file;
using test::write_file;

template <class T>
int errno_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().sys_errno;
}

/// Opened as a directory without following, a link is "not a directory"; in the middle of a path it is ELOOP.
bool is_link_error(int error) {
  return error == ELOOP || error == ENOTDIR;
}

/// root/ is the directory under test; outside/ is what must never be reached.
class DirPathTest : public testing::Test {
 protected:
  DirPathTest() {
    write_file(temp_ / "root/inside/file", "inside");
    write_file(temp_ / "outside/file", "outside");
    test::make_symlink("../outside", temp_ / "root/link");
    test::make_symlink("../../outside/file", temp_ / "root/inside/file_link");
    root_ = std::move(*Dir::open(temp_ / "root"));
  }

  test::TempDir temp_;
  Dir root_;
};

/// Every operation that takes a path, on `path`.
std::vector<std::pair<const char*, std::function<int(const std::string&)>>> operations(const Dir& root) {
  return {
      {"open_dir", [&](const std::string& path) { return errno_of(root.open_dir(path)); }},
      {"open_read", [&](const std::string& path) { return errno_of(root.open_read(path)); }},
      {"open_write", [&](const std::string& path) { return errno_of(root.open_write(path)); }},
      {"create_new", [&](const std::string& path) { return errno_of(root.create_new(path, 0600)); }},
      {"open_or_create", [&](const std::string& path) { return errno_of(root.open_or_create(path, 0600)); }},
      {"make_dir", [&](const std::string& path) { return errno_of(root.make_dir(path, 0700)); }},
      {"make_dirs", [&](const std::string& path) { return errno_of(root.make_dirs(path, 0700)); }},
      {"unlink", [&](const std::string& path) { return errno_of(root.unlink(path)); }},
      {"remove_dir", [&](const std::string& path) { return errno_of(root.remove_dir(path)); }},
      {"remove_tree", [&](const std::string& path) { return errno_of(root.remove_tree(path)); }},
      {"rename from", [&](const std::string& path) { return errno_of(root.rename(path, root, "moved")); }},
      {"rename to", [&](const std::string& path) { return errno_of(root.rename("inside", root, path)); }},
      {"make_symlink", [&](const std::string& path) { return errno_of(root.make_symlink("t", path)); }},
      {"read_link", [&](const std::string& path) { return errno_of(root.read_link(path)); }},
      {"stat", [&](const std::string& path) { return errno_of(root.stat(path)); }},
      {"set_mtime",
       [&](const std::string& path) {
         return errno_of(root.set_mtime(path, {1, 1}));
       }},
      {"set_mode", [&](const std::string& path) { return errno_of(root.set_mode(path, 0777)); }},
  };
}

TEST_F(DirPathTest, ALinkInTheMiddleOfAPathIsRefusedByEveryOperation) {
  for (const std::string path : {"link/file", "link/sub/file", "inside/../link/file"}) {
    for (const auto& [name, run] : operations(root_)) EXPECT_TRUE(is_link_error(run(path))) << name << ' ' << path;
  }
  EXPECT_EQ(read_file(temp_ / "outside/file"), "outside");
  EXPECT_NE(test::mtime_of(temp_ / "outside/file"), (Timestamp{1, 1}));
}

TEST_F(DirPathTest, PathsThatLeadOutAreRefusedByEveryOperation) {
  for (const std::string& path : {std::string("../outside/file"), temp_ / "outside/file", std::string("/inside"),
                                  std::string("inside/../../outside/file")}) {
    for (const auto& [name, run] : operations(root_)) EXPECT_EQ(run(path), EXDEV) << name << ' ' << path;
  }
  EXPECT_EQ(read_file(temp_ / "outside/file"), "outside");
}

TEST_F(DirPathTest, TheParentIsNotOpenedEvenByItsShortName) {
  EXPECT_EQ(errno_of(root_.open_dir("..")), EXDEV);
  EXPECT_FALSE(root_.remove_tree("..").ok());
  EXPECT_TRUE(exists(temp_ / "outside/file"));
}

TEST_F(DirPathTest, ALinkAtTheEndIsNotOpened) {
  EXPECT_EQ(errno_of(root_.open_read("inside/file_link")), ELOOP);
  EXPECT_EQ(errno_of(root_.open_write("inside/file_link")), ELOOP);
  EXPECT_EQ(errno_of(root_.open_or_create("inside/file_link", 0600)), ELOOP);
  Dir inside = *root_.open_dir("inside");
  EXPECT_EQ(errno_of(inside.open_read("file_link")), ELOOP);
  EXPECT_EQ(errno_of(inside.open_write("file_link")), ELOOP);
  EXPECT_EQ(errno_of(inside.open_or_create("file_link", 0600)), ELOOP);
  EXPECT_TRUE(is_link_error(errno_of(root_.open_dir("link"))));
}

TEST_F(DirPathTest, OpenParentSplitsOffTheLastName) {
  auto split = open_parent(root_, "inside/file");
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->name, "file");
  EXPECT_TRUE(split->parent.exists("file"));
  auto top = open_parent(root_, "inside");
  ASSERT_TRUE(top.ok());
  EXPECT_EQ(top->name, "inside");
  EXPECT_TRUE(top->parent.exists("inside"));
  EXPECT_TRUE(is_link_error(errno_of(open_parent(root_, "link/file"))));
  EXPECT_EQ(errno_of(open_parent(root_, "absent/file")), ENOENT);
}

/// A path of `levels` names of 200 bytes each.
std::string long_path(int levels) {
  std::string path;
  for (int i = 0; i < levels; ++i) path += (i > 0 ? "/" : "") + std::string(199, 'd') + std::to_string(i % 10);
  return path;
}

TEST_F(DirPathTest, PathsLongerThanTheSystemTakesWork) {
  std::string path = long_path(50);
  ASSERT_GT(path.size(), std::size_t{2 * PATH_MAX});
  ASSERT_TRUE(root_.make_dirs(path, 0755).ok());
  Fd made = std::move(*root_.create_new(path + "/file", 0644));
  EXPECT_EQ(root_.stat(path + "/file")->kind, FileKind::kRegular);
  EXPECT_TRUE(root_.open_read(path + "/file").ok());
  EXPECT_TRUE(root_.open_write(path + "/file").ok());
  EXPECT_TRUE(root_.make_symlink("target", path + "/link").ok());
  EXPECT_EQ(*root_.read_link(path + "/link"), "target");
  EXPECT_TRUE(root_.set_mode(path + "/file", 0600).ok());
  EXPECT_TRUE(root_.set_mtime(path + "/file", {5, 6}).ok());
  EXPECT_TRUE(root_.rename(path + "/file", root_, path + "/moved").ok());
  EXPECT_EQ(root_.open_dir(path)->list()->size(), 2U);
  EXPECT_EQ(root_.open_dir(path)->path(), temp_ / ("root/" + path));
  EXPECT_TRUE(root_.remove_tree(long_path(1)).ok());
  EXPECT_FALSE(root_.exists(long_path(1)));
}

TEST_F(DirPathTest, LongPathsFollowNoLinkEither) {
  std::string path = long_path(30);
  ASSERT_TRUE(root_.make_dirs(path, 0755).ok());
  ASSERT_TRUE(root_.make_symlink(temp_ / "outside", path + "/link").ok());
  EXPECT_TRUE(is_link_error(errno_of(root_.open_read(path + "/link/file"))));
  EXPECT_EQ(errno_of(root_.open_read(path + "/" + long_path(30))), ENOENT);
}

TEST_F(DirPathTest, ANameThatIsTooLongIsAnError) {
  std::string name(300, 'n');
  EXPECT_EQ(errno_of(root_.create_new(name, 0600)), ENAMETOOLONG);
  EXPECT_EQ(errno_of(root_.stat("inside/" + name)), ENAMETOOLONG);
  EXPECT_EQ(errno_of(root_.open_read(std::string(5000, 'n'))), ENAMETOOLONG);
  EXPECT_EQ(errno_of(root_.open_dir(std::string(5000, 'n'))), ENAMETOOLONG);
}

TEST_F(DirPathTest, EmptyNamesNameNothing) {
  for (const auto& [name, run] : operations(root_)) {
    int result = run("");
    EXPECT_TRUE(result == ENOENT || std::string_view(name) == "remove_tree") << name << ' ' << result;
  }
  EXPECT_TRUE(exists(temp_ / "root/inside/file"));
}

}  // namespace
}  // namespace cowstore::sys
