#include "space/census.hpp"

#include <fcntl.h>

#include "support/as_nobody.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/clone.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::space {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kSlack = 64 << 10;  // directories, and how file systems round

class CensusTest : public test::FilesystemTest {
 protected:
  Census take(const std::vector<std::string>& names, const std::vector<std::string>& without = {}) {
    base::ThreadPool pool(4);
    must(temp().open().sync_all());
    std::vector<sys::Dir> dirs;
    for (const std::string& name : names) dirs.push_back(*sys::Dir::open(temp() / name));
    std::vector<Tree> trees;
    for (const sys::Dir& dir : dirs) trees.push_back({&dir, without});
    auto census = take_census(trees, pool);
    EXPECT_TRUE(census.ok());
    return census ? std::move(*census) : Census();
  }

  static void must(const Result<void>& done) { ASSERT_TRUE(done.ok()) << done.error().message(); }

  void write(const std::string& name, std::uint64_t size, std::uint64_t seed) {
    test::write_file(temp() / name, test::random_bytes(size, seed));
  }
  void clone(const std::string& from, const std::string& to) {
    test::write_file(temp() / to, "");
    must(temp().open().sync_all());
    must(sys::clone_file(*temp().open().open_read(from), *temp().open().open_write(to), to));
  }

  static void expect_about(std::uint64_t found, std::uint64_t expected, const char* what) {
    EXPECT_GE(found + kSlack, expected) << what;
    EXPECT_LE(found, expected + kSlack) << what;
  }
};
class CloneCensusTest : public CensusTest {};
INSTANTIATE_TEST_SUITE_P(On, CensusTest, test::every_filesystem(), test::filesystem_param_name);
INSTANTIATE_TEST_SUITE_P(On, CloneCensusTest, test::reflink_filesystems(), test::filesystem_param_name);

TEST_P(CensusTest, WhatNobodySharesIsExclusive) {
  if (skipped()) return;
  write("a/x", kMiB, 1);
  write("a/d/y", 2 * kMiB, 2);
  write("b/x", kMiB, 1);  // equal bytes are no shared blocks
  Census census = take({"a", "b"});
  EXPECT_EQ(census.usage[0].files, 2U);
  EXPECT_EQ(census.usage[0].apparent, 3 * kMiB);
  expect_about(census.usage[0].exclusive, 3 * kMiB, "a");
  expect_about(census.usage[1].exclusive, kMiB, "b");
  EXPECT_EQ(census.usage[0].shared + census.usage[1].shared, 0U);
  EXPECT_TRUE(census.groups.empty());
  expect_about(census.on_disk, 4 * kMiB, "all");
}

TEST_P(CensusTest, HolesTakeNothing) {
  if (skipped()) return;
  test::write_hole(temp() / "a/hole", 100 * kMiB);
  Census census = take({"a"});
  EXPECT_EQ(census.usage[0].apparent, 100 * kMiB);
  expect_about(census.usage[0].exclusive, 0, "a");
}

TEST_P(CensusTest, NamesOfOneFileAreSharedBetweenTreesAndExclusiveWithinOne) {
  if (skipped()) return;
  write("a/x", kMiB, 1);
  test::make_hard_link(temp() / "a/x", temp() / "a/y");
  test::make_dirs(temp() / "b");
  write("b/z", kMiB, 2);
  test::make_hard_link(temp() / "b/z", temp() / "a/z");
  Census census = take({"a", "b"});
  expect_about(census.usage[0].exclusive, kMiB, "x and y");
  expect_about(census.usage[0].shared, kMiB, "z");
  expect_about(census.usage[1].shared, kMiB, "z");
  ASSERT_EQ(census.groups.size(), 1U);
  EXPECT_EQ(census.groups[0].owners, (std::vector<Owner>{0, 1}));
  EXPECT_EQ(census.groups[0].others, Group::Others::kNone);
  expect_about(census.on_disk, 2 * kMiB, "all");
}

TEST_P(CensusTest, ANameOutsideMakesAFileShared) {
  if (skipped()) return;
  write("a/x", kMiB, 1);
  test::make_hard_link(temp() / "a/x", temp() / "outside");
  Census census = take({"a"});
  expect_about(census.usage[0].exclusive, 0, "exclusive");
  expect_about(census.usage[0].shared, kMiB, "shared");
  ASSERT_EQ(census.groups.size(), 1U);
  EXPECT_EQ(census.groups[0].others, Group::Others::kSome);
}

TEST_P(CensusTest, WhatIsLeftOutIsNotCounted) {
  if (skipped()) return;
  write("a/.cowstore/store/x", kMiB, 1);
  write("a/store/x", kMiB, 2);
  Census census = take({"a"}, {".cowstore/store"});
  EXPECT_EQ(census.usage[0].files, 1U);
}

TEST_P(CensusTest, WhatCannotBeReadIsNamedAndCountedByItsBlocks) {
  if (skipped() || !test::is_root_or_skip()) return;
  write("a/closed", kMiB, 1);
  test::set_mode(temp() / "a/closed", 0);
  test::set_mode(temp().path(), 0755);
  test::set_mode(temp() / "a", 0755);
  must(temp().open().sync_all());
  Census census;
  {
    test::AsNobody nobody;
    base::ThreadPool pool(2);
    sys::Dir dir = *sys::Dir::open(temp() / "a");
    census = *take_census({{&dir, {}}}, pool);
  }
  EXPECT_EQ(census.usage[0].unreadable, 1U);
  expect_about(census.usage[0].exclusive, kMiB, "a");
}

TEST_P(CloneCensusTest, ClonesAreSharedUntilTheyAreWrittenTo) {
  if (skipped()) return;
  write("a/x", 4 * kMiB, 1);
  clone("a/x", "b/x");
  Census census = take({"a", "b"});
  expect_about(census.usage[0].shared, 4 * kMiB, "a");
  expect_about(census.usage[0].exclusive, 0, "a");
  expect_about(census.on_disk, 4 * kMiB, "once");
  test::overwrite_file(temp() / "b/x", test::random_bytes(kMiB, 2), 0);
  census = take({"a", "b"});
  expect_about(census.usage[1].exclusive, kMiB, "b's own");
  expect_about(census.usage[1].shared, 3 * kMiB, "b");
  ASSERT_FALSE(census.groups.empty());
  EXPECT_EQ(census.groups[0].owners, (std::vector<Owner>{0, 1}));
  expect_about(census.groups[0].bytes, 3 * kMiB, "both");
}

TEST_P(CloneCensusTest, ClonesWithinOneTreeAreExclusiveToIt) {
  if (skipped()) return;
  write("a/x", kMiB, 1);
  clone("a/x", "a/y");
  Census census = take({"a"});
  expect_about(census.usage[0].exclusive, kMiB, "a");
  EXPECT_EQ(census.usage[0].shared, 0U);
  EXPECT_EQ(census.usage[0].apparent, 2 * kMiB);
}

TEST_P(CloneCensusTest, ACloneThatNobodyListedMakesItShared) {
  if (skipped()) return;
  write("a/x", kMiB, 1);
  clone("a/x", "outside");
  Census census = take({"a"});
  expect_about(census.usage[0].shared, kMiB, "a");
  ASSERT_EQ(census.groups.size(), 1U);
  EXPECT_EQ(census.groups[0].others, Group::Others::kSome);
}

TEST_P(CloneCensusTest, ThreeTreesAreToldApart) {
  if (skipped()) return;
  write("a/all", kMiB, 1);
  write("a/two", 2 * kMiB, 2);
  clone("a/all", "b/all");
  clone("a/all", "c/all");
  clone("a/two", "c/two");
  Census census = take({"a", "b", "c"});
  ASSERT_EQ(census.groups.size(), 2U);
  EXPECT_EQ(census.groups[0].owners, (std::vector<Owner>{0, 2}));
  EXPECT_EQ(census.groups[1].owners, (std::vector<Owner>{0, 1, 2}));
  expect_about(census.on_disk, 3 * kMiB, "all");
}

TEST_P(CloneCensusTest, WhatIsNotWrittenBackYetIsExclusive) {
  if (skipped()) return;
  base::ThreadPool pool(2);
  write("a/fresh", kMiB, 1);
  sys::Dir dir = *sys::Dir::open(temp() / "a");
  Census census = *take_census({{&dir, {}}}, pool);
  expect_about(census.usage[0].exclusive, kMiB, "a");
}

class BtrfsCensusTest : public CensusTest {};
INSTANTIATE_TEST_SUITE_P(On, BtrfsCensusTest, testing::Values("btrfs"), test::filesystem_param_name);

TEST_P(BtrfsCensusTest, ASnapshotSharesAllThoughItsDeviceNumberIsAnother) {
  if (skipped()) return;
  must(sys::create_subvolume(temp().open(), "a"));
  write("a/x", kMiB, 1);
  must(sys::snapshot_subvolume(*sys::Dir::open(temp() / "a"), temp().open(), "b", sys::SubvolumeAccess::kWritable));
  Census census = take({"a", "b"});
  expect_about(census.usage[0].shared, kMiB, "a");
  expect_about(census.usage[1].exclusive, 0, "b");
  expect_about(census.on_disk, kMiB, "once");
}

TEST_P(BtrfsCensusTest, TinyFilesAreInTheTables) {
  if (skipped()) return;
  for (int i = 0; i < 10; ++i) test::write_file(temp() / ("a/tiny" + std::to_string(i)), "tiny");
  Census census = take({"a"});
  EXPECT_GT(census.usage[0].inlined, 0U);
  EXPECT_EQ(census.usage[0].exclusive, 0U);
}

TEST_P(BtrfsCensusTest, CompressedDataIsCountedByWhatItStandsForAndSaysSo) {
  if (skipped()) return;
  test::make_dirs(temp() / "a");
  if (std::system(("chattr +c " + temp() / "a").c_str()) != 0) return test::skip_test("chattr can't set +c");
  test::write_file(temp() / "a/x", std::string(kMiB, 'x'));
  clone("a/x", "b/x");
  test::write_file(temp() / "a/y", std::string(kMiB, 'y'));
  Census census = take({"a", "b"});
  EXPECT_EQ(census.usage[0].encoded, 2 * kMiB);
  EXPECT_EQ(census.usage[0].shared, kMiB);
  EXPECT_EQ(census.usage[1].shared, kMiB);
  expect_about(census.usage[0].exclusive, kMiB, "y");
}

}  // namespace
}  // namespace cowstore::space
