// The filter in front of a segment's ids: a split-block Bloom filter that takes its bits from the id itself, which is
// uniform already.
//
// F blocks of 32 bytes, each eight little-endian words of 32 bits. The block of an id is (w * F) >> 32, where w is the
// id's bytes 8 to 11 as a little-endian number; in word i of the block the bit with the number in bits 5i to 5i+4 of
// the id's bytes 12 to 16 (as a little-endian number) is set.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"

namespace cowstore::store {

inline constexpr std::size_t kFilterBlockBytes = 32;

/// How many blocks a segment of so many ids is given: 12 bits for each id, which lets one of 300 absent ids pass.
/// At least 1.
std::uint64_t filter_blocks_for(std::uint64_t ids);

/// `filter` has a size that is a positive multiple of kFilterBlockBytes.
void filter_add(std::span<std::uint8_t> filter, const Digest& id);
bool filter_may_contain(ByteView filter, const Digest& id);

}  // namespace cowstore::store
