#include "base/hex.hpp"

#include <gtest/gtest.h>

namespace cowstore::base {
namespace {

TEST(Hex, EveryByteComesBack) {
  Bytes all;
  for (unsigned i = 0; i < 256; ++i) all.push_back(static_cast<std::uint8_t>(i));
  std::string text = to_hex(all);
  EXPECT_EQ(text.size(), 512U);
  EXPECT_TRUE(text.starts_with("000102"));
  EXPECT_TRUE(text.ends_with("fdfeff"));
  EXPECT_EQ(from_hex(text), all);
}

TEST(Hex, NothingIsNothing) {
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, OnlyAnEvenNumberOfLowerCaseDigitsIsAccepted) {
  for (std::string_view bad : {"0", "012", "0A", "A0", "0g", "g0", "0/", "0:", "0`", " 0", "0 ", "0x", "00\n0"}) {
    EXPECT_EQ(from_hex(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(from_hex(std::string_view("0\0", 2)), std::nullopt);
}

}  // namespace
}  // namespace cowstore::base
