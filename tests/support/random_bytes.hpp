// Test data from a fixed seed.
#pragma once

#include <cstdint>
#include <string>

namespace cowstore::test {

/// The same bytes for the same seed, on every machine; incompressible.
std::string random_bytes(std::size_t size, std::uint64_t seed);

/// splitmix64: small, and its numbers are the same with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Uniform enough in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace cowstore::test
