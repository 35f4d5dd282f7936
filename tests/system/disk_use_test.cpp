// What du says against what is known of who shares what.
#include "support/random_bytes.hpp"
#include "sys/dir.hpp"
#include "system/worktree_bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kSlack = 512 << 10;  // directories, index, log

class DiskUseTest : public WorktreeTest {
 protected:
  DiskUse use() {
    must(must(sys::Dir::open(temp().path())).sync_all());
    return must(open_repository(main()).disk_use({}));
  }
  static SpaceUse of(const DiskUse& use, const std::string& path) {
    for (const WorktreeSpace& copy : use.worktrees) {
      if (copy.path == path) return copy.use;
    }
    ADD_FAILURE() << path << " isn't measured";
    return {};
  }
  [[nodiscard]] bool clones() const { return filesystem() != "ext4"; }

  static void expect_about(std::uint64_t found, std::uint64_t expected, const std::string& what) {
    EXPECT_GE(found + kSlack, expected) << what;
    EXPECT_LE(found, expected + kSlack) << what;
  }
};
INSTANTIATE_TEST_SUITE_P(On, DiskUseTest, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(DiskUseTest, WorkingCopiesShareUntilTheyAreEdited) {
  if (skipped()) return;
  write_file(main() + "/big", random_bytes(4 * kMiB, 1));
  commit_all(main(), "big");
  std::string third = temp() / "third";
  check_out(main(), "main", third);
  DiskUse before = use();
  expect_about(of(before, third).exclusive, clones() ? 0 : 4 * kMiB, "a fresh one");
  expect_about(of(before, third).shared, clones() ? 4 * kMiB : 0, "a fresh one");
  std::uint64_t reserve = before.store.back().use.exclusive;
  expect_about(before.on_disk, reserve + (clones() ? 4 : 12) * kMiB, "in all");
  write_file(third + "/big", random_bytes(4 * kMiB, 2));
  DiskUse after = use();
  expect_about(of(after, third).exclusive, 4 * kMiB, "rewritten");
  expect_about(of(after, third).shared, 0, "rewritten");
}

TEST_P(DiskUseTest, ACloneTakesNothingOfItsOwn) {
  if (skipped()) return;
  write_file(main() + "/big", random_bytes(4 * kMiB, 1));
  std::string copy = temp() / "copy";
  must(open_repository(main()).clone(copy, {}));
  DiskUse found = use();
  expect_about(of(found, copy).exclusive, clones() ? 0 : 4 * kMiB, "the clone");
  expect_about(of(found, main()).exclusive, clones() ? 0 : 4 * kMiB, "the source");
}

TEST_P(DiskUseTest, NamesThoseWhoShare) {
  if (skipped() || !clones()) return;
  write_file(main() + "/big", random_bytes(4 * kMiB, 1));
  commit_all(main(), "big");
  DiskUse found = use();
  ASSERT_FALSE(found.sharing.empty());
  EXPECT_EQ(found.sharing[0].owners, (Paths{main(), "store/loose"}));
  EXPECT_FALSE(found.sharing[0].others);
  expect_about(found.sharing[0].bytes, 4 * kMiB, "both");
}

TEST_P(DiskUseTest, ExclusiveIsWhatRemovingFrees) {
  if (skipped()) return;
  write_file(side() + "/own", random_bytes(3 * kMiB, 1));
  DiskUse before = use();
  must(open_repository(main()).remove_worktree(temp().path(), "side", Overwrite::kForce));
  // What it had was kept for undo: cloned, or copied, into the store.
  EXPECT_EQ(use().worktrees.size(), 1U);
  expect_about(of(before, side()).exclusive, 3 * kMiB, "its own file");
}

TEST_P(DiskUseTest, CommitsHaveToThemselvesWhatNoOtherReaches) {
  if (skipped()) return;
  write_file(main() + "/big", random_bytes(4 * kMiB, 1));
  commit_all(main(), "big");
  remove_path(main() + "/big");
  write_file(main() + "/small", "small");
  commit_all(main(), "small");
  DiskUse found = use();
  ASSERT_EQ(found.commits.size(), 3U);
  EXPECT_EQ(found.commits_in_all, 3U);
  EXPECT_EQ(found.commits[0].message, "small");
  EXPECT_LT(found.commits[0].exclusive, kMiB);
  EXPECT_EQ(found.commits[1].apparent, 4 * kMiB + 11);
  EXPECT_EQ(found.commits[1].files, 3U);
  EXPECT_GE(found.commits[1].exclusive, 4 * kMiB);
  EXPECT_LT(found.commits[1].shared, kMiB);
  EXPECT_LT(found.commits[2].exclusive + found.commits[2].shared, kMiB);
}

TEST_P(DiskUseTest, WhatLiesInsideOfTheMainOneCountsOnce) {
  if (skipped()) return;
  std::string inside = main() + "/inside";
  write_file(main() + "/big", random_bytes(2 * kMiB, 1));
  commit_all(main(), "big");
  check_out(main(), "main", inside);
  DiskUse found = use();
  EXPECT_EQ(of(found, main()).apparent / kMiB, 2U);
  EXPECT_EQ(of(found, inside).apparent / kMiB, 2U);
}

TEST_P(DiskUseTest, NamesWhatItCannotMeasure) {
  if (skipped()) return;
  remove_path(side());
  DiskUse found = use();
  EXPECT_EQ(found.worktrees.size(), 1U);
  ASSERT_EQ(found.left_out.size(), 1U);
  EXPECT_NE(found.left_out[0].find(side()), std::string::npos);
}

}  // namespace cowstore::test
