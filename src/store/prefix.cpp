#include "store/prefix.hpp"

#include <algorithm>
#include <string>

namespace cowstore::store {

namespace {

constexpr std::size_t kDigits = 64;

void collect(const Segment& segment, const IdRange& range, std::optional<ObjectKind> kind, std::size_t limit,
             std::vector<ObjectInfo>& found) {
  std::size_t taken = 0;
  for (std::uint64_t position = segment.lower_bound(range.first); position < segment.size() && taken < limit;
       ++position) {
    auto entry = segment.entry(position);
    if (!entry) continue;
    if (entry->id > range.last) return;
    if (kind && entry->location.kind != *kind) continue;
    found.push_back({entry->id, entry->location.kind, entry->location.length});
    ++taken;
  }
}

}  // namespace

std::optional<IdRange> IdRange::of_prefix(std::string_view hex) {
  if (hex.size() > kDigits) return std::nullopt;
  std::string padding(kDigits - hex.size(), '0');
  auto first = Digest::from_hex(std::string(hex) + padding);
  padding.assign(padding.size(), 'f');
  auto last = Digest::from_hex(std::string(hex) + padding);
  if (!first || !last) return std::nullopt;
  return IdRange{*first, *last};
}

std::vector<ObjectInfo> find_in_range(const IndexView& view, const IdRange& range, std::optional<ObjectKind> kind,
                                      std::size_t limit) {
  std::vector<ObjectInfo> found;
  for (const auto& segment : view.segments()) collect(*segment, range, kind, limit, found);
  auto by_id = [](const ObjectInfo& a, const ObjectInfo& b) { return a.id < b.id; };
  auto same_id = [](const ObjectInfo& a, const ObjectInfo& b) { return a.id == b.id; };
  std::sort(found.begin(), found.end(), by_id);
  found.erase(std::unique(found.begin(), found.end(), same_id), found.end());
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace cowstore::store
