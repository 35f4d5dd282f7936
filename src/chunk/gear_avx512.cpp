// The hash of sixteen strips of the content side by side.
//
// The plain loop is a chain of one step a byte. Here sixteen such chains run in the lanes of one register, each over a
// strip of its own; since a hash depends on 32 bytes only, a strip is begun by rolling over the 32 before it. What is
// then left to do for each step is to look up the table for sixteen bytes. Gathers are slow; so the table is kept as
// four planes, one for each byte of an entry, and a plane is looked up for 64 bytes by permuting registers.
//
//   16 strips, 64 bytes of each --transpose--> 16 registers, each 4 bytes of every strip   (dword n of it: strip n)
//   such a register --look up four planes, interleave--> 4 registers of entries, one for each step
#include "chunk/gear_avx512.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "chunk/gear.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#define COWSTORE_AVX512 gnu::target("avx512f,avx512bw,avx512vbmi")
#define COWSTORE_AVX512_INLINE COWSTORE_AVX512, gnu::always_inline

namespace cowstore::chunk::detail {
namespace {

constexpr std::size_t kStrips = 16;
constexpr std::size_t kRead = 64;    ///< bytes of each strip that are transposed together
constexpr std::size_t kStrip = 224;  ///< positions of a strip: with the window before it a multiple of kRead
constexpr std::size_t kBlock = kStrips * kStrip;
static_assert((kStrip + kWindow) % kRead == 0);

/// planes[b][i] is byte b of G[i].
struct Planes {
  alignas(64) std::array<std::array<std::uint8_t, 256>, 4> bytes;
  Planes() {
    for (std::size_t b = 0; b < bytes.size(); ++b) {
      for (std::size_t i = 0; i < kGear.size(); ++i) bytes[b][i] = static_cast<std::uint8_t>(kGear[i] >> (8 * b));
    }
  }
};

struct Table {
  __m512i quarter[4][4];     ///< [plane][which 64 of the 256]
  __m512i columns_to_lanes;  ///< within each 4x4 bytes of a register: rows become columns
};

[[COWSTORE_AVX512_INLINE]] inline Table load_table() {
  static const Planes planes;
  Table table;
  for (std::size_t b = 0; b < 4; ++b) {
    for (std::size_t q = 0; q < 4; ++q) table.quarter[b][q] = _mm512_load_si512(planes.bytes[b].data() + q * 64);
  }
  table.columns_to_lanes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return table;
}

/// One byte of the table's entries for 64 input bytes; `high` marks those above 127.
[[COWSTORE_AVX512_INLINE]] inline __m512i look_up(const __m512i (&plane)[4], __m512i input, __mmask64 high) {
  const __m512i lower = _mm512_permutex2var_epi8(plane[0], input, plane[1]);
  const __m512i upper = _mm512_permutex2var_epi8(plane[2], input, plane[3]);
  return _mm512_mask_blend_epi8(high, lower, upper);
}

/// Dword j of register i becomes dword i of register j.
[[COWSTORE_AVX512_INLINE]] inline void transpose(__m512i (&rows)[16]) {
  __m512i t[16];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
  }
}

[[COWSTORE_AVX512_INLINE]] inline __m512i roll(__m512i hashes, __m512i entries) {
  return _mm512_add_epi32(_mm512_add_epi32(hashes, hashes), entries);
}

/// Four bytes further in every strip. The lanes in which one of the four hashes matches.
[[COWSTORE_AVX512_INLINE]] inline __mmask16 four_steps(const Table& table, __m512i input, __m512i mask,
                                                       __m512i& hashes) {
  // In this order the interleaving below, which works within 128 bits, yields one step after the other.
  input = _mm512_shuffle_epi8(input, table.columns_to_lanes);
  const __mmask64 high = _mm512_movepi8_mask(input);
  const __m512i b0 = look_up(table.quarter[0], input, high), b1 = look_up(table.quarter[1], input, high);
  const __m512i b2 = look_up(table.quarter[2], input, high), b3 = look_up(table.quarter[3], input, high);
  const __m512i low01 = _mm512_unpacklo_epi8(b0, b1), high01 = _mm512_unpackhi_epi8(b0, b1);
  const __m512i low23 = _mm512_unpacklo_epi8(b2, b3), high23 = _mm512_unpackhi_epi8(b2, b3);
  const __m512i first = roll(hashes, _mm512_unpacklo_epi16(low01, low23));
  const __m512i second = roll(first, _mm512_unpackhi_epi16(low01, low23));
  const __m512i third = roll(second, _mm512_unpacklo_epi16(high01, high23));
  hashes = roll(third, _mm512_unpackhi_epi16(high01, high23));
  // With a mask of top bits the smallest hash matches if any does.
  const __m512i least = _mm512_min_epu32(_mm512_min_epu32(first, second), _mm512_min_epu32(third, hashes));
  return _mm512_testn_epi32_mask(least, mask);
}

/// The strips, one bit each, with a match among the kBlock positions from `begin`, which is greater than kWindow.
[[COWSTORE_AVX512_INLINE]] inline unsigned strips_with_match(const Table& table, const std::uint8_t* bytes,
                                                             std::size_t begin, __m512i mask) {
  constexpr std::size_t kWindowColumns = kWindow / 4;
  // The hash of a position ends with the byte before it, and the one before that with the last byte of the window.
  const std::uint8_t* const base = bytes + begin - kWindow - 1;
  __m512i hashes = _mm512_setzero_si512();
  unsigned found = 0;
  for (std::size_t at = 0; at < kStrip + kWindow; at += kRead) {
    __m512i columns[16];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kStrips; ++i) columns[i] = _mm512_loadu_si512(base + i * kStrip + at);
    transpose(columns);
    unsigned in_window = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWindowColumns; ++i) in_window |= four_steps(table, columns[i], mask, hashes);
    if (at > 0) found |= in_window;
#pragma GCC unroll 8
    for (std::size_t i = kWindowColumns; i < 16; ++i) found |= four_steps(table, columns[i], mask, hashes);
  }
  return found;
}

/// begin > kWindow and begin < end.
[[COWSTORE_AVX512]] std::size_t find_in_blocks(const std::uint8_t* bytes, std::size_t begin, std::size_t end,
                                               std::uint32_t mask) {
  const Table table = load_table();
  const __m512i masks = _mm512_set1_epi32(static_cast<int>(mask));
  for (; end - begin >= kBlock; begin += kBlock) {
    const unsigned found = strips_with_match(table, bytes, begin, masks);
    if (found == 0) continue;
    const std::size_t strip = begin + static_cast<std::size_t>(std::countr_zero(found)) * kStrip;
    return find_match_plain(bytes, strip, strip + kStrip, mask);
  }
  return find_match_plain(bytes, begin, end, mask);
}

}  // namespace

bool has_avx512() {
  static const bool has = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512vbmi") != 0;
  return has;
}

std::size_t find_match_avx512(const std::uint8_t* bytes, std::size_t begin, std::size_t end, std::uint32_t mask) {
  // The strips read one byte more before their first window than a search may.
  const std::size_t first = std::min(begin + 1, end);
  const std::size_t found = find_match_plain(bytes, begin, first, mask);
  if (found < first || first >= end) return found < first ? found : end;
  return find_in_blocks(bytes, first, end, mask);
}

}  // namespace cowstore::chunk::detail

#else

namespace cowstore::chunk::detail {

bool has_avx512() {
  return false;
}

std::size_t find_match_avx512(const std::uint8_t* bytes, std::size_t begin, std::size_t end, std::uint32_t mask) {
  return find_match_plain(bytes, begin, end, mask);
}

}  // namespace cowstore::chunk::detail

#endif
