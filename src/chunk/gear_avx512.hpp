// The search for a cut point in sixteen places at once, for processors with AVX-512 and VBMI. Private to the module,
// but for tests and benchmarks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cowstore::chunk::detail {

/// Whether this processor can; asked once.
bool has_avx512();

/// As find_match(), for masks of top bits. Only if has_avx512().
std::size_t find_match_avx512(const std::uint8_t* bytes, std::size_t begin, std::size_t end, std::uint32_t mask);

/// The loop for every processor, which the one above must agree with.
std::size_t find_match_plain(const std::uint8_t* bytes, std::size_t begin, std::size_t end, std::uint32_t mask);

}  // namespace cowstore::chunk::detail
