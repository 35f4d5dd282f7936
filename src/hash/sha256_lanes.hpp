// SHA-256 of several messages at once, for processors with instructions for it. Private to the module.
//
// One message is a chain: each round waits for the one before, and the unit that computes them idles meanwhile. Rounds
// of other messages fill the gaps.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"

namespace cowstore::hash::detail {

/// So many messages go through the processor side by side. Four were no faster than three.
inline constexpr std::size_t kLanes = 3;

/// Whether this processor can; asked once.
bool has_lanes();

/// digests[i] = SHA-256 of messages[i], for any number of messages of any lengths. Only if has_lanes().
void sha256_lanes(std::span<const ByteView> messages, std::span<Digest> digests);

}  // namespace cowstore::hash::detail
