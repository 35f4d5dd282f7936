// Where nodes end. The rules look at the entries alone, so that equal content makes equal nodes whatever its history,
// and a change moves no ends but those near it. They are part of the format (docs/format.md): nothing here may change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cowstore/ids.hpp"

namespace cowstore::object {

inline constexpr std::size_t kMinRuns = 64;
inline constexpr std::size_t kMaxRuns = 1024;
/// The node of a chunk list may end after a run whose id, read as a big-endian number of 32 bits, times this is below
/// 2^32.
inline constexpr std::uint64_t kRunSplitFactor = 192;

/// Whether a node of a chunk list with `runs` runs ends after the last one, `last_id`.
bool ends_after_run(std::size_t runs, const Digest& last_id);

inline constexpr std::size_t kMinNamedBytes = std::size_t{1} << 10;
inline constexpr std::size_t kMaxNamedBytes = std::size_t{32} << 10;
/// See ends_after_name(): makes nodes of 8 KiB on average.
inline constexpr std::uint64_t kNamedSplitDivisor = 3ULL << 19;

/// 32 bits that are uniform over names and independent between levels: FNV-1a (64 bits) over the level's byte and the
/// name, then the finalizer of MurmurHash3, the upper half.
std::uint32_t name_hash(std::uint8_t level, std::string_view name);

/// Whether a node of names ends after an entry. `before` and `after` are the bytes of the node's entries without it and
/// with it. A Weibull hazard of shape 4: the chance that a node has ended grows with the fourth power of its size,
/// which keeps sizes close together; and since it is the difference of two powers, it is the same for few long entries
/// as for many short ones.
bool ends_after_name(std::uint8_t level, std::string_view name, std::size_t before, std::size_t after);

}  // namespace cowstore::object
