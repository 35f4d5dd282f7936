#include "repo/working_copy.hpp"

#include <gtest/gtest.h>

#include "hash/sha256.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::repo {
namespace {

std::string within(const std::string& root, const std::string& from, const std::string& path) {
  auto result = path_within(root, from, path);
  if (result) return *result;
  EXPECT_EQ(result.error().code, ErrorCode::kUsage);
  return "outside";
}

TEST(PathWithin, ResolvesByNameWhatTheUserGave) {
  EXPECT_EQ(within("/r", "/r", "a"), "a");
  EXPECT_EQ(within("/r", "/r/d", "a"), "d/a");
  EXPECT_EQ(within("/r", "/r/d", "../a"), "a");
  EXPECT_EQ(within("/r", "/r/d", ".."), "");
  EXPECT_EQ(within("/r", "/r", "."), "");
  EXPECT_EQ(within("/r", "/r/d", "/r/x/y"), "x/y");
  EXPECT_EQ(within("/r", "/r", "a//b/./c/"), "a/b/c");
  EXPECT_EQ(within("/r", "/r", "a/../../r/b"), "b");
  EXPECT_EQ(within("/r", "/elsewhere", "../r/a"), "a");
  EXPECT_EQ(within("/", "/d", "a"), "d/a");
  EXPECT_EQ(within("/r", "/r", "\xff/\x01"), "\xff/\x01");
}

TEST(PathWithin, RefusesWhatIsOutside) {
  for (const char* path : {"..", "../x", "/", "/rest", "/r2/a", "d/../../x", "../../../../x"})
    EXPECT_EQ(within("/r", "/r", path), "outside") << path;
}

class HomeTest : public testing::Test {
 protected:
  static Home sample() {
    Home home;
    home.id = new_working_copy_id();
    home.store = "store";
    return home;
  }
  void plant(const std::string& text) { test::write_file(temp_ / "home", text); }
  void expect_corrupt(const std::string& text) {
    plant(text);
    auto home = read_home(control_);
    ASSERT_FALSE(home.ok()) << text;
    EXPECT_EQ(home.error().code, ErrorCode::kCorrupt) << text;
  }
  test::TempDir temp_;
  sys::Dir control_ = temp_.open();
};

TEST_F(HomeTest, ComesBackAsItWasWrittenWhateverItsBytes) {
  Home home = sample();
  home.store = "/mnt/\xff\xfe/store";
  home.commit = CommitId(hash::sha256(as_bytes("x")));
  home.branch = "\xc3\x28";
  ASSERT_TRUE(write_home(control_, home).ok());
  auto read = read_home(control_);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->id, home.id);
  EXPECT_EQ(read->store, home.store);
  EXPECT_EQ(read->commit, home.commit);
  EXPECT_EQ(read->branch, home.branch);
}

TEST_F(HomeTest, NeedsNeitherCommitNorBranch) {
  ASSERT_TRUE(write_home(control_, sample()).ok());
  auto read = read_home(control_);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->commit || read->branch);
}

TEST_F(HomeTest, IsCorruptWhereItIsDamaged) {
  const std::string id = R"("id":"0123456789abcdef")";
  plant(R"({"format":1,)" + id + R"(,"store":"s"})");
  ASSERT_TRUE(read_home(control_).ok());
  for (const char* text : {"", "[]", "{", "null", "\xff"}) expect_corrupt(text);
  expect_corrupt(R"({"format":2,)" + id + R"(,"store":"s"})");
  expect_corrupt(R"({"format":1,)" + id + "}");
  expect_corrupt(R"({"format":1,)" + id + R"(,"store":""})");
  expect_corrupt(R"({"format":1,)" + id + R"(,"store_hex":"2f6"})");
  expect_corrupt(R"({"format":1,)" + id + R"(,"store":"s","commit":"abc"})");
  expect_corrupt(R"({"format":1,)" + id + R"(,"store":"s","branch":7})");
  expect_corrupt(R"({"format":1,"id":"../../refs","store":"s"})");
  expect_corrupt(R"({"format":1,"id":"","store":"s"})");
}

TEST_F(HomeTest, OfASizeThatNoneHasIsRefused) {
  test::write_hole(temp_ / "home", std::uint64_t{1} << 40);
  EXPECT_FALSE(read_home(control_).ok());
}

TEST(WorkingCopyTest, IsFoundFromAnyDirectoryInIt) {
  test::TempDir temp;
  test::make_dirs(temp / "wc/.cowstore");
  test::make_dirs(temp / "wc/d/e");
  Home home;
  home.id = new_working_copy_id();
  home.store = "store";
  ASSERT_TRUE(write_home(*sys::Dir::open(temp / "wc/.cowstore"), home).ok());
  for (const char* from : {"wc", "wc/d", "wc/d/e", "wc/.cowstore", "wc/d/.."}) {
    auto found = find_working_copy(temp / from);
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_EQ(found->path, temp / "wc");
    EXPECT_EQ(found->store_path(), temp / "wc/.cowstore/store");
  }
  auto none = find_working_copy(temp.path());
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_NE(none.error().hint, "");
}

TEST(WorkingCopyTest, HasAnIdOfItsOwn) {
  EXPECT_EQ(new_working_copy_id().size(), 16u);
  EXPECT_NE(new_working_copy_id(), new_working_copy_id());
}

}  // namespace
}  // namespace cowstore::repo
