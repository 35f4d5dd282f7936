#include "checkout/unrestored.hpp"

#include <algorithm>
#include <utility>

namespace cowstore::checkout {

std::vector<Unrestored> UnrestoredList::take() {
  std::sort(list_.begin(), list_.end(), [](const Unrestored& a, const Unrestored& b) { return a.path < b.path; });
  return std::exchange(list_, {});
}

}  // namespace cowstore::checkout
