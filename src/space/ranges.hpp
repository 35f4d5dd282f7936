// Stretches of a device with who refers to them, as sorted intervals that don't overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "space/owner_sets.hpp"

namespace cowstore::space {

/// Half-open, in bytes. Those of different spaces have nothing to do with each other.
struct Range {
  std::uint32_t space = 0;
  OwnerSet owners = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t references = 1;  ///< how many were seen; counts up to two
};

/// Not thread-safe. Takes 32 bytes for each stretch that differs from its neighbours in who refers to it, and as much
/// again while it sorts.
class Ranges {
 public:
  /// Borrows the sets. `limit`: stretches kept at most.
  Ranges(OwnerSets& sets, std::size_t limit) : sets_(sets), limit_(limit) {}

  /// False, and nothing done, once there are more stretches than the limit.
  bool add(const Range& range);
  /// In order, without overlaps; neighbours differ.
  void for_each(const std::function<void(const Range&)>& visit);

 private:
  void join();
  void sweep(std::vector<Range>& out) const;
  OwnerSets& sets_;
  std::size_t limit_;
  std::size_t joined_ = 0;  ///< the first so many are joined already
  std::vector<Range> ranges_;
};

}  // namespace cowstore::space
