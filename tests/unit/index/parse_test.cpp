#include "index/parse.hpp"

#include "base/coding.hpp"
#include "samples.hpp"

namespace cowstore::index {
namespace {

std::string problem_of(Bytes bytes) {
  return StatIndex::decode(std::move(bytes), kBoot).problem();
}

TEST(ParseIndex, TakesWhatTheBuilderMakes) {
  EXPECT_TRUE(parse_index(sample_index()).ok());
  EXPECT_TRUE(parse_index(IndexBuilder(kBoot).finish()).ok());
}

TEST(ParseIndex, FindsEveryFlippedBit) {
  const Bytes whole = sample_index();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes damaged = whole;
      damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ 1 << bit);
      ASSERT_FALSE(parse_index(damaged).ok()) << "byte " << i;
    }
  }
}

TEST(ParseIndex, FindsEveryTruncation) {
  const Bytes whole = sample_index();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(parse_index(ByteView(whole).first(size)).ok()) << size;
  }
}

TEST(ParseIndex, AnEmptyIndexOfDamagedBytesKnowsNothing) {
  Bytes damaged = sample_index();
  damaged[200] ^= 1;
  const StatIndex index = StatIndex::decode(damaged, kBoot);
  EXPECT_TRUE(index.empty());
  EXPECT_NE(index.problem().find("checksum"), std::string::npos) << index.problem();
}

/// Somebody who writes bytes at will can write the checksum as well. Run under the address sanitizer.
TEST(ParseIndex, NoByteThatIsSealedAnewLeadsOutOfTheIndex) {
  const Bytes whole = sample_index();
  std::size_t refused = 0;
  for (std::size_t i = 0; i + 32 < whole.size(); ++i) {
    for (int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Bytes forged = whole;
      forged[i] = static_cast<std::uint8_t>(value);
      const StatIndex index = StatIndex::decode(resealed(std::move(forged)), kBoot);
      refused += index.problem().empty() ? 0 : 1;
      (void)describe(index);
    }
  }
  EXPECT_GT(refused, 1000u);
}

TEST(ParseIndex, NamesAVersionThatItDoesNotKnow) {
  Bytes bytes = sample_index();
  bytes[16] = 3;
  EXPECT_NE(problem_of(resealed(bytes)).find("version 3"), std::string::npos);
  auto parsed = parse_index(bytes);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kUnsupported);
}

TEST(ParseIndex, RefusesFeaturesThatItDoesNotKnow) {
  Bytes bytes = sample_index();
  bytes[20] = 1;
  auto parsed = parse_index(resealed(bytes));
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code, ErrorCode::kUnsupported);
}

TEST(ParseIndex, RefusesCountsThatOverflow) {
  for (std::size_t at : {std::size_t{64}, std::size_t{72}, std::size_t{80}}) {
    for (std::uint64_t count : {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{1} << 57}) {
      Bytes bytes = sample_index();
      base::store_u64(bytes.data() + at, count);
      EXPECT_NE(problem_of(resealed(bytes)), "");
    }
  }
}

TEST(ParseIndex, RefusesEntriesThatAreOutOfOrder) {
  IndexBuilder builder(kBoot);
  builder.begin_directory({"", {}, {}, {}});
  builder.add(file_entry("b", "1"));
  builder.add(file_entry("a", "2"));
  EXPECT_NE(problem_of(builder.finish()).find("out of order"), std::string::npos);
}

TEST(ParseIndex, RefusesADirectoryThatComesTwice) {
  IndexBuilder builder(kBoot);
  builder.begin_directory({"d", {}, {}, {}});
  builder.begin_directory({"d", {}, {}, {}});
  EXPECT_NE(problem_of(builder.finish()).find("out of order"), std::string::npos);
}

}  // namespace
}  // namespace cowstore::index
