// Content for the micro-benchmarks: the same in each run.
#pragma once

#include <cstring>
#include <random>

#include "base/bytes.hpp"

namespace cowstore::bench {

inline Bytes noise(std::size_t size) {
  std::mt19937_64 random(1);
  Bytes bytes(size);
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    const std::uint64_t number = random();
    std::memcpy(bytes.data() + i, &number, sizeof number);
  }
  return bytes;
}

/// Text of few different words, which shrinks to about a third.
inline Bytes text(std::size_t size) {
  std::mt19937_64 random(2);
  Bytes bytes;
  bytes.reserve(size + 16);
  while (bytes.size() < size) {
    const std::string word = "w" + std::to_string(random() % 5000) + (random() % 9 == 0 ? "\n" : " ");
    bytes.insert(bytes.end(), word.begin(), word.end());
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace cowstore::bench
