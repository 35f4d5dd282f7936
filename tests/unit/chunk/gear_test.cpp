#include "chunk/gear.hpp"

#include <gtest/gtest.h>

#include "base/coding.hpp"
#include "chunk/gear_avx512.hpp"
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

using Kernel = std::size_t (*)(const std::uint8_t*, std::size_t, std::size_t, std::uint32_t);

/// Every one that this processor can run.
std::vector<Kernel> kernels() {
  std::vector<Kernel> all = {find_match, detail::find_match_plain};
  if (detail::has_avx512()) all.push_back(detail::find_match_avx512);
  return all;
}

TEST(Gear, EachKernelFindsTheFirstMatchOfTheDefinition) {
  test::Random random(1);
  for (int round = 0; round < 3000; ++round) {
    const Bytes bytes = test::random_bytes(random.next(), kWindow + random.below(400));
    const std::size_t begin = kWindow + random.below(bytes.size() - kWindow + 1);
    const std::size_t end = begin + random.below(bytes.size() + 2 - begin);
    const std::uint32_t mask = ~0U << (32 - 1 - random.below(12));
    const std::size_t expected = match_by_definition(bytes, begin, end, mask);
    for (Kernel kernel : kernels()) {
      ASSERT_EQ(kernel(bytes.data(), begin, end, mask), expected)
          << "round " << round << ": " << begin << ".." << end << " of " << bytes.size();
    }
  }
}

TEST(Gear, TheKernelsAgreeOnLongContentsWithFewMatches) {
  test::Random random(2);
  for (int round = 0; round < 600; ++round) {
    const Bytes bytes = test::random_bytes(random.next(), kWindow + random.below(40000));
    const std::size_t begin = kWindow + random.below(std::min<std::size_t>(bytes.size() - kWindow + 1, 100));
    const std::size_t end = bytes.size() + 1 - random.below(std::min<std::size_t>(bytes.size() - begin + 1, 300));
    const std::uint32_t mask = ~0U << (32 - 8 - random.below(11));
    const std::size_t expected = detail::find_match_plain(bytes.data(), begin, end, mask);
    for (Kernel kernel : kernels()) {
      ASSERT_EQ(kernel(bytes.data(), begin, end, mask), expected)
          << "round " << round << ": " << begin << ".." << end << " of " << bytes.size();
    }
  }
}

/// Wherever in a block of the vectors, and at whichever end of the range, the only match may lie.
TEST(Gear, TheKernelsMissNoPosition) {
  Bytes window(kWindow);
  test::Random random(3);
  constexpr std::uint32_t kMask = 0xfff00000;
  do {
    for (std::uint8_t& byte : window) byte = static_cast<std::uint8_t>(random.next());
  } while ((hash_before(window, kWindow) & kMask) != 0);
  for (std::size_t position = kWindow; position < 9000; position += 1 + random.below(4)) {
    Bytes bytes(9000, 0);
    std::copy(window.begin(), window.end(), bytes.begin() + static_cast<std::ptrdiff_t>(position - kWindow));
    const std::size_t first = match_by_definition(bytes, kWindow, bytes.size() + 1, kMask);
    for (Kernel kernel : kernels()) {
      ASSERT_EQ(kernel(bytes.data(), kWindow, bytes.size() + 1, kMask), first) << position;
      ASSERT_EQ(kernel(bytes.data(), kWindow, first, kMask), first) << position << " is behind the end";
    }
  }
}

TEST(Gear, NoKernelReadsMoreThanItMay) {
  for (std::size_t size :
       {std::size_t{33}, std::size_t{64}, std::size_t{3584 + 32}, std::size_t{3584 + 33}, std::size_t{2 * 3584 + 33}}) {
    const std::vector<std::uint8_t> exact(size, 0);  // what lies around it is poisoned under the address sanitizer
    for (Kernel kernel : kernels()) {
      EXPECT_EQ(kernel(exact.data(), kWindow, size + 1, 0xffffc000), size + 1);
    }
  }
}

TEST(Gear, FindsNothingInAnEmptyRange) {
  const Bytes bytes(64, 0);
  for (Kernel kernel : kernels()) {
    EXPECT_EQ(kernel(bytes.data(), 40, 40, 0), 40U);
    EXPECT_EQ(kernel(bytes.data(), 40, 41, 0), 40U) << "a mask without bits matches everywhere";
  }
}

}  // namespace
}  // namespace cowstore::chunk
