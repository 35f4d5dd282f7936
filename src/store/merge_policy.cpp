#include "store/merge_policy.hpp"

namespace cowstore::store {

namespace {

constexpr std::uint64_t kSmallWeight = 1024;
constexpr unsigned kTierFactorBits = 2;
constexpr std::size_t kTierSegments = 4;

std::uint64_t weight_of(const Segment& segment) {
  return segment.size() + segment.container_count();
}

unsigned tier_of(std::uint64_t weight) {
  unsigned tier = 0;
  for (std::uint64_t bound = kSmallWeight; weight >= bound; bound <<= kTierFactorBits) ++tier;
  return tier;
}

IndexView::Segments segments_of_tier(const IndexView& view, unsigned tier) {
  IndexView::Segments segments;
  for (const auto& segment : view.segments()) {
    std::uint64_t weight = weight_of(*segment);
    if (weight <= kMaxMergedWeight && tier_of(weight) == tier) segments.push_back(segment);
  }
  return segments;
}

}  // namespace

IndexView::Segments choose_merge(const IndexView& view, std::uint64_t fresh_weight) {
  IndexView::Segments chosen;
  std::uint64_t weight = fresh_weight;
  for (unsigned tier = 0; tier <= tier_of(weight) && tier <= tier_of(kMaxMergedWeight); ++tier) {
    IndexView::Segments here = segments_of_tier(view, tier);
    bool outgrown = tier < tier_of(weight);
    if (!outgrown && tier > 0 && here.size() + 1 < kTierSegments) break;
    for (auto& segment : here) {
      weight += weight_of(*segment);
      chosen.push_back(std::move(segment));
    }
  }
  return chosen;
}

}  // namespace cowstore::store
