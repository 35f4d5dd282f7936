#include "ignore/byte_class.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace cowstore::ignore {
namespace {

/// The bytes of a class, in order; "none" where it is no class. `text` begins after the '['.
std::string members(std::string_view text) {
  auto bytes = take_class(text);
  if (!bytes) return "none";
  std::string out;
  for (std::size_t byte = 0; byte < bytes->size(); ++byte) {
    if (bytes->test(byte)) out.push_back(static_cast<char>(byte));
  }
  return out;
}

std::size_t count(std::string_view text) {
  return take_class(text).value_or(ByteClass()).count();
}

TEST(ByteClass, HoldsTheBytesAndRangesNamed) {
  EXPECT_EQ(members("abc]"), "abc");
  EXPECT_EQ(members("a-e]"), "abcde");
  EXPECT_EQ(members("a-c0-2x]"), "012abcx");
  EXPECT_EQ(members("\xc3\xa9]"), "\xa9\xc3");
}

TEST(ByteClass, ABackwardRangeHoldsItsFirstByteOnly) {
  EXPECT_EQ(members("c-a]"), "c");
}

TEST(ByteClass, AClosingBracketThatComesFirstIsAMember) {
  EXPECT_EQ(members("]a]"), "]a");
  EXPECT_EQ(count("!]a]"), 256U - 3U);
}

TEST(ByteClass, AHyphenAtEitherEndIsAMember) {
  EXPECT_EQ(members("-a]"), "-a");
  EXPECT_EQ(members("a-]"), "-a");
  EXPECT_EQ(members("--.]"), "-.");
}

TEST(ByteClass, AHyphenAfterARangeIsAMember) {
  EXPECT_EQ(members("a-c-e]"), "-abce");
}

TEST(ByteClass, ABackslashTakesAwayEveryMeaning) {
  EXPECT_EQ(members("\\]]"), "]");
  EXPECT_EQ(members("\\!a]"), "!a");
  EXPECT_EQ(members("a\\-c]"), "-ac");
  EXPECT_EQ(members("\\a-\\c]"), "abc");
  EXPECT_EQ(members("\\\\]"), "\\");
}

TEST(ByteClass, NegationIsWrittenInTwoWays) {
  EXPECT_EQ(members("!a]"), members("^a]"));
  EXPECT_EQ(count("!a]"), 256U - 2U);
  EXPECT_EQ(members("a!^]"), "!^a");
}

TEST(ByteClass, NeverHoldsTheSlash) {
  EXPECT_EQ(members(".-0]"), ".0");
  EXPECT_EQ(members("!a]").find('/'), std::string::npos);
}

TEST(ByteClass, KnowsTheTwelveNamesOfPosix) {
  EXPECT_EQ(count("[:alnum:]]"), 62U);
  EXPECT_EQ(count("[:alpha:]]"), 52U);
  EXPECT_EQ(members("[:blank:]]"), "\t ");
  EXPECT_EQ(count("[:cntrl:]]"), 33U);
  EXPECT_EQ(members("[:digit:]]"), "0123456789");
  EXPECT_EQ(count("[:graph:]]"), 94U - 1U);  // without the slash, like those below
  EXPECT_EQ(count("[:lower:]]"), 26U);
  EXPECT_EQ(count("[:print:]]"), 95U - 1U);
  EXPECT_EQ(count("[:punct:]]"), 32U - 1U);
  EXPECT_EQ(members("[:space:]]"), "\t\n\r ");
  EXPECT_EQ(count("[:upper:]]"), 26U);
  EXPECT_EQ(members("[:xdigit:]]"), "0123456789ABCDEFabcdef");
}

TEST(ByteClass, NamesMixWithOtherMembers) {
  EXPECT_EQ(members("_[:digit:]a-b]"), "0123456789_ab");
  EXPECT_EQ(members("[:digit:]-b]"), "-0123456789b");
  EXPECT_EQ(members("a[:digit:]-c]"), "-0123456789ac");
}

TEST(ByteClass, ABracketWithoutColonsIsAMember) {
  EXPECT_EQ(members("[:]"), ":[");
  EXPECT_EQ(members("[a]"), "[a");
  EXPECT_EQ(members("[:digit]"), ":[dgit");
}

TEST(ByteClass, EndsOnAHostileClass) {
  std::string text;
  for (int i = 0; i < 2'000'000; ++i) text += "[:";
  EXPECT_EQ(members(text), "none");
  EXPECT_EQ(members(text + "x]"), ":[x");
}

TEST(ByteClass, RefusesWhatHasNoEndOrAnUnknownName) {
  for (std::string_view text :
       {"", "!", "]", "a", "a-", "\\", "a\\", "a-\\", "[:", "[:digit:", "[:digit:]", "[:digits:]]", "[::]]"}) {
    EXPECT_EQ(members(text), "none") << text;
  }
}

TEST(ByteClass, LeavesWhatFollowsIt) {
  std::string_view text = "a]b]";
  ASSERT_TRUE(take_class(text));
  EXPECT_EQ(text, "b]");
}

TEST(ByteClass, LeavesTheTextAsItWasWhenItIsNone) {
  std::string_view text = "abc";
  ASSERT_FALSE(take_class(text));
  EXPECT_EQ(text, "abc");
}

}  // namespace
}  // namespace cowstore::ignore
