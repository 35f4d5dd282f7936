#include "cowstore/text.hpp"

#include <gtest/gtest.h>

#include "support/random_bytes.hpp"

namespace cowstore {
namespace {

/// An encoder that knows nothing of decoding.
std::string encode(unsigned code_point) {
  auto byte = [](unsigned value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  auto tail = [&](unsigned shift) { return byte(0x80 | (code_point >> shift & 0x3f)); };
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xc0 | code_point >> 6), tail(0)};
  if (code_point < 0x10000) return {byte(0xe0 | code_point >> 12), tail(6), tail(0)};
  return {byte(0xf0 | code_point >> 18), tail(12), tail(6), tail(0)};
}

bool is_surrogate(unsigned code_point) {
  return code_point >= 0xd800 && code_point < 0xe000;
}

TEST(Utf8, EveryCodePointButSurrogatesIsValid) {
  for (unsigned code_point = 0; code_point <= 0x10ffff; ++code_point) {
    ASSERT_EQ(is_utf8(encode(code_point)), !is_surrogate(code_point)) << std::hex << code_point;
  }
}

TEST(Utf8, NothingAboveUnicodeIsValid) {
  for (unsigned code_point : {0x110000U, 0x13ffffU, 0x140000U, 0x1fffffU}) EXPECT_FALSE(is_utf8(encode(code_point)));
  EXPECT_FALSE(is_utf8("\xf8\x88\x80\x80\x80"));
  EXPECT_FALSE(is_utf8("\xfe"));
  EXPECT_FALSE(is_utf8("\xff"));
}

TEST(Utf8, OverlongFormsAreInvalid) {
  for (std::string_view overlong :
       {"\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf"}) {
    EXPECT_FALSE(is_utf8(overlong));
  }
}

TEST(Utf8, EveryTruncationIsInvalid) {
  for (unsigned code_point : {0x80U, 0x7ffU, 0x800U, 0xffffU, 0x10000U, 0x10ffffU}) {
    std::string whole = encode(code_point);
    for (std::size_t size = 1; size < whole.size(); ++size) {
      EXPECT_FALSE(is_utf8(whole.substr(0, size)));
      EXPECT_FALSE(is_utf8(whole.substr(0, size) + "a"));
    }
  }
}

TEST(Utf8, AContinuationAloneIsInvalid) {
  for (unsigned byte = 0x80; byte < 0xc0; ++byte) EXPECT_FALSE(is_utf8(std::string(1, static_cast<char>(byte))));
  EXPECT_FALSE(is_utf8("a\x80z"));
}

TEST(Utf8, TextAroundAnInvalidByteMakesItNoBetter) {
  EXPECT_TRUE(is_utf8("gr\xc3\xbc\xc3\x9f"));
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  EXPECT_FALSE(is_utf8("gr\xfc\xdf"));
}

TEST(Utf8, LossyReplacesEachForeignByteAndNothingElse) {
  EXPECT_EQ(to_utf8_lossy("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(to_utf8_lossy("a\xffz"), "a\xef\xbf\xbdz");
  EXPECT_EQ(to_utf8_lossy("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(to_utf8_lossy("\xe2\x82\xac"), "\xe2\x82\xac");
}

TEST(Utf8, LossyTextIsAlwaysValid) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::string bytes = test::random_bytes(seed % 20, seed);
    ASSERT_TRUE(is_utf8(to_utf8_lossy(bytes)));
    if (is_utf8(bytes)) {
      ASSERT_EQ(to_utf8_lossy(bytes), bytes);
    }
  }
}

TEST(EscapeForTerminal, PrintableTextStaysAsItIs) {
  for (std::string_view text : {"plain name.txt", "gr\xc3\xbc\xc3\x9f", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x90\x84",
                                "$HOME `x` 'y' \"z\" *?", ""}) {
    EXPECT_EQ(escape_for_terminal(text), text);
  }
}

TEST(EscapeForTerminal, ControlBytesAreWritten) {
  EXPECT_EQ(escape_for_terminal("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(escape_for_terminal("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(escape_for_terminal(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(escape_for_terminal("\x7f"), "\\x7f");
  EXPECT_EQ(escape_for_terminal("back\\slash"), "back\\\\slash");
}

TEST(EscapeForTerminal, TheC1ControlsOfUnicodeAreWrittenToo) {
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"
                                "31m"),
            "\\xc2\\x9b31m");
  EXPECT_EQ(escape_for_terminal("\xc2\x80"), "\\xc2\\x80");
  EXPECT_EQ(escape_for_terminal("\xc2\xa0"), "\xc2\xa0");
}

TEST(EscapeForTerminal, InvalidBytesAreWritten) {
  EXPECT_EQ(escape_for_terminal("gr\xfc\xdf"), "gr\\xfc\\xdf");
  EXPECT_EQ(escape_for_terminal("\xc2"), "\\xc2");
  EXPECT_EQ(escape_for_terminal("\xe2\x82"), "\\xe2\\x82");
}

TEST(EscapeForTerminal, OutputIsOneValidLineForAnyInput) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::string escaped = escape_for_terminal(test::random_bytes(seed % 20, seed));
    ASSERT_TRUE(is_utf8(escaped));
    for (char c : escaped) ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

TEST(EscapeForTerminal, DifferentNamesNeverLookTheSame) {
  EXPECT_NE(escape_for_terminal("a\nb"), escape_for_terminal("a\\nb"));
  EXPECT_NE(escape_for_terminal("\xff"), escape_for_terminal("\\xff"));
}

}  // namespace
}  // namespace cowstore
