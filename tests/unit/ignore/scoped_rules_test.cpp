#include "ignore/scoped_rules.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace cowstore::ignore {
namespace {

ScopedRules scope_of(std::initializer_list<std::string_view> lines) {
  std::vector<Rule> rules;
  for (std::string_view line : lines) rules.push_back(parse_rule(line).value());
  return ScopedRules(std::make_shared<const RuleSet>(std::move(rules)));
}

TEST(ScopedRules, ARuleForPathsMatchesOnlyWhereItsLastComponentIs) {
  ScopedRules top = scope_of({"a/b"});
  EXPECT_EQ(top.match("b", EntryKind::kFile), Verdict::kUndecided);
  EXPECT_EQ(top.enter("a").match("b", EntryKind::kFile), Verdict::kIgnored);
  EXPECT_EQ(top.enter("x").match("b", EntryKind::kFile), Verdict::kUndecided);
  EXPECT_EQ(top.enter("a").enter("a").match("b", EntryKind::kFile), Verdict::kUndecided);
}

TEST(ScopedRules, IsSpentOnceNoRuleCanMatchAnyMore) {
  ScopedRules top = scope_of({"/a", "b/c"});
  EXPECT_FALSE(top.spent());
  EXPECT_FALSE(top.enter("b").spent());
  EXPECT_TRUE(top.enter("x").spent());
  EXPECT_TRUE(top.enter("b").enter("c").spent());
  EXPECT_FALSE(scope_of({"name"}).enter("x").enter("y").spent());
  EXPECT_FALSE(scope_of({"a/**/b"}).enter("a").enter("x").enter("y").spent());
}

TEST(ScopedRules, FollowsEveryWayThatARuleCanGo) {
  ScopedRules top = scope_of({"**/a/a/b"});
  EXPECT_EQ(top.enter("a").enter("a").match("b", EntryKind::kFile), Verdict::kIgnored);
  EXPECT_EQ(top.enter("a").enter("a").enter("a").match("b", EntryKind::kFile), Verdict::kIgnored);
  EXPECT_EQ(top.enter("a").enter("x").enter("a").match("b", EntryKind::kFile), Verdict::kUndecided);
}

TEST(ScopedRules, LaterRulesOutrankEarlierOnesOfEitherSort) {
  EXPECT_EQ(scope_of({"a", "!/a"}).match("a", EntryKind::kFile), Verdict::kIncluded);
  EXPECT_EQ(scope_of({"!/a", "a"}).match("a", EntryKind::kFile), Verdict::kIgnored);
  EXPECT_EQ(scope_of({"a*", "!/*b", "*b"}).match("ab", EntryKind::kFile), Verdict::kIgnored);
}

TEST(ScopedRules, ScopesThatSayTheSameAreEqual) {
  ScopedRules top = scope_of({"**/a/b", "/c"});
  EXPECT_NE(top, top.enter("x"));  // "/c" is gone
  EXPECT_EQ(top.enter("x"), top.enter("y"));
  EXPECT_EQ(top.enter("x"), top.enter("x").enter("y"));
  EXPECT_NE(top.enter("x"), top.enter("a"));
}

TEST(ScopedRules, ForgetsPlacesThatALaterOneCovers) {
  ScopedRules one = scope_of({"**/a/**/b"}).enter("a");
  EXPECT_EQ(one, one.enter("x"));
  EXPECT_EQ(one, one.enter("a"));
  ScopedRules two = scope_of({"**/a/a/**/b"}).enter("a").enter("a");
  EXPECT_EQ(two, two.enter("x"));
  EXPECT_EQ(two, two.enter("a"));
}

TEST(ScopedRules, EndsOnHostileRules) {
  std::string_view line =
      "**/*a*a*a*b*/**/*a*a*a*b*/**/a/a/a/a/**/a/*/a/*/a/*/a/**/*/*/*/*/*/*/*/**/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/b";
  ScopedRules scope = scope_of({line, line, line});
  for (int depth = 0; depth < 2000; ++depth) scope = scope.enter(depth < 2 ? "aaab" : "a");
  EXPECT_EQ(scope.match("b", EntryKind::kFile), Verdict::kIgnored);
  EXPECT_EQ(scope.match("a", EntryKind::kFile), Verdict::kUndecided);
}

}  // namespace
}  // namespace cowstore::ignore
