#include "hash/sha256_lanes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

namespace cowstore::hash::detail {
namespace {

constexpr std::size_t kBlock = 64;

alignas(16) constexpr std::array<std::uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// One message on its way: the blocks of its own bytes, then one or two with the rest and the padding.
struct Lane {
  // The instructions keep the eight words of the state as (f, e, b, a) and (h, g, d, c).
  alignas(16) std::array<std::uint32_t, 4> feba, hgdc;
  const std::uint8_t* at = nullptr;
  std::size_t blocks = 0;  ///< that follow at `at`
  std::size_t padded_blocks = 0;
  std::array<std::uint8_t, 2 * kBlock> padded;
  Digest* digest = nullptr;

  void begin(ByteView message, Digest& result) {
    feba = {0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667};
    hgdc = {0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372};
    at = message.data();
    blocks = message.size() / kBlock;
    digest = &result;
    pad(message);
    if (blocks == 0) go_on();
  }

  /// To the padded blocks; false if they have been done as well.
  bool go_on() {
    at = padded.data();
    blocks = std::exchange(padded_blocks, 0);
    return blocks > 0;
  }

  void finish() const {
    const std::array<std::uint32_t, 8> words = {feba[3], feba[2], hgdc[3], hgdc[2], feba[1], feba[0], hgdc[1], hgdc[0]};
    for (std::size_t i = 0; i < 32; ++i) digest->bytes[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - i % 4 * 8));
  }

 private:
  void pad(ByteView message) {
    const ByteView rest = message.subspan(message.size() / kBlock * kBlock);
    padded_blocks = rest.size() + 9 <= kBlock ? 1 : 2;
    padded.fill(0);
    std::copy(rest.begin(), rest.end(), padded.begin());
    padded[rest.size()] = 0x80;
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    for (std::size_t i = 0; i < 8; ++i) {
      padded[padded_blocks * kBlock - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
    }
  }
};

[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline __m128i load(const void* from) {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

/// Four more words of the message schedule, in the place of the oldest four.
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void schedule(__m128i (&words)[4], std::size_t oldest) {
  const __m128i& last = words[(oldest + 3) % 4];
  const __m128i middle = _mm_alignr_epi8(last, words[(oldest + 2) % 4], 4);
  const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(words[oldest], words[(oldest + 1) % 4]), middle);
  words[oldest] = _mm_sha256msg2_epu32(partial, last);
}

/// The next `blocks` blocks of kCount lanes, round by round side by side.
template <std::size_t kCount>
[[gnu::target("sha,sse4.1")]] void compress(Lane* const* lanes, std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i feba[kCount] = {}, hgdc[kCount] = {}, feba_before[kCount] = {}, hgdc_before[kCount] = {},
          words[kCount][4] = {};
  for (std::size_t lane = 0; lane < kCount; ++lane) {
    feba[lane] = load(lanes[lane]->feba.data());
    hgdc[lane] = load(lanes[lane]->hgdc.data());
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    for (std::size_t lane = 0; lane < kCount; ++lane) {
      feba_before[lane] = feba[lane];
      hgdc_before[lane] = hgdc[lane];
    }
#pragma GCC unroll 16
    for (std::size_t four = 0; four < 16; ++four) {
      const __m128i constants = load(&kRoundConstants[four * 4]);
#pragma GCC unroll 4
      for (std::size_t lane = 0; lane < kCount; ++lane) {
        if (four < 4) {
          words[lane][four] = _mm_shuffle_epi8(load(lanes[lane]->at + block * kBlock + four * 16), big_endian);
        } else {
          schedule(words[lane], four % 4);
        }
        const __m128i sum = _mm_add_epi32(words[lane][four % 4], constants);
        hgdc[lane] = _mm_sha256rnds2_epu32(hgdc[lane], feba[lane], sum);
        feba[lane] = _mm_sha256rnds2_epu32(feba[lane], hgdc[lane], _mm_shuffle_epi32(sum, 0x0e));
      }
    }
    for (std::size_t lane = 0; lane < kCount; ++lane) {
      feba[lane] = _mm_add_epi32(feba[lane], feba_before[lane]);
      hgdc[lane] = _mm_add_epi32(hgdc[lane], hgdc_before[lane]);
    }
  }
  for (std::size_t lane = 0; lane < kCount; ++lane) {
    _mm_store_si128(reinterpret_cast<__m128i*>(lanes[lane]->feba.data()), feba[lane]);
    _mm_store_si128(reinterpret_cast<__m128i*>(lanes[lane]->hgdc.data()), hgdc[lane]);
    lanes[lane]->at += blocks * kBlock;
    lanes[lane]->blocks -= blocks;
  }
}

/// As far as the lane with the fewest blocks goes.
void advance(Lane* const* lanes, std::size_t count) {
  std::size_t blocks = lanes[0]->blocks;
  for (std::size_t i = 1; i < count; ++i) blocks = std::min(blocks, lanes[i]->blocks);
  static_assert(kLanes == 3);
  if (count == 3) {
    compress<3>(lanes, blocks);
  } else if (count == 2) {
    compress<2>(lanes, blocks);
  } else {
    compress<1>(lanes, blocks);
  }
}

/// Long messages first, so that none of them is left over to run alone.
std::vector<std::size_t> longest_first(std::span<const ByteView> messages) {
  std::vector<std::size_t> order(messages.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return messages[a].size() > messages[b].size(); });
  return order;
}

bool ask_processor() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kSsse3 = 1U << 9, kSse41 = 1U << 19, kSha = 1U << 29;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kSsse3) == 0 || (c & kSse41) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & kSha) != 0;
}

}  // namespace

bool has_lanes() {
  static const bool has = ask_processor();
  return has;
}

void sha256_lanes(std::span<const ByteView> messages, std::span<Digest> digests) {
  std::array<Lane, kLanes> storage;
  std::array<Lane*, kLanes> lanes{};
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = &storage[i];
  const std::vector<std::size_t> order = longest_first(messages);
  std::size_t running = 0, next = 0;
  for (;;) {
    for (; running < kLanes && next < order.size(); ++next) {
      lanes[running++]->begin(messages[order[next]], digests[order[next]]);
    }
    if (running == 0) return;
    advance(lanes.data(), running);
    for (std::size_t i = running; i-- > 0;) {
      if (lanes[i]->blocks > 0 || lanes[i]->go_on()) continue;
      lanes[i]->finish();
      std::swap(lanes[i], lanes[--running]);
    }
  }
}

}  // namespace cowstore::hash::detail

#else

namespace cowstore::hash::detail {

bool has_lanes() {
  return false;
}
void sha256_lanes(std::span<const ByteView>, std::span<Digest>) {}

}  // namespace cowstore::hash::detail

#endif
