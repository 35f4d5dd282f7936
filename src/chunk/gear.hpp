// The hash behind the cut points, and the search for one, by whichever kernel this processor can run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cowstore::chunk {

/// How many bytes a hash depends on: what is older has been shifted out of its 32 bits.
inline constexpr std::size_t kWindow = 32;

/// G[i] is the first four bytes, little-endian, of SHA-256("cowstore-gear-v1" followed by the byte i).
extern const std::array<std::uint32_t, 256> kGear;

/// The smallest position p in [begin, end) whose hash matches, (H(p) & mask) == 0 with H(p) over bytes[p-32 .. p-1];
/// `end` if there is none. `mask` is some top bits. Needs begin >= 32; reads bytes[begin-32 .. end-2] only. Whatever
/// kernel runs, the result is the same.
std::size_t find_match(const std::uint8_t* bytes, std::size_t begin, std::size_t end, std::uint32_t mask);

}  // namespace cowstore::chunk
