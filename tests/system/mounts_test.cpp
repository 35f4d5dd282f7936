// Other file systems, and Btrfs subvolumes, inside of a working copy.
#include <sys/mount.h>

#include <cstdlib>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

using Names = std::vector<std::string>;

class Mounts : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    write_file(path("file"), "first");
    write_file(path("odd\xff/mnt/below"), "what the mount hides");
    commit_all(copy(), "first");
    if (::mount("none", path(kMount).c_str(), "tmpfs", 0, "size=16m") != 0) {
      skip_test("can't mount a tmpfs");
      usable = false;
      return;
    }
    write_file(path(kMount + "/d/mounted"), "mounted");
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }

  static CommitOptions only_own(const std::string& message) {
    CommitOptions options;
    options.message = message;
    options.scope.file_systems = FileSystems::kOne;
    return options;
  }
  Status own_status() {
    StatusOptions options;
    options.file_systems = FileSystems::kOne;
    return must(open_repository(copy()).status(options));
  }

  static inline const std::string kMount = "odd\xff/mnt";
  static inline const Names kSkipped{kMount + " (mount point)"};
  bool usable = true;
};
INSTANTIATE_TEST_SUITE_P(On, Mounts, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(Mounts, AreEnteredUnlessToldOtherwise) {
  if (skipped() || !usable) return;
  EXPECT_EQ(status_of(copy()).added, Names{kMount + "/d/mounted"});
  EXPECT_EQ(status_of(copy()).deleted, Names{kMount + "/below"});
  commit_all(copy(), "with the mount");
  EXPECT_EQ(cat(copy(), "@:" + kMount + "/d/mounted"), "mounted");
  expect_clean(copy());
}

TEST_P(Mounts, AreNeverRecordedAsDeletionsWhereTheyAreLeftOut) {
  if (skipped() || !usable) return;
  Status status = own_status();
  EXPECT_TRUE(status.clean());
  EXPECT_EQ(status.skipped, kSkipped);
  write_file(path("file"), "second");
  CommitReport report = must(open_repository(copy()).commit(only_own("second")));
  EXPECT_EQ(report.skipped, kSkipped);
  EXPECT_EQ(report.stats.deleted, 0U);
  EXPECT_EQ(report.stats.modified, 1U);
  EXPECT_EQ(cat(copy(), "@:" + kMount + "/below"), "what the mount hides");
  ASSERT_EQ(::umount(path(kMount).c_str()), 0);
  expect_clean(copy());
  expect_sound(copy());
}

TEST_P(Mounts, AreNotReadAgainOnceTheyAreKnown) {
  if (skipped() || !usable) return;
  commit_all(copy(), "with the mount");
  std::uint64_t hashed = 1;
  for (int i = 0; i < 100 && hashed > 0; ++i) {  // until the clocks have ticked
    hashed = commit_all(copy(), "again").stats.files_hashed;
    (void)status_of(copy());
  }
  EXPECT_EQ(hashed, 0U);
  write_file(path(kMount + "/d/mounted"), "MOUNTED");
  EXPECT_EQ(status_of(copy()).modified, Names{kMount + "/d/mounted"});
}

TEST_P(Mounts, AreLeftAloneByASwitch) {
  if (skipped() || !usable) return;
  write_file(path("file"), "second");
  must(open_repository(copy()).commit(only_own("second")));
  switch_in_place(copy(), "@~1");
  EXPECT_EQ(read_file(path("file")), "first");
  EXPECT_EQ(read_file(path(kMount + "/d/mounted")), "mounted");
  switch_in_place(copy(), "main");
  EXPECT_EQ(read_file(path("file")), "second");
}

TEST(Subvolumes, AreEnteredOrLeftOutAndNeverDeletions) {
  auto temp = temp_dir_on("btrfs");
  if (!temp) return;
  std::string copy = *temp / "copy";
  make_repository(copy);
  write_file(copy + "/file", "first");
  if (std::system(("btrfs subvolume create '" + copy + "/inner' >/dev/null 2>&1").c_str()) != 0) {
    return skip_test("can't make subvolumes");
  }
  write_file(copy + "/inner/tracked", "first");
  commit_all(copy, "entered");
  EXPECT_EQ(cat(copy, "@:inner/tracked"), "first");
  expect_clean(copy);
  write_file(copy + "/inner/tracked", "second");
  write_file(copy + "/file", "second");
  CommitOptions options;
  options.scope.file_systems = FileSystems::kOne;
  CommitReport report = must(open_repository(copy).commit(options));
  EXPECT_EQ(report.skipped, Names{"inner (on another file system)"});
  EXPECT_EQ(report.stats.deleted, 0U);
  EXPECT_EQ(cat(copy, "@:inner/tracked"), "first");
  EXPECT_EQ(status_of(copy).modified, Names{"inner/tracked"});
}

}  // namespace cowstore::test
