// Content-defined cut points. The rule is part of the format (docs/format.md, fixtures/format/chunk-cuts.txt):
// changing anything here changes every id.
//
// A cut is a length L: the chunk ends before byte L, counted from its start. The hash at L is that of the 32 bytes
// before L:
//
//   H(L) = sum over k = 0..31 of G[byte(L-1-k)] << k, modulo 2^32        (h = (h << 1) + G[b], byte by byte)
//
// The first chunk's length is the smallest L with
//   min     <= L < average   and  (H(L) & mask_small) == 0, or
//   average <= L < max       and  (H(L) & mask_large) == 0, or
//   L == max;
// if the content has no such L, the chunk is all of it. The next chunk starts anew behind the cut, and since min >= 32
// no hash looks further back than its own chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace cowstore::chunk {

/// Chosen when a repository is made and named by each commit: ids compare only under the same one.
enum class Profile : std::uint8_t {
  kDefault = 0,  ///< 16 / 64 / 256 KiB
  kFine = 1,     ///< 4 / 16 / 64 KiB
  kBulk = 2,     ///< 64 KiB / 256 KiB / 1 MiB
};

/// "default", "fine", "bulk".
const char* to_string(Profile profile);
std::optional<Profile> profile_from_string(std::string_view word);

/// Sizes in bytes, 32 <= min < average < max; the masks are top bits, mask_large a part of mask_small.
/// A run of zeros matches neither mask, so it is cut at max.
struct CutRule {
  std::uint32_t min, average, max;
  std::uint32_t mask_small, mask_large;
};

const CutRule& rule_of(Profile profile);

/// The first cut of a chunk that begins with `data`, at most data.size(); nothing if no cut is in it yet. A cut found
/// is final: bytes behind it don't matter.
std::optional<std::size_t> find_cut(const CutRule& rule, ByteView data);

/// The same for somebody who has seen a part before: `data` are the chunk's bytes from offset `origin` on, and lengths
/// below `from` are known not to cut. The result counts from the start of the chunk. If origin > 0, `from` must be at
/// least origin + 32, so that every hash finds its bytes in `data`.
std::optional<std::size_t> find_cut(const CutRule& rule, ByteView data, std::size_t origin, std::size_t from);

/// The length of the first chunk of `data`: the cut, or data.size() when no cut is in it. With data.size() >= rule.max,
/// or a result below data.size(), it is final; else it is only if the content ends where `data` does.
std::size_t first_cut(const CutRule& rule, ByteView data);

}  // namespace cowstore::chunk
