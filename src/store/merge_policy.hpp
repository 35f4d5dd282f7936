// Which segments a new one takes in.
#pragma once

#include <cstdint>

#include "store/index_view.hpp"

namespace cowstore::store {

/// Segments that weigh more (objects and containers) stay as they are, so that no publish stalls on a huge merge.
inline constexpr std::uint64_t kMaxMergedWeight = std::uint64_t{4} << 20;

/// The segments to be merged with a new one of `fresh_weight`. Segments fall into tiers by weight, each four times the
/// one before; those of the lowest (below 1,024) always merge, since the sync costs more than the bytes; of the others
/// a tier merges when it would reach four, or when what is merged has outgrown it. So there are at most three segments
/// a tier, and an entry is written once for each tier that it climbs.
IndexView::Segments choose_merge(const IndexView& view, std::uint64_t fresh_weight);

}  // namespace cowstore::store
