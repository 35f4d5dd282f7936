#include "chunk/gear.hpp"

#include <gtest/gtest.h>

#include "base/coding.hpp"
#include "content.hpp"
#include "hash/sha256.hpp"

namespace cowstore::chunk {
namespace {

/// The definition, without any rolling.
std::uint32_t hash_before(const Bytes& bytes, std::size_t p) {
  std::uint32_t hash = 0;
  for (std::size_t k = 0; k < kWindow; ++k) hash += kGear[bytes[p - 1 - k]] << k;
  return hash;
}

std::size_t match_by_definition(const Bytes& bytes, std::size_t begin, std::size_t end, std::uint32_t mask) {
  for (std::size_t p = begin; p < end; ++p)
    if ((hash_before(bytes, p) & mask) == 0) return p;
  return end;
}

TEST(Gear, TableFollowsItsRule) {
  for (unsigned i = 0; i < kGear.size(); ++i) {
    const std::uint8_t byte = static_cast<std::uint8_t>(i);
    const Digest digest = hash::sha256({as_bytes("cowstore-gear-v1"), ByteView(&byte, 1)});
    EXPECT_EQ(kGear[i], base::load_u32(digest.bytes.data())) << i;
  }
}

TEST(Gear, FindsTheFirstMatchOfTheDefinition) {
  test::Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Bytes bytes = test::random_bytes(random.next(), kWindow + random.below(400));
    const std::size_t begin = kWindow + random.below(bytes.size() - kWindow + 1);
    const std::size_t end = begin + random.below(bytes.size() + 2 - begin);
    const std::uint32_t mask = ~0U << (32 - 1 - random.below(12));
    ASSERT_EQ(find_match(bytes.data(), begin, end, mask), match_by_definition(bytes, begin, end, mask))
        << "round " << round << ": " << begin << ".." << end << " of " << bytes.size();
  }
}

TEST(Gear, FindsNothingInAnEmptyRange) {
  const Bytes bytes(64, 0);
  EXPECT_EQ(find_match(bytes.data(), 40, 40, 0), 40U);
  EXPECT_EQ(find_match(bytes.data(), 40, 41, 0), 40U) << "a mask without bits matches everywhere";
}

}  // namespace
}  // namespace cowstore::chunk
