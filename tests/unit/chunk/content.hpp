// Reproducible content for tests of the cut rule; the generators are specified in fixtures/format/chunk-cuts.txt.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "chunk/chunker.hpp"

namespace cowstore::chunk::test {

/// SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

/// The numbers of Random, eight bytes each, little-endian.
inline Bytes random_bytes(std::uint64_t seed, std::size_t size) {
  Random random(seed);
  Bytes bytes(size);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i, number >>= 8) {
    if (i % 8 == 0) number = random.next();
    bytes[i] = static_cast<std::uint8_t>(number);
  }
  return bytes;
}

/// 'a' plus the low four bits of each random byte.
inline Bytes letters(std::uint64_t seed, std::size_t size) {
  Bytes bytes = random_bytes(seed, size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>('a' + (byte & 15));
  return bytes;
}

inline void append(Bytes& to, ByteView bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The lengths of all chunks of a whole content.
inline std::vector<std::size_t> cut_lengths(const CutRule& rule, ByteView content) {
  std::vector<std::size_t> lengths;
  while (!content.empty()) {
    lengths.push_back(first_cut(rule, content));
    content = content.subspan(lengths.back());
  }
  return lengths;
}

}  // namespace cowstore::chunk::test
