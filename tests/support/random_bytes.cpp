#include "support/random_bytes.hpp"

#include <cstring>

namespace cowstore::test {

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::string random_bytes(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += 8) {
    std::uint64_t value = random.next();
    std::memcpy(bytes.data() + at, &value, std::min<std::size_t>(8, size - at));
  }
  return bytes;
}

}  // namespace cowstore::test
