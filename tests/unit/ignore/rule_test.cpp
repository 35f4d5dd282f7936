#include "ignore/rule.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cowstore::ignore {
namespace {

using namespace std::string_view_literals;

/// The gap before each step: '>' none, '~' any directories; "none" where the line is no rule.
std::string shape(std::string_view line) {
  auto rule = parse_rule(line);
  if (!rule) return "none";
  std::string out;
  for (const Step& step : rule->steps) out += step.gap == Gap::kNone ? '>' : '~';
  return out;
}

/// The one name of a rule for names.
std::string name_of(std::string_view line) {
  auto rule = parse_rule(line);
  if (!rule || !rule->is_for_names()) return "no rule for names";
  return std::string(rule->steps.front().glob.literal().value_or("a glob"));
}

TEST(Rule, ASlashAtTheStartOrInsideAnchorsIt) {
  EXPECT_EQ(shape("foo"), "~");
  EXPECT_EQ(shape("foo/"), "~");
  EXPECT_EQ(shape("/foo"), ">");
  EXPECT_EQ(shape("a/foo"), ">>");
  EXPECT_EQ(shape("/a/foo/"), ">>");
  EXPECT_EQ(shape("a[/]"), ">");
}

TEST(Rule, TwoStarsThatAreAComponentStandForDirectories) {
  EXPECT_EQ(shape("**/foo"), "~");
  EXPECT_EQ(shape("/**/foo"), "~");
  EXPECT_EQ(shape("a/**/foo"), ">~");
  EXPECT_EQ(shape("a/**/**/***/foo"), ">~");
  EXPECT_EQ(shape("a/**"), ">~");
  EXPECT_EQ(shape("**/a/**"), "~~");
  EXPECT_EQ(shape("**"), "~");
  EXPECT_EQ(shape("/**/"), "~");
}

TEST(Rule, OtherStarsInARowAreOneStar) {
  EXPECT_EQ(shape("/foo**/bar"), ">>");
  EXPECT_EQ(shape("foo**bar/x"), ">>");
  EXPECT_EQ(shape("a/foo**"), ">>");
}

TEST(Rule, AnEscapedSlashIsASlash) {
  EXPECT_EQ(shape("a\\/b"), ">>");
  EXPECT_EQ(shape("a/**\\/b"), ">~");
}

TEST(Rule, ATrailingSlashMeansDirectories) {
  EXPECT_EQ(parse_rule("foo/")->applies_to, AppliesTo::kDirectories);
  EXPECT_EQ(parse_rule("foo")->applies_to, AppliesTo::kAll);
  EXPECT_EQ(parse_rule("a/foo")->applies_to, AppliesTo::kAll);
}

TEST(Rule, AnExclamationMarkTakesBack) {
  EXPECT_EQ(parse_rule("!foo")->verdict, Verdict::kIncluded);
  EXPECT_EQ(parse_rule("foo")->verdict, Verdict::kIgnored);
  EXPECT_EQ(parse_rule("\\!foo")->verdict, Verdict::kIgnored);
  EXPECT_EQ(name_of("!!foo"), "!foo");
  EXPECT_EQ(name_of("!#foo"), "#foo");
}

TEST(Rule, ABackslashKeepsTheCharacterThatWouldMeanSomething) {
  EXPECT_EQ(name_of("\\#foo"), "#foo");
  EXPECT_EQ(name_of("\\!foo"), "!foo");
  EXPECT_EQ(name_of("foo\\ "), "foo ");
}

TEST(Rule, DropsTrailingSpacesUnlessEscaped) {
  EXPECT_EQ(name_of("foo   "), "foo");
  EXPECT_EQ(name_of("foo\\   "), "foo ");
  EXPECT_EQ(name_of("foo \\  "), "foo  ");
  EXPECT_EQ(name_of("foo\\\\ "), "foo\\");
  EXPECT_EQ(name_of(" foo"), " foo");
  EXPECT_EQ(name_of("foo\t"), "foo\t");
}

TEST(Rule, DropsOneCarriageReturn) {
  EXPECT_EQ(name_of("foo\r"), "foo");
  EXPECT_EQ(name_of("foo  \r"), "foo");
  EXPECT_EQ(name_of("foo\r\r"), "foo\r");
  EXPECT_EQ(name_of("f\roo"), "f\roo");
  EXPECT_EQ(parse_rule("foo/\r")->applies_to, AppliesTo::kDirectories);
}

TEST(Rule, EndsAtANulByte) {
  EXPECT_EQ(name_of("foo \0bar"sv), "foo");
}

TEST(Rule, LinesThatSayNothingAreNoRules) {
  for (std::string_view line :
       {""sv, "\r"sv, "   "sv, "#"sv, "# foo"sv, "#foo\r"sv, "!"sv, "/"sv, "//"sv, "!/"sv, "\0foo"sv}) {
    EXPECT_EQ(shape(line), "none") << line;
  }
}

TEST(Rule, LinesThatNoPathCanMatchAreNoRules) {
  for (std::string_view line : {"[", "a[b", "foo\\", "foo\\/", "a//b", "//a", "a//", "a/[", "**//", "[[:foo:]]"}) {
    EXPECT_EQ(shape(line), "none") << line;
  }
}

}  // namespace
}  // namespace cowstore::ignore
