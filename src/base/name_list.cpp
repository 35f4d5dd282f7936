#include "base/name_list.hpp"

#include <algorithm>

namespace cowstore::base {

std::string name_list(std::span<const std::string> names, std::size_t limit) {
  std::string text;
  std::size_t shown = std::min(names.size(), limit);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += names[i];
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

}  // namespace cowstore::base
