// Look-up of ids by their first digits.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "cowstore/ids.hpp"
#include "store/index_view.hpp"
#include "store/object_info.hpp"

namespace cowstore::store {

/// All ids from `first` to `last`, both included.
struct IdRange {
  Digest first;
  Digest last;
  /// Nothing unless the text is at most 64 lower-case digits. No digits at all are all ids.
  static std::optional<IdRange> of_prefix(std::string_view hex);
};

/// Sorted, each id once, at most `limit`. Damaged entries are passed over.
std::vector<ObjectInfo> find_in_range(const IndexView& view, const IdRange& range, std::optional<ObjectKind> kind,
                                      std::size_t limit);

}  // namespace cowstore::store
