// A working copy on another file system than its store.
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

class TwoFilesystems : public testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override {
    store_side_ = temp_dir_on(GetParam().first);
    if (store_side_) copy_side_ = temp_dir_on(GetParam().second);
    if (skipped()) return;
    write_file(repo() + "/large", random_bytes(300'000, 1));
    write_file(repo() + "/small", "a few bytes");
    make_repository(repo());
    commit_all(repo(), "first");
  }
  [[nodiscard]] bool skipped() const { return !store_side_ || !copy_side_; }
  [[nodiscard]] std::string repo() const { return *store_side_ / "repo"; }
  [[nodiscard]] std::string copy() const { return *copy_side_ / "copy"; }

 private:
  std::unique_ptr<TempDir> store_side_, copy_side_;
};
INSTANTIATE_TEST_SUITE_P(On, TwoFilesystems,
                         testing::Values(std::pair("btrfs", "ext4"), std::pair("ext4", "xfs"),
                                         std::pair("xfs", "btrfs")),
                         [](const auto& pair) { return std::string(pair.param.first) + "_" + pair.param.second; });

}  // namespace

TEST_P(TwoFilesystems, TheVersionIsCopiedAndTheReportSaysWhy) {
  if (skipped()) return;
  CheckoutReport report = check_out(repo(), "main", copy());
  EXPECT_EQ(report.method, "copy");
  EXPECT_EQ(report.sharing.cloned, 0u);
  EXPECT_EQ(report.sharing.copied, 2u);
  EXPECT_EQ(tree_text(copy()), tree_text(repo()));
  if (std::string(GetParam().first) != "ext4") {
    EXPECT_EQ(report.sharing.copy_reason, "the store is on another file system");
  }
  expect_clean(copy());
}

TEST_P(TwoFilesystems, ThatSharingIsRequiredIsRefusedBeforeAnythingIsMade) {
  if (skipped()) return;
  CheckoutOptions options;
  options.cow = CowPolicy::kRequire;
  expect_error(open_repository(repo()).checkout("main", copy(), options), ErrorCode::kUnsupported, copy());
  EXPECT_FALSE(exists(copy()));
}

TEST_P(TwoFilesystems, ACommitAndASwitchWorkFromThere) {
  if (skipped()) return;
  check_out(repo(), "main", copy());
  write_file(copy() + "/large", random_bytes(400'000, 2));
  write_file(copy() + "/new", random_bytes(100'000, 3));
  CommitReport report = commit_all(copy(), "second");
  EXPECT_TRUE(report.created);
  EXPECT_EQ(report.stats.sharing.cloned, 0u);
  expect_clean(copy());
  switch_in_place(repo(), "main");
  EXPECT_EQ(read_file(repo() + "/large"), read_file(copy() + "/large"));
  switch_in_place(copy(), "main~1");
  EXPECT_EQ(read_file(copy() + "/large"), random_bytes(300'000, 1));
  EXPECT_FALSE(exists(copy() + "/new"));
  expect_sound(repo());
}

}  // namespace cowstore::test
