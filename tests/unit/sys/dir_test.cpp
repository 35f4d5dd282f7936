#include "sys/dir.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>
#include <tuple>
#include <utility>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "support/tree_listing.hpp"
#include "sys/file.hpp"

namespace cowstore::sys {
namespace {

using test::exists;
using test::read_file;
using test::write_file;

template <class T>
int errno_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().sys_errno;
}

class DirTest : public testing::Test {
 protected:
  test::TempDir temp_;
  Dir dir_ = temp_.open();
};

TEST_F(DirTest, OpensWhatTheUserNamedThroughLinks) {
  write_file(temp_ / "real/file", "x");
  test::make_symlink("real", temp_ / "link");
  auto opened = Dir::open(temp_ / "link");
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->exists("file"));
  EXPECT_EQ(opened->path_of("file"), temp_ / "link/file");
}

TEST_F(DirTest, RefusesToOpenAFileAsADirectory) {
  write_file(temp_ / "file", "x");
  EXPECT_EQ(errno_of(Dir::open(temp_ / "file")), ENOTDIR);
  EXPECT_EQ(errno_of(dir_.open_dir("file")), ENOTDIR);
  EXPECT_EQ(errno_of(Dir::open(temp_ / "absent")), ENOENT);
}

TEST_F(DirTest, MessagesNameThePathAsTheUserKnowsIt) {
  auto failed = dir_.open_read("a/b");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message(), "open " + temp_.path() + "/a/b: no such file or directory");
  EXPECT_EQ(Dir::open(".")->path_of("name"), "name");
  EXPECT_EQ(Dir::open("/")->path_of("name"), "/name");
  EXPECT_EQ(dir_.path_of(""), temp_.path());
}

TEST_F(DirTest, CreateNewNeverTakesWhatExists) {
  ASSERT_TRUE(dir_.create_new("file", 0640).ok());
  auto again = dir_.create_new("file", 0640);
  EXPECT_EQ(errno_of(again), EEXIST);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  test::make_symlink("elsewhere", temp_ / "dangling");
  EXPECT_EQ(errno_of(dir_.create_new("dangling", 0640)), EEXIST);
  EXPECT_FALSE(exists(temp_ / "elsewhere"));
}

TEST_F(DirTest, OpenOrCreateKeepsWhatIsThere) {
  write_file(temp_ / "file", "kept");
  ASSERT_TRUE(dir_.open_or_create("file", 0600).ok());
  EXPECT_EQ(read_file(temp_ / "file"), "kept");
  ASSERT_TRUE(dir_.open_or_create("new", 0600).ok());
  EXPECT_TRUE(exists(temp_ / "new"));
}

TEST_F(DirTest, CreatedFilesCanBeReadAndWritten) {
  Fd fd = *dir_.create_new("file", 0400);
  ASSERT_TRUE(write_at(fd, as_bytes("text"), 0, "file").ok());
  EXPECT_EQ(as_text(*read_all(fd, 10, "file")), "text");
}

TEST_F(DirTest, OpenReadDoesNotWaitForAWriterOfAFifo) {
  ASSERT_EQ(::mkfifo((temp_ / "fifo").c_str(), 0600), 0);
  EXPECT_TRUE(dir_.open_read("fifo").ok());
}

TEST_F(DirTest, StatTellsAllThatAListingOfTheTreeTells) {
  write_file(temp_ / "file", "12345", 04751);
  test::set_mtime(temp_ / "file", {1234567890, 987654321});
  test::make_hard_link(temp_ / "file", temp_ / "second");
  Stat file = *dir_.stat("file");
  EXPECT_EQ(file.kind, FileKind::kRegular);
  EXPECT_EQ(file.mode, 04751);
  EXPECT_EQ(file.size, 5U);
  EXPECT_EQ(file.links, 2U);
  EXPECT_EQ(file.mtime, (Timestamp{1234567890, 987654321}));
  EXPECT_EQ(file.inode, test::inode_of(temp_ / "file"));
  EXPECT_EQ(file.uid, ::getuid());
  EXPECT_FALSE(file.mount_root);
  struct stat raw {};
  ASSERT_EQ(::stat((temp_ / "file").c_str(), &raw), 0);
  EXPECT_EQ(file.device, raw.st_dev);
  EXPECT_EQ(file.blocks, static_cast<std::uint64_t>(raw.st_blocks));
  EXPECT_EQ(file.ctime, (Timestamp{raw.st_ctim.tv_sec, static_cast<std::uint32_t>(raw.st_ctim.tv_nsec)}));
}

TEST_F(DirTest, StatKnowsEveryKindAndFollowsNoLink) {
  test::make_dirs(temp_ / "dir");
  test::make_symlink("dir", temp_ / "link");
  ASSERT_EQ(::mkfifo((temp_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(dir_.stat("dir")->kind, FileKind::kDirectory);
  EXPECT_EQ(dir_.stat("link")->kind, FileKind::kSymlink);
  EXPECT_EQ(dir_.stat("fifo")->kind, FileKind::kFifo);
  EXPECT_EQ(Dir::open("/dev")->stat("null")->kind, FileKind::kCharDevice);
  EXPECT_EQ(dir_.stat_self()->kind, FileKind::kDirectory);
  EXPECT_EQ(dir_.stat_self()->inode, test::inode_of(temp_.path()));
  EXPECT_TRUE(Dir::open("/")->stat("proc")->mount_root);
}

TEST_F(DirTest, APlainStatSaysTheSameButForMounts) {
  write_file(temp_ / "file", "12345", 04751);
  test::set_mtime(temp_ / "file", {-5, 987654321});
  test::make_symlink("file", temp_ / "link");
  const auto told = [](const Stat& s) {
    return std::tuple(s.kind, s.mode, s.uid, s.gid, s.size, s.blocks, s.inode, s.device, s.links, s.device_major,
                      s.device_minor, s.mtime, s.ctime);
  };
  for (const char* name : {"file", "link"}) EXPECT_EQ(told(*dir_.stat_plain(name)), told(*dir_.stat(name))) << name;
  const Dir devices = std::move(*Dir::open("/dev"));
  EXPECT_EQ(told(*devices.stat_plain("null")), told(*devices.stat("null")));
  EXPECT_EQ(dir_.stat_plain("absent").error().sys_errno, ENOENT);
  EXPECT_EQ(dir_.stat_plain(std::string(300, 'n')).error().sys_errno, ENAMETOOLONG);
  EXPECT_EQ(dir_.stat(std::string(300, 'n')).error().sys_errno, ENAMETOOLONG);
}

TEST_F(DirTest, MakeDirsMakesParentsAndAcceptsThoseThatExist) {
  EXPECT_TRUE(dir_.make_dirs("a/b/c", 0755).ok());
  EXPECT_TRUE(dir_.make_dirs("a/b/c", 0755).ok());
  EXPECT_TRUE(dir_.make_dirs("a/b/d/e", 0755).ok());
  EXPECT_TRUE(exists(temp_ / "a/b/c"));
  EXPECT_TRUE(exists(temp_ / "a/b/d/e"));
}

TEST_F(DirTest, MakeDirsTakesNeitherAFileNorALinkForADirectory) {
  write_file(temp_ / "file", "x");
  test::make_dirs(temp_ / "target");
  test::make_symlink("target", temp_ / "link");
  EXPECT_EQ(errno_of(dir_.make_dirs("file", 0755)), EEXIST);
  EXPECT_EQ(errno_of(dir_.make_dirs("link", 0755)), EEXIST);
  EXPECT_FALSE(dir_.make_dirs("file/below", 0755).ok());
  EXPECT_FALSE(dir_.make_dirs("link/below", 0755).ok());
  EXPECT_FALSE(exists(temp_ / "target/below"));
}

TEST_F(DirTest, MakeDirsWorksForSeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 40; ++i) {
        if (!dir_.make_dirs("x" + std::to_string(i) + "/y/z" + std::to_string(t % 2), 0755)) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(DirTest, RenameReplacesOnlyWhenAsked) {
  write_file(temp_ / "a", "A");
  write_file(temp_ / "b", "B");
  auto refused = dir_.rename("a", dir_, "b", RenameMode::kNoReplace);
  EXPECT_EQ(errno_of(refused), EEXIST);
  EXPECT_EQ(read_file(temp_ / "b"), "B");
  EXPECT_TRUE(dir_.rename("a", dir_, "b", RenameMode::kExchange).ok());
  EXPECT_EQ(read_file(temp_ / "a"), "B");
  EXPECT_EQ(read_file(temp_ / "b"), "A");
  EXPECT_TRUE(dir_.rename("a", dir_, "b").ok());
  EXPECT_EQ(read_file(temp_ / "b"), "B");
  EXPECT_FALSE(exists(temp_ / "a"));
}

TEST_F(DirTest, RenameMovesBetweenDirectories) {
  write_file(temp_ / "a/deep/file", "x");
  test::make_dirs(temp_ / "b/deep");
  ASSERT_TRUE(dir_.rename("a/deep/file", *dir_.open_dir("b"), "deep/moved").ok());
  EXPECT_EQ(read_file(temp_ / "b/deep/moved"), "x");
  EXPECT_FALSE(exists(temp_ / "a/deep/file"));
}

TEST_F(DirTest, AFailedRenameNamesBothAndWritesNoControlCodes) {
  auto failed = dir_.rename("a\x1b[2J", dir_, "b\n");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message(),
            "rename " + temp_.path() + "/a\\x1b[2J to " + temp_.path() + "/b\\n: no such file or directory");
}

TEST_F(DirTest, LinksHoldAnyTargetAndAreNeverFollowed) {
  std::string odd = "../\xff\n" + std::string(3000, 'x');
  ASSERT_TRUE(dir_.make_symlink(odd, "link").ok());
  EXPECT_EQ(*dir_.read_link("link"), odd);
  EXPECT_EQ(errno_of(dir_.make_symlink("x", "link")), EEXIST);
  write_file(temp_ / "file", "x");
  EXPECT_EQ(errno_of(dir_.read_link("file")), EINVAL);
  test::make_dirs(temp_ / "sub");
  ASSERT_TRUE(dir_.make_symlink("t", "sub/link").ok());
  EXPECT_EQ(*dir_.read_link("sub/link"), "t");
}

TEST_F(DirTest, TimesAndModesAreThoseOfTheNamedFile) {
  test::make_dirs(temp_ / "sub");
  write_file(temp_ / "sub/file", "x", 0644);
  ASSERT_TRUE(dir_.set_mtime("sub/file", {1000, 1}).ok());
  ASSERT_TRUE(dir_.set_mode("sub/file", 0751).ok());
  EXPECT_EQ(test::mtime_of(temp_ / "sub/file"), (Timestamp{1000, 1}));
  EXPECT_EQ(dir_.stat("sub/file")->mode, 0751);
}

TEST_F(DirTest, ALinksTimeIsItsOwn) {
  write_file(temp_ / "file", "x");
  test::set_mtime(temp_ / "file", {5, 5});
  test::make_symlink("file", temp_ / "link");
  ASSERT_TRUE(dir_.set_mtime("link", {1000, 1}).ok());
  EXPECT_EQ(test::mtime_of(temp_ / "link"), (Timestamp{1000, 1}));
  EXPECT_EQ(test::mtime_of(temp_ / "file"), (Timestamp{5, 5}));
}

TEST_F(DirTest, SetModeRefusesALinkAndLeavesItsTarget) {
  write_file(temp_ / "file", "x", 0644);
  test::make_symlink("file", temp_ / "link");
  EXPECT_EQ(errno_of(dir_.set_mode("link", 0777)), EOPNOTSUPP);
  EXPECT_EQ(dir_.stat("file")->mode, 0644);
}

TEST_F(DirTest, SetModeWorksOnWhatItsOwnerMayNotRead) {
  write_file(temp_ / "file", "x", 0);
  EXPECT_TRUE(dir_.set_mode("file", 0600).ok());
}

TEST_F(DirTest, RemovesTheRightKind) {
  write_file(temp_ / "file", "x");
  test::make_dirs(temp_ / "dir");
  test::make_symlink("dir", temp_ / "link");
  EXPECT_EQ(errno_of(dir_.unlink("dir")), EISDIR);
  EXPECT_EQ(errno_of(dir_.remove_dir("file")), ENOTDIR);
  EXPECT_EQ(errno_of(dir_.remove_dir("link")), ENOTDIR);
  EXPECT_TRUE(dir_.unlink("link").ok());
  EXPECT_TRUE(dir_.unlink("file").ok());
  EXPECT_TRUE(dir_.remove_dir("dir").ok());
  EXPECT_EQ(errno_of(dir_.unlink("file")), ENOENT);
}

TEST_F(DirTest, RemoveDirKeepsWhatIsNotEmpty) {
  write_file(temp_ / "dir/file", "x");
  auto failed = dir_.remove_dir("dir");
  EXPECT_EQ(failed.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(exists(temp_ / "dir/file"));
}

TEST_F(DirTest, SyncsItselfAndItsFileSystem) {
  EXPECT_TRUE(dir_.sync().ok());
  EXPECT_TRUE(dir_.sync_all().ok());
}

class DirOnTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, DirOnTest, test::every_filesystem(), test::filesystem_param_name);

Timestamp access_time(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return {info.st_atim.tv_sec, static_cast<std::uint32_t>(info.st_atim.tv_nsec)};
}

/// Under relatime a read moves an access time that is older than the mtime.
void make_access_time_old(const std::string& path) {
  timespec times[2] = {{1000, 0}, {2000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST_P(DirOnTest, ReadingLeavesTheAccessTime) {
  write_file(temp() / "file", "content");
  make_access_time_old(temp() / "file");
  Fd fd = *temp().open().open_read("file");
  ASSERT_TRUE(read_all(fd, 100, "file").ok());
  EXPECT_EQ(access_time(temp() / "file"), (Timestamp{1000, 0}));

  (void)read_file(temp() / "file");
  EXPECT_NE(access_time(temp() / "file"), (Timestamp{1000, 0})) << "the file system must notice ordinary reads";
}

TEST_P(DirOnTest, ListingLeavesTheAccessTime) {
  write_file(temp() / "sub/file", "content");
  make_access_time_old(temp() / "sub");
  ASSERT_EQ(temp().open().open_dir("sub")->list()->size(), 1U);
  EXPECT_EQ(access_time(temp() / "sub"), (Timestamp{1000, 0}));
}

TEST_P(DirOnTest, TimesBeforeTheEpochAndAfter2038ComeBack) {
  write_file(temp() / "file", "x");
  Dir dir = temp().open();
  for (Timestamp time : {Timestamp{-1, 999999999}, Timestamp{-2147483648, 0}, Timestamp{0, 0},
                         Timestamp{2147483648, 123456789}, Timestamp{7258118400, 1}}) {
    ASSERT_TRUE(dir.set_mtime("file", time).ok());
    EXPECT_EQ(dir.stat("file")->mtime, time) << time.seconds;
  }
}

TEST_P(DirOnTest, NamesAreBytes) {
  Dir dir = temp().open();
  std::string every_byte;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') every_byte += static_cast<char>(byte);
  }
  ASSERT_TRUE(dir.create_new(every_byte, 0600).ok());
  EXPECT_TRUE(dir.exists(every_byte));
  auto listed = *dir.list();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].name, every_byte);
}

TEST_P(DirOnTest, TreesAreRenamedAsOne) {
  write_file(temp() / "old/a/file", "x");
  std::string before = test::tree_text(temp() / "old");
  Dir dir = temp().open();
  ASSERT_TRUE(dir.rename("old", dir, "new", RenameMode::kNoReplace).ok());
  EXPECT_EQ(test::tree_text(temp() / "new"), before);
  test::make_dirs(temp() / "other");
  ASSERT_TRUE(dir.rename("new", dir, "other", RenameMode::kExchange).ok());
  EXPECT_EQ(test::tree_text(temp() / "other"), before);
  EXPECT_EQ(test::tree_text(temp() / "new"), "");
}

}  // namespace
}  // namespace cowstore::sys
