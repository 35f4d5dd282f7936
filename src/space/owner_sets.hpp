// Sets of owners, each known by a number: there are many stretches of blocks, and few combinations of who has them.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace cowstore::space {

/// Position of a tree in the list that a census was asked for.
using Owner = std::uint32_t;
using OwnerSet = std::uint32_t;

/// Not thread-safe.
class OwnerSets {
 public:
  OwnerSet of(Owner owner) { return number(std::vector<Owner>{owner}); }
  OwnerSet united(OwnerSet a, OwnerSet b);
  /// Sorted. Valid until the next set is made.
  [[nodiscard]] const std::vector<Owner>& owners(OwnerSet set) const { return *by_number_[set]; }

 private:
  OwnerSet number(const std::vector<Owner>& owners);
  std::map<std::vector<Owner>, OwnerSet> numbers_;
  std::vector<const std::vector<Owner>*> by_number_;  ///< into the map, whose nodes stay
};

}  // namespace cowstore::space
