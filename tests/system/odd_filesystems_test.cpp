// Repositories on what isn't a disk's file system: in memory, and layered.
#include <sys/mount.h>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"
#include "system/sample_tree.hpp"

namespace cowstore::test {

namespace {

class OddFilesystem : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!is_root_or_skip()) return;
    if (GetParam() == "overlay") {
      base_ = temp_dir_on("ext4");
    } else {
      base_ = std::make_unique<TempDir>();
    }
    if (!base_) return;
    make_dirs(place());
    mounted_ = GetParam() == "overlay" ? mount_overlay() : mount_in_memory();
    if (!mounted_) skip_test(GetParam() + " can't be mounted here");
  }
  void TearDown() override {
    if (mounted_) ::umount2(place().c_str(), MNT_DETACH);
  }
  [[nodiscard]] std::string place() const { return *base_ / "mounted"; }
  [[nodiscard]] bool skipped() const { return !mounted_; }

 private:
  bool mount_in_memory() { return ::mount(GetParam().c_str(), place().c_str(), GetParam().c_str(), 0, "") == 0; }
  bool mount_overlay() {
    for (const char* name : {"lower", "upper", "work"}) make_dirs(*base_ / name);
    std::string options =
        "lowerdir=" + (*base_ / "lower") + ",upperdir=" + (*base_ / "upper") + ",workdir=" + (*base_ / "work");
    return ::mount("overlay", place().c_str(), "overlay", 0, options.c_str()) == 0;
  }

  std::unique_ptr<TempDir> base_;
  bool mounted_ = false;
};
INSTANTIATE_TEST_SUITE_P(On, OddFilesystem, testing::Values("tmpfs", "ramfs", "overlay"),
                         [](const auto& kind) { return kind.param; });

}  // namespace

TEST_P(OddFilesystem, IsAsGoodAsAnother) {
  if (skipped()) return;
  std::string repo = place() + "/repo";
  make_sample_tree(repo);
  make_repository(repo);
  std::string first = tree_text(repo);
  commit_all(repo, "first");
  expect_clean(repo);
  edit_sample_tree(repo);
  std::string second = tree_text(repo);
  commit_all(repo, "second");
  check_out(repo, "main~1", place() + "/one");
  EXPECT_EQ(tree_text(place() + "/one"), first);
  check_out(repo, "main", place() + "/two");
  EXPECT_EQ(tree_text(place() + "/two"), second);
  switch_in_place(place() + "/one", "main");
  EXPECT_EQ(tree_text(place() + "/one", Fields::kNoTimes), tree_text(place() + "/two", Fields::kNoTimes));
  expect_clean(place() + "/one");
  expect_sound(repo);
}

}  // namespace cowstore::test
