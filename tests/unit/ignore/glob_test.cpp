#include "ignore/glob.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cowstore::ignore {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  auto glob = Glob::take(pattern);
  return glob && pattern.empty() && glob->matches(name);
}

/// The definition, as short as it can be said: '*', '?', and bytes.
bool matches_by_definition(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  std::string_view rest = pattern.substr(1);
  if (pattern.front() == '*') {
    return matches_by_definition(rest, name) || (!name.empty() && matches_by_definition(pattern, name.substr(1)));
  }
  if (name.empty() || (pattern.front() != '?' && pattern.front() != name.front())) return false;
  return matches_by_definition(rest, name.substr(1));
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t longest) {
  std::string text(1 + random() % longest, ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

TEST(Glob, ALiteralMatchesItselfOnly) {
  EXPECT_TRUE(matches("foo", "foo"));
  EXPECT_FALSE(matches("foo", "foo.c"));
  EXPECT_FALSE(matches("foo", "afoo"));
  EXPECT_FALSE(matches("foo", "Foo"));
}

TEST(Glob, AStarMatchesAnyBytesAndNone) {
  EXPECT_TRUE(matches("*", "anything"));
  EXPECT_TRUE(matches("*.o", "a.o"));
  EXPECT_TRUE(matches("*.o", ".o"));
  EXPECT_FALSE(matches("*.o", "a.oo"));
  EXPECT_FALSE(matches("*.o", "o"));
  EXPECT_TRUE(matches("core*", "core"));
  EXPECT_TRUE(matches("core*", "core.1"));
  EXPECT_FALSE(matches("core*", "cor"));
  EXPECT_TRUE(matches("a*c", "ac"));
  EXPECT_TRUE(matches("a*c", "abcabc"));
  EXPECT_FALSE(matches("a*c", "abcab"));
  EXPECT_FALSE(matches("ab*ba", "aba"));
}

TEST(Glob, StarsInARowAreOne) {
  EXPECT_TRUE(matches("**.o", "a.o"));
  EXPECT_TRUE(matches("a***", "a"));
}

TEST(Glob, AQuestionMarkMatchesOneByte) {
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_FALSE(matches("?", "\xc3\xa9"));
  EXPECT_TRUE(matches("??", "\xc3\xa9"));
}

TEST(Glob, AClassMatchesOneOfItsBytes) {
  EXPECT_TRUE(matches("*.py[co]", "a.pyc"));
  EXPECT_FALSE(matches("*.py[co]", "a.py"));
  EXPECT_TRUE(matches("[!a-c]x", "dx"));
  EXPECT_FALSE(matches("[!a-c]x", "bx"));
  EXPECT_TRUE(matches("[ab][cd]", "bc"));
}

TEST(Glob, ABackslashTakesAwayEveryMeaning) {
  EXPECT_TRUE(matches("\\*", "*"));
  EXPECT_FALSE(matches("\\*", "a"));
  EXPECT_TRUE(matches("\\a\\?\\[\\\\", "a?[\\"));
  EXPECT_TRUE(matches("*\\*", "a*"));
}

TEST(Glob, MatchesBytesThatAreNoText) {
  EXPECT_TRUE(matches("\xff*", "\xff\xfe"));
  EXPECT_TRUE(matches("[\x80-\xff]", "\xb0"));
  EXPECT_FALSE(matches("[!\x80-\xff]", "\xb0"));
}

TEST(Glob, AgreesWithTheDefinitionOnRandomPatterns) {
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string pattern = random_text(random, "aab*?", 8);
    std::string name = random_text(random, "ab", 9);
    ASSERT_EQ(matches(pattern, name), matches_by_definition(pattern, name)) << pattern << " on " << name;
  }
}

TEST(Glob, EndsOnHostilePatterns) {
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  std::string name(255, 'a');
  EXPECT_TRUE(matches(stars + "*", name));
  EXPECT_FALSE(matches(stars + "b", name));
  EXPECT_FALSE(matches(stars + "[b]*", name));
  std::string long_pattern(1'000'000, '*');
  long_pattern.push_back('b');
  EXPECT_FALSE(matches(long_pattern, name));
  EXPECT_FALSE(matches(std::string(1'000'000, '?'), name));
}

TEST(Glob, TakesOneComponentAndLeavesItsSeparator) {
  std::string_view text = "a[/]b/c";
  ASSERT_TRUE(Glob::take(text));
  EXPECT_EQ(text, "/c");
  text = "a\\/c";
  ASSERT_TRUE(Glob::take(text));
  EXPECT_EQ(text, "\\/c");
}

TEST(Glob, RefusesWhatNoNameCanMatch) {
  for (std::string_view text : {"", "/a", "[", "a[b", "a\\", "[[:none:]]", "*[!"}) {
    EXPECT_FALSE(Glob::take(text)) << text;
  }
}

TEST(Glob, IsALiteralWithoutWildcardsOnly) {
  std::string_view text = "a\\*b";
  auto glob = Glob::take(text);
  ASSERT_TRUE(glob);
  EXPECT_EQ(glob->literal(), "a*b");
  for (std::string_view pattern : {"*", "a*", "*a", "?", "[a]"}) EXPECT_FALSE(Glob::take(pattern)->literal());
}

}  // namespace
}  // namespace cowstore::ignore
