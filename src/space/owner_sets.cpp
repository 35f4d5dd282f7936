#include "space/owner_sets.hpp"

#include <algorithm>
#include <iterator>

namespace cowstore::space {

OwnerSet OwnerSets::number(const std::vector<Owner>& owners) {
  auto [found, added] = numbers_.emplace(owners, static_cast<OwnerSet>(by_number_.size()));
  if (added) by_number_.push_back(&found->first);
  return found->second;
}

OwnerSet OwnerSets::united(OwnerSet a, OwnerSet b) {
  if (a == b) return a;
  std::vector<Owner> both;
  std::set_union(owners(a).begin(), owners(a).end(), owners(b).begin(), owners(b).end(), std::back_inserter(both));
  return number(both);
}

}  // namespace cowstore::space
