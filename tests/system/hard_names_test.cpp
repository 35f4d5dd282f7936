// Names that break programs go through every command that takes or gives names.
#include <algorithm>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"
#include "system/sample_tree.hpp"

namespace cowstore::test {

namespace {

class HardNames : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    for (std::size_t i = 0; i < kHardNameCount; ++i) names.emplace_back(kHardNames[i]);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) write_file(path_of(name), "content of " + name);
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path_of(const std::string& name) const { return copy() + "/" + name; }

  std::vector<std::string> names;  ///< sorted by their bytes
};
INSTANTIATE_TEST_SUITE_P(On, HardNames, every_filesystem(), filesystem_param_name);

std::vector<std::string> paths_of(const std::vector<EntryInfo>& entries) {
  std::vector<std::string> paths;
  for (const EntryInfo& entry : entries) paths.push_back(entry.path);
  return paths;
}

}  // namespace

TEST_P(HardNames, StatusAndListingTellThemByteByByte) {
  if (skipped()) return;
  EXPECT_EQ(status_of(copy()).added, names);
  commit_all(copy(), "all");
  EXPECT_EQ(paths_of(list_version(copy(), "@")), names);
  for (const std::string& name : names) remove_path(path_of(name));
  EXPECT_EQ(status_of(copy()).deleted, names);
}

TEST_P(HardNames, EachCanBeCommittedReadAndRestoredByItself) {
  if (skipped()) return;
  for (const std::string& name : names) {
    CommitOptions options;
    options.message = "one";
    options.paths = {name};
    CommitReport report = must(open_repository(copy()).commit(options));
    EXPECT_EQ(report.stats.added, 1U) << name;
    EXPECT_EQ(cat(copy(), "@:" + name), "content of " + name);
  }
  expect_clean(copy());
  for (const std::string& name : names) {
    write_file(path_of(name), "spoiled");
    RestoreOptions options;
    options.paths = {name};
    must(open_repository(copy()).restore(options));
    EXPECT_EQ(read_file(path_of(name)), "content of " + name);
  }
  expect_clean(copy());
  expect_sound(copy());
}

TEST_P(HardNames, AreSwitchedInPlace) {
  if (skipped()) return;
  commit_all(copy(), "first");
  std::string before = tree_text(copy(), Fields::kNoTimes);
  for (const std::string& name : names) write_file(path_of(name), "changed");
  commit_all(copy(), "second");
  switch_in_place(copy(), "@~1");
  expect_same(tree_text(copy(), Fields::kNoTimes), before);
  expect_clean(copy());
}

TEST_P(HardNames, AWorkingCopyMayHaveOne) {
  if (skipped()) return;
  commit_all(copy(), "all");
  for (const std::string& name : names) {
    if (name == kHardNames[0]) continue;
    std::string directory = temp() / name;
    check_out(copy(), "@", directory);
    expect_same(tree_text(directory), tree_text(copy()), name);
    expect_clean(directory);
  }
}

TEST_P(HardNames, DirectoriesOfTheLongestPathAreHandled) {
  if (skipped()) return;
  // Close to PATH_MAX as a whole.
  std::string deep = "deep";
  while (deep.size() + copy().size() < 3500) deep += "/" + std::string(200, 'd');
  write_file(path_of(deep + "/file"), "far down");
  commit_all(copy(), "deep");
  check_out(copy(), "@", temp() / "again");
  EXPECT_EQ(read_file(temp() / ("again/" + deep + "/file")), "far down");
  expect_clean(temp() / "again");
  expect_sound(copy());
}

}  // namespace cowstore::test
