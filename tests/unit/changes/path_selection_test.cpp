#include "changes/path_selection.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace cowstore::changes {
namespace {

PathSelection select(std::vector<std::string> paths) {
  auto selection = PathSelection::of(paths);
  EXPECT_TRUE(selection.ok()) << selection.error().message();
  return std::move(selection).value();
}

TEST(PathSelection, IsEverythingByDefault) {
  const PathSelection all;
  EXPECT_TRUE(all.everything());
  EXPECT_TRUE(all.contains(""));
  EXPECT_TRUE(all.contains("a/b/c"));
}

TEST(PathSelection, TheRootIsEverything) {
  for (const char* root : {"", ".", "./", "./."}) EXPECT_TRUE(select({"a", root}).everything()) << root;
}

TEST(PathSelection, NoPathsSelectNothing) {
  const PathSelection none = select({});
  EXPECT_FALSE(none.contains(""));
  EXPECT_EQ(none.find("a"), nullptr);
}

TEST(PathSelection, APathIsSelectedWithAllBelowItAndNothingBesideIt) {
  const PathSelection some = select({"a/b", "c"});
  for (const char* path : {"a/b", "a/b/x", "a/b/x/y", "c", "c/z"}) EXPECT_TRUE(some.contains(path)) << path;
  for (const char* path : {"", "a", "a/c", "a/bb", "b", "cc", "d/c"}) EXPECT_FALSE(some.contains(path)) << path;
}

TEST(PathSelection, DirectoriesOnTheWayAreSelectedInPart) {
  const PathSelection some = select({"a/b/c"});
  ASSERT_NE(some.find("a/b"), nullptr);
  EXPECT_FALSE(some.find("a/b")->whole());
  EXPECT_NE(some.find("a/b")->child("c"), nullptr);
  EXPECT_EQ(some.find("a/b")->child("d"), nullptr);
  EXPECT_EQ(some.find("a/d"), nullptr);
}

TEST(PathSelection, TheShorterOfTwoPathsWinsInEitherOrder) {
  for (const auto& paths : {std::vector<std::string>{"a", "a/b"}, std::vector<std::string>{"a/b", "a"}}) {
    const PathSelection some = select(paths);
    EXPECT_TRUE(some.contains("a"));
    EXPECT_TRUE(some.contains("a/other"));
  }
}

TEST(PathSelection, SlashesAndDotsThatSayNothingAreIgnored) {
  const PathSelection some = select({"./a//b/./"});
  EXPECT_TRUE(some.contains("a/b"));
  EXPECT_FALSE(some.contains("a"));
}

TEST(PathSelection, RefusesPathsThatLeadOutOrIntoTheRepository) {
  for (const char* path : {"/a", "..", "a/../b", ".cowstore", "a/.cowstore/x"}) {
    const std::vector<std::string> paths{path};
    auto selection = PathSelection::of(paths);
    ASSERT_FALSE(selection.ok()) << path;
    EXPECT_EQ(selection.error().code, ErrorCode::kUsage);
    EXPECT_EQ(selection.error().path, path);
  }
}

TEST(PathSelection, NamesAreBytes) {
  const PathSelection some = select({"\xff\xfe/..."});
  EXPECT_TRUE(some.contains("\xff\xfe/..."));
}

TEST(PathSelection, ADirectoryItselfMayBeSelectedWithoutWhatIsInIt) {
  const std::vector<std::string> paths{"a/b", "whole"};
  const std::vector<std::string> directories{"", "a", "a/b", "whole/below"};
  auto selection = PathSelection::of(paths, directories);
  ASSERT_TRUE(selection.ok());
  EXPECT_TRUE(selection->root().itself());
  EXPECT_FALSE(selection->root().whole());
  EXPECT_TRUE(selection->find("a")->itself());
  EXPECT_FALSE(selection->contains("a"));
  EXPECT_EQ(selection->find("a/c"), nullptr);
  EXPECT_TRUE(selection->contains("a/b"));
  EXPECT_TRUE(selection->contains("whole/below"));
  EXPECT_TRUE(selection->find("whole")->itself());
}

TEST(PathSelection, OfAPathThatIsOnlyOnTheWayNothingItselfIsSelected) {
  const std::vector<std::string> paths{"a/b"};
  auto selection = PathSelection::of(paths);
  EXPECT_FALSE(selection->root().itself());
  EXPECT_FALSE(selection->find("a")->itself());
}

}  // namespace
}  // namespace cowstore::changes
