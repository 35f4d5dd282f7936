// The test bed must not be what is wrong.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>

#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::test {
namespace {

void make_tree(const std::string& root) {
  write_file(root + "/a/file", "content", 0644);
  write_file(root + "/a/program", "#!", 0755);
  make_dirs(root + "/empty");
  make_symlink("a/file", root + "/link");
  for (const char* name : {"/a/file", "/a/program", "/empty", "/link", "/a"}) set_mtime(root + name, {1000, 7});
}

TEST(TreeListing, EqualTreesHaveEqualTexts) {
  TempDir one;
  TempDir two;
  make_tree(one.path());
  make_tree(two.path());
  EXPECT_EQ(tree_text(one.path()), tree_text(two.path()));
  EXPECT_EQ(list_tree(one.path()), list_tree(two.path()));
  EXPECT_EQ(list_tree(one.path()).size(), 5U);
}

TEST(TreeListing, EveryKindOfDifferenceShows) {
  TempDir same;
  make_tree(same.path());
  auto after = [](auto change) {
    TempDir other;
    make_tree(other.path());
    change(other);
    return tree_text(other.path());
  };
  std::string expected = tree_text(same.path());
  auto restore_time = [](const std::string& path) { set_mtime(path, {1000, 7}); };
  EXPECT_NE(expected, after([](auto& dir) { set_mtime(dir / "a/file", {1000, 8}); }));
  EXPECT_NE(expected, after([](auto& dir) { set_mtime(dir / "link", {1000, 8}); }));
  EXPECT_NE(expected, after([](auto& dir) { set_mode(dir / "a/file", 0600); }));
  EXPECT_NE(expected, after([](auto& dir) { set_mode(dir / "empty", 0700); }));
  EXPECT_NE(expected, after([](auto& dir) { write_file(dir / ".hidden", ""); }));
  EXPECT_NE(expected, after([](auto& dir) { remove_path(dir / "empty"); }));
  EXPECT_NE(expected, after([&](auto& dir) {
              overwrite_file(dir / "a/file", "C", 0);
              restore_time(dir / "a/file");
            }));
  EXPECT_NE(expected, after([&](auto& dir) {
              remove_path(dir / "link");
              make_symlink("a/other", dir / "link");
              restore_time(dir / "link");
            }));
  EXPECT_EQ(expected, after([](auto& dir) { write_file(dir / ".cowstore/state", "not part of the tree"); }));
}

TEST(TreeListing, FieldsLeaveOutWhatTheySay) {
  TempDir one;
  TempDir two;
  make_tree(one.path());
  make_tree(two.path());
  set_mtime(two / "a/file", {5, 5});
  EXPECT_EQ(tree_text(one.path(), Fields::kNoTimes), tree_text(two.path(), Fields::kNoTimes));
  set_mode(two / "a/file", 0600);
  EXPECT_NE(tree_text(one.path(), Fields::kNoTimes), tree_text(two.path(), Fields::kNoTimes));
  EXPECT_EQ(tree_text(one.path(), Fields::kContentOnly), tree_text(two.path(), Fields::kContentOnly));
  set_mode(two / "a/file", 0700);
  EXPECT_NE(tree_text(one.path(), Fields::kContentOnly), tree_text(two.path(), Fields::kContentOnly));
}

TEST(TreeListing, Sha256IsThatOfTheStandard) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(TempDirectory, IsGoneWithAllThatIsInIt) {
  std::string path;
  {
    TempDir dir;
    path = dir.path();
    make_tree(path);
    set_mode(path + "/a/file", 0);
    set_mode(path + "/a", 0500);
    EXPECT_TRUE(exists(path));
  }
  EXPECT_FALSE(exists(path));
}

TEST(TempDirectory, LeavesNoMountBehindAndNothingOfItIsLost) {
  if (!is_root_or_skip()) return;
  TempDir kept;
  write_file(kept / "file", "x");
  std::string path;
  {
    TempDir dir;
    path = dir.path();
    make_dirs(path + "/mount");
    if (::mount(kept.path().c_str(), (path + "/mount").c_str(), nullptr, MS_BIND, nullptr) != 0) {
      skip_test("can't bind-mount here");
      return;
    }
  }
  EXPECT_FALSE(exists(path));
  EXPECT_TRUE(exists(kept / "file"));
}

TEST(TempDirectory, TakesReadOnlySnapshotsOfBtrfsAlong) {
  auto dir = temp_dir_on("btrfs");
  if (!dir) return;
  std::string path = dir->path();
  std::string commands = "btrfs -q subvolume create " + path + "/tree && echo x > " + path +
                         "/tree/file && btrfs -q subvolume snapshot -r " + path + "/tree " + path + "/snapshot";
  ASSERT_EQ(std::system(commands.c_str()), 0);
  dir.reset();
  EXPECT_FALSE(exists(path));
}

TEST(RunChild, TellsHowItEnded) {
  EXPECT_EQ(run_child([] { return 0; }), (ChildEnd{0, 0}));
  EXPECT_EQ(run_child([] { return 7; }), (ChildEnd{7, 0}));
  ChildEnd killed = run_child([] { return ::raise(SIGKILL); });
  EXPECT_EQ(killed, (ChildEnd{-1, SIGKILL}));
  EXPECT_TRUE(killed.killed());
}

TEST(RunChild, AForgottenChildIsEnded) {
  pid_t pid = -1;
  {
    Child child([] {
      for (;;) ::pause();
      return 0;
    });
    pid = child.pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(RandomBytes, AreTheSameEverywhere) {
  EXPECT_EQ(sha256_hex(random_bytes(1000, 42)), sha256_hex(random_bytes(1000, 42)));
  EXPECT_EQ(random_bytes(1000, 42).substr(0, 100), random_bytes(100, 42));
  EXPECT_NE(random_bytes(1000, 42), random_bytes(1000, 43));
  Random random(0);
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafU);  // the first number of splitmix64 from 0
}

}  // namespace
}  // namespace cowstore::test
