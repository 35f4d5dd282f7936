#include "store/filter.hpp"

#include "hash/sha256.hpp"

namespace cowstore::store {
namespace {

Digest numbered(std::uint64_t number) {
  return hash::sha256(as_bytes("id " + std::to_string(number)));
}

TEST(Filter, LetsEveryAddedIdPassAndFewOthers) {
  constexpr std::uint64_t kIds = 20000;
  Bytes filter(filter_blocks_for(kIds) * kFilterBlockBytes);
  for (std::uint64_t i = 0; i < kIds; ++i) filter_add(filter, numbered(i));
  for (std::uint64_t i = 0; i < kIds; ++i) ASSERT_TRUE(filter_may_contain(filter, numbered(i)));
  std::uint64_t passed = 0;
  for (std::uint64_t i = kIds; i < 2 * kIds; ++i) passed += filter_may_contain(filter, numbered(i)) ? 1 : 0;
  EXPECT_LT(passed, kIds / 100);
}

TEST(Filter, BitsAreWhereTheFormatSays) {
  Digest id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(17 * i + 3);
  constexpr std::uint64_t kBlocks = 5;
  Bytes filter(kBlocks * kFilterBlockBytes);
  filter_add(filter, id);

  std::uint64_t selector = id.bytes[8] | id.bytes[9] << 8 | id.bytes[10] << 16 | std::uint64_t{id.bytes[11]} << 24;
  std::uint64_t block = (selector * kBlocks) >> 32;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 5; ++i) bits |= std::uint64_t{id.bytes[12 + i]} << (8 * i);
  Bytes expected(filter.size());
  for (std::uint64_t word = 0; word < 8; ++word) {
    std::uint64_t bit = (bits >> (5 * word)) & 31;
    expected[block * 32 + word * 4 + bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
  }
  EXPECT_EQ(filter, expected);
}

TEST(Filter, IsNeverEmpty) {
  EXPECT_EQ(filter_blocks_for(0), 1U);
  EXPECT_EQ(filter_blocks_for(21), 1U);
  EXPECT_EQ(filter_blocks_for(22), 2U);
}

}  // namespace
}  // namespace cowstore::store
