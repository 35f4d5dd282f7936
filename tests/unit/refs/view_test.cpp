#include "refs/view.hpp"

#include <gtest/gtest.h>

namespace cowstore::refs {
namespace {

View view_of(std::initializer_list<std::pair<const char*, const char*>> entries) {
  View view;
  for (const auto& [key, value] : entries) view.set(key, value);
  return view;
}

std::vector<std::string> keys(const View::Range& range) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : range) keys.push_back(key);
  return keys;
}

TEST(View, AnAbsentKeyHasNoValue) {
  const View view = view_of({{"branches/a", "1"}});
  EXPECT_EQ(view.get("branches/a"), "1");
  EXPECT_EQ(view.get("branches/b"), std::nullopt);
  EXPECT_EQ(view.get("branches"), std::nullopt);
}

TEST(View, APrefixSelectsExactlyTheKeysThatBeginSo) {
  const View view = view_of({{"branches", "0"},
                             {"branches/", "1"},
                             {"branches/a", "2"},
                             {"branches/a/b", "3"},
                             {"branches0", "4"},
                             {"tags/a", "5"}});
  EXPECT_EQ(keys(view.with_prefix("branches/")), (std::vector<std::string>{"branches/", "branches/a", "branches/a/b"}));
  EXPECT_EQ(keys(view.with_prefix("branches/a")), (std::vector<std::string>{"branches/a", "branches/a/b"}));
  EXPECT_TRUE(view.with_prefix("worktrees/").empty());
  EXPECT_EQ(keys(view.with_prefix("")).size(), view.size());
}

TEST(View, APrefixOfTheHighestBytesHasAnEndToo) {
  View view = view_of({{"a", "1"}});
  view.set("\xff\xff", "2");
  view.set("\xff\xff\x01", "3");
  EXPECT_EQ(keys(view.with_prefix("\xff\xff")).size(), 2u);
  EXPECT_EQ(keys(view.with_prefix("\xff\xff\xff")).size(), 0u);
}

TEST(View, KeysAreInOrderOfTheirBytes) {
  View view = view_of({{"b", ""}, {"a", ""}, {"a/b", ""}, {"a-b", ""}});
  view.set("\xc3\xa4", "");
  EXPECT_EQ(keys(view.all()), (std::vector<std::string>{"a", "a-b", "a/b", "b", "\xc3\xa4"}));
}

TEST(View, ChangesApplyOnlyWhereTheirOldValuesHold) {
  View view = view_of({{"branches/a", "1"}});
  const std::vector<Change> good{{"branches/a", "1", "2"}, {"branches/b", std::nullopt, "3"}};
  ASSERT_TRUE(view.apply(good).ok());
  EXPECT_EQ(view, view_of({{"branches/a", "2"}, {"branches/b", "3"}}));

  for (const Change& wrong : {Change{"branches/a", "1", "9"}, Change{"branches/a", std::nullopt, "9"},
                              Change{"branches/c", "1", "9"}, Change{"branches/c", "1", std::nullopt}}) {
    const auto done = view.check(std::vector<Change>{wrong});
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kConflict);
    EXPECT_EQ(done.error().path, wrong.name);
  }
}

TEST(View, NothingAppliesIfOneChangeDoesNot) {
  View view = view_of({{"branches/a", "1"}});
  const View before = view;
  EXPECT_FALSE(view.apply(std::vector<Change>{{"branches/a", "1", "2"}, {"branches/b", "1", "2"}}).ok());
  EXPECT_EQ(view, before);
}

TEST(View, AConflictShowsShortIdsNotWholeOnes) {
  View view;
  view.set("branches/main", std::string(64, 'a'));
  const auto done = view.check(std::vector<Change>{{"branches/main", std::string(64, 'b'), std::nullopt}});
  EXPECT_EQ(done.error().reason, "branch main is aaaaaaaaaaaa by now, not bbbbbbbbbbbb");
}

TEST(View, ItCountsItsBytes) {
  View view;
  view.set("key", "value");
  EXPECT_EQ(view.bytes(), 8u);
  view.set("key", "v");
  EXPECT_EQ(view.bytes(), 4u);
  view.set("other", "");
  EXPECT_EQ(view.bytes(), 9u);
  view.set("key", std::nullopt);
  view.set("absent", std::nullopt);
  EXPECT_EQ(view.bytes(), 5u);
  EXPECT_EQ(view.size(), 1u);
}

TEST(View, BuildingInOrderRefusesAnythingElse) {
  View view;
  EXPECT_TRUE(view.append("", "1"));
  EXPECT_TRUE(view.append("b", "2"));
  EXPECT_FALSE(view.append("b", "3"));
  EXPECT_FALSE(view.append("a", "3"));
  EXPECT_TRUE(view.append("b\xff", "4"));
  EXPECT_EQ(view, view_of({{"", "1"}, {"b", "2"}, {"b\xff", "4"}}));
  EXPECT_EQ(view.bytes(), 6u);
}

TEST(View, OnlySixtyFourHexDigitsAreACommit) {
  const std::string hex(64, 'a');
  View view = view_of({{"short", "abcd"}, {"word", "main"}});
  view.set("commit", hex);
  EXPECT_EQ(view.commit("commit")->hex(), hex);
  EXPECT_EQ(view.commit("short"), std::nullopt);
  EXPECT_EQ(view.commit("word"), std::nullopt);
  EXPECT_EQ(view.commit("absent"), std::nullopt);
}

}  // namespace
}  // namespace cowstore::refs
