#include "ignore/rule_file.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace cowstore::ignore {
namespace {

constexpr Verdict kUndecided = Verdict::kUndecided;
constexpr Verdict kIgnored = Verdict::kIgnored;
constexpr Verdict kIncluded = Verdict::kIncluded;

/// A path that ends in a slash is a directory.
Verdict match(std::string_view rules, std::string_view path) {
  EntryKind kind = path.ends_with('/') ? EntryKind::kDirectory : EntryKind::kFile;
  if (kind == EntryKind::kDirectory) path.remove_suffix(1);
  return RuleFile::parse(rules).match(path, kind);
}

struct Documented {
  std::string_view rules;
  std::string_view path;
  Verdict verdict;
};

void PrintTo(const Documented& row, std::ostream* out) {
  *out << '"' << row.rules << "\" on " << row.path;
}

// gitignore(5), "PATTERN FORMAT" and "EXAMPLES", in their order.
constexpr Documented kManual[] = {
    {"", "a", kUndecided},
    {"\n\na\n", "a", kIgnored},
    {"# a\n", "# a", kUndecided},
    {"\\#a\n", "#a", kIgnored},
    {"a  \n", "a", kIgnored},
    {"a\\ \n", "a ", kIgnored},
    {"*.o\n!a.o\n", "a.o", kIncluded},
    {"!a.o\n*.o\n", "a.o", kIgnored},
    {"\\!important!.txt\n", "!important!.txt", kIgnored},
    {"doc/frotz/\n", "doc/frotz/", kIgnored},
    {"doc/frotz/\n", "a/doc/frotz/", kUndecided},
    {"frotz/\n", "frotz/", kIgnored},
    {"frotz/\n", "a/frotz/", kIgnored},
    {"frotz/\n", "a/frotz", kUndecided},
    {"/*.c\n", "cat-file.c", kIgnored},
    {"/*.c\n", "mozilla-sha1/sha1.c", kUndecided},
    {"foo/*\n", "foo/test.json", kIgnored},
    {"foo/*\n", "foo/bar/", kIgnored},
    {"foo/*\n", "foo/bar/hello.c", kUndecided},
    {"a?c\n", "x/abc", kIgnored},
    {"/a?c\n", "a/c", kUndecided},
    {"[a-zA-Z]\n", "Q", kIgnored},
    {"[a-z]\n", "Q", kUndecided},
    {"**/foo\n", "foo", kIgnored},
    {"**/foo\n", "a/b/foo/", kIgnored},
    {"**/foo/bar\n", "foo/bar", kIgnored},
    {"**/foo/bar\n", "a/foo/bar", kIgnored},
    {"**/foo/bar\n", "foo/a/bar", kUndecided},
    {"abc/**\n", "abc/a/b/c", kIgnored},
    {"abc/**\n", "abc/", kUndecided},
    {"abc/**\n", "x/abc/a", kUndecided},
    {"a/**/b\n", "a/b", kIgnored},
    {"a/**/b\n", "a/x/b", kIgnored},
    {"a/**/b\n", "a/x/y/b", kIgnored},
    {"a/**/b\n", "ab", kUndecided},
    {"a/x**y\n", "a/xzzy", kIgnored},
    {"a/x**y\n", "a/xz/zy", kUndecided},
    {"/*\n!/foo\n/foo/*\n!/foo/bar\n", "x", kIgnored},
    {"/*\n!/foo\n/foo/*\n!/foo/bar\n", "foo/", kIncluded},
    {"/*\n!/foo\n/foo/*\n!/foo/bar\n", "foo/x", kIgnored},
    {"/*\n!/foo\n/foo/*\n!/foo/bar\n", "foo/bar/", kIncluded},
};

class RuleFileManual : public testing::TestWithParam<Documented> {};

TEST_P(RuleFileManual, IsFollowed) {
  EXPECT_EQ(match(GetParam().rules, GetParam().path), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(Table, RuleFileManual, testing::ValuesIn(kManual));

TEST(RuleFile, ReadsLinesThatEndInCrLf) {
  EXPECT_EQ(match("a\r\nb/\r\n", "a"), kIgnored);
  EXPECT_EQ(match("a\r\nb/\r\n", "b/"), kIgnored);
}

TEST(RuleFile, NeedsNoFinalLineFeed) {
  EXPECT_EQ(match("a\nb", "b"), kIgnored);
  EXPECT_EQ(match("b\r", "b"), kIgnored);
}

TEST(RuleFile, SkipsAByteOrderMarkAtItsStartOnly) {
  EXPECT_EQ(match("\xef\xbb\xbf#a\n", "#a"), kUndecided);
  EXPECT_EQ(match("\xef\xbb\xbf"
                  "a\n",
                  "a"),
            kIgnored);
  EXPECT_EQ(match("b\n\xef\xbb\xbf"
                  "a\n",
                  "a"),
            kUndecided);
}

TEST(RuleFile, ALineThatCannotMatchLeavesTheOthersAlone) {
  EXPECT_EQ(match("a\n[\n!a[\n", "a"), kIgnored);
}

TEST(RuleFile, IsEmptyWithoutRules) {
  EXPECT_TRUE(RuleFile::parse("").empty());
  EXPECT_TRUE(RuleFile::parse("# a\n\n  \n[\n").empty());
  EXPECT_FALSE(RuleFile::parse("a").empty());
}

// Where Git, after literal text, lets them cross slashes.
TEST(RuleFile, TwoStarsInsideAComponentDontCrossSlashes) {
  EXPECT_EQ(match("foo**/bar", "foox/bar"), kIgnored);
  EXPECT_EQ(match("foo**/bar", "foobar"), kUndecided);
  EXPECT_EQ(match("foo**/bar", "foox/y/bar"), kUndecided);
  EXPECT_EQ(match("a/foo**", "a/foox/y"), kUndecided);
}

TEST(RuleFile, SpeaksOfThePathAloneAndNotOfItsParents) {
  EXPECT_EQ(match("a/", "a/b"), kUndecided);
}

TEST(RuleFile, EndsOnHostilePaths) {
  std::string path;
  for (int i = 0; i < 2000; ++i) path += "a/";
  EXPECT_EQ(match("**/**/**/**/x", path + "y"), kUndecided);
  EXPECT_EQ(match("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/x", path + "y"), kUndecided);
  EXPECT_EQ(match("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/x", path + "x"), kIgnored);
  EXPECT_EQ(match("**/*a*/**/*a*/**/*a*/**/*a*/**/*a*/b/**", path + "y"), kUndecided);
}

}  // namespace
}  // namespace cowstore::ignore
