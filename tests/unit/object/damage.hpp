// Every damage of a few bytes that a decoder has to notice: each truncation, each flipped bit.
#pragma once

#include <functional>

#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace cowstore::object {

/// `reencode` decodes and encodes again, or gives nothing for bytes that are refused. A canonical decoder accepts no
/// bytes but those that it would write itself.
inline void expect_canonical(const Bytes& good, const std::function<std::optional<Bytes>(ByteView)>& reencode) {
  EXPECT_EQ(reencode(good), good);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(reencode(ByteView(good).first(size))) << "truncated to " << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(reencode(longer)) << "with a byte behind it";
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    Bytes flipped = good;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    std::optional<Bytes> again = reencode(flipped);
    if (again) {
      ASSERT_EQ(base::to_hex(*again), base::to_hex(flipped)) << "bit " << bit;
    }
  }
}

}  // namespace cowstore::object
