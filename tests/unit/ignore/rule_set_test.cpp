#include "ignore/rule_set.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>
#include <vector>

namespace cowstore::ignore {
namespace {

std::vector<Rule> rules(std::initializer_list<std::string_view> lines) {
  std::vector<Rule> out;
  for (std::string_view line : lines) out.push_back(parse_rule(line).value());
  return out;
}

TEST(RuleSet, TheRankIsThatOfTheLastRuleForNamesThatMatches) {
  RuleSet set(rules({"*.o", "a.o", "/a.o", "b*", "a.o", "a*"}));
  EXPECT_EQ(set.match_name("a.o", EntryKind::kFile, kNoRule), 6U);
  EXPECT_EQ(set.match_name("x.o", EntryKind::kFile, kNoRule), 1U);
  EXPECT_EQ(set.match_name("b.o", EntryKind::kFile, kNoRule), 4U);
  EXPECT_EQ(set.match_name("x", EntryKind::kFile, kNoRule), kNoRule);
}

TEST(RuleSet, ALiteralAfterAGlobOutranksIt) {
  RuleSet set(rules({"a*", "abc"}));
  EXPECT_EQ(set.match_name("abc", EntryKind::kFile, kNoRule), 2U);
  EXPECT_EQ(set.match_name("abd", EntryKind::kFile, kNoRule), 1U);
}

TEST(RuleSet, RulesForDirectoriesDontSpeakOfFiles) {
  RuleSet set(rules({"a", "a/", "b*/"}));
  EXPECT_EQ(set.match_name("a", EntryKind::kFile, kNoRule), 1U);
  EXPECT_EQ(set.match_name("a", EntryKind::kDirectory, kNoRule), 2U);
  EXPECT_EQ(set.match_name("b", EntryKind::kFile, kNoRule), kNoRule);
  EXPECT_EQ(set.match_name("b", EntryKind::kDirectory, kNoRule), 3U);
}

TEST(RuleSet, OnlyRanksAboveTheFloorCount) {
  RuleSet set(rules({"a*", "/a", "ab"}));
  EXPECT_EQ(set.match_name("ab", EntryKind::kFile, 2), 3U);
  EXPECT_EQ(set.match_name("ac", EntryKind::kFile, 2), 2U);
  EXPECT_EQ(set.match_name("ab", EntryKind::kFile, 3), 3U);
}

TEST(RuleSet, TellsRulesForPathsFromRulesForNames) {
  RuleSet set(rules({"/a", "b", "c/d"}));
  EXPECT_EQ(set.path_rules(), (std::vector<std::size_t>{2, 0}));
  EXPECT_TRUE(set.has_name_rules());
  EXPECT_FALSE(RuleSet(rules({"/a"})).has_name_rules());
}

TEST(RuleSet, TheVerdictIsThatOfTheRuleWithTheRank) {
  RuleSet set(rules({"a", "!a"}));
  EXPECT_EQ(set.verdict(kNoRule), Verdict::kUndecided);
  EXPECT_EQ(set.verdict(1), Verdict::kIgnored);
  EXPECT_EQ(set.verdict(2), Verdict::kIncluded);
}

}  // namespace
}  // namespace cowstore::ignore
