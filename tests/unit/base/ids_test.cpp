#include "cowstore/ids.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace cowstore {
namespace {

const std::string kText = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(Digest, HexComesBack) {
  auto digest = Digest::from_hex(kText);
  ASSERT_TRUE(digest.has_value());
  EXPECT_EQ(digest->bytes[0], 0x01);
  EXPECT_EQ(digest->bytes[31], 0xef);
  EXPECT_EQ(digest->hex(), kText);
}

TEST(Digest, OnlySixtyFourLowerCaseDigitsAreAnId) {
  EXPECT_FALSE(Digest::from_hex("").has_value());
  EXPECT_FALSE(Digest::from_hex(kText.substr(2)).has_value());
  EXPECT_FALSE(Digest::from_hex(kText + "00").has_value());
  std::string upper = kText;
  upper[10] = 'A';
  EXPECT_FALSE(Digest::from_hex(upper).has_value());
}

TEST(Digest, OrderIsThatOfTheBytesAndOfTheirText) {
  Digest low{};
  Digest high{};
  low.bytes[0] = 0x7f;
  high.bytes[0] = 0x80;  // as a signed byte it would come first
  EXPECT_LT(low, high);
  EXPECT_LT(low.hex(), high.hex());
  low.bytes[31] = 1;
  high.bytes[0] = 0x7f;
  EXPECT_GT(low, high);
}

TEST(Id, IdsOfDifferentThingsDoNotMix) {
  EXPECT_FALSE((std::is_convertible_v<ChunkId, FileId>));
  EXPECT_FALSE((std::is_constructible_v<TreeId, CommitId>));
  EXPECT_FALSE((std::is_convertible_v<Digest, ChunkId>));
  EXPECT_FALSE((std::is_assignable_v<TreeId&, AttributesId>));
}

TEST(Id, IsItsDigest) {
  Digest digest = *Digest::from_hex(kText);
  EXPECT_EQ(ChunkId(digest).digest(), digest);
  EXPECT_EQ(ChunkId(digest).hex(), kText);
  EXPECT_EQ(ChunkId(), ChunkId(Digest{}));
}

TEST(Id, HashesByItsFirstBytes) {
  std::unordered_set<ChunkId, DigestHash> ids;
  for (std::uint8_t i = 0; i < 100; ++i) {
    Digest digest{};
    digest.bytes[0] = i;
    ids.insert(ChunkId(digest));
    ids.insert(ChunkId(digest));
  }
  EXPECT_EQ(ids.size(), 100U);
  Digest digest = *Digest::from_hex(kText);
  EXPECT_EQ(DigestHash()(ChunkId(digest)), DigestHash()(digest));
  EXPECT_NE(DigestHash()(digest), DigestHash()(Digest{}));
}

}  // namespace
}  // namespace cowstore
