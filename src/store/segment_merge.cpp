#include "store/segment_merge.hpp"

#include <algorithm>
#include <queue>

#include "base/try.hpp"

namespace cowstore::store {

namespace {

/// As a number that is ordered as the bytes are.
std::uint64_t first_bytes(const Digest& id) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | id.bytes[i];
  return value;
}

}  // namespace

SegmentMerge::SegmentMerge(std::vector<SegmentEntry> entries, IndexView::Segments segments)
    : entries_(std::move(entries)), segments_(std::move(segments)) {
  // The first bytes decide between all but copies.
  auto by_id = [](const SegmentEntry& a, const SegmentEntry& b) {
    const std::uint64_t first_a = first_bytes(a.id), first_b = first_bytes(b.id);
    return first_a != first_b ? first_a < first_b : a.id < b.id;
  };
  auto same_id = [](const SegmentEntry& a, const SegmentEntry& b) { return a.id == b.id; };
  std::sort(entries_.begin(), entries_.end(), by_id);
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same_id), entries_.end());
}

std::uint64_t SegmentMerge::size_of(std::size_t source) const {
  return source == 0 ? entries_.size() : segments_[source - 1]->size();
}

Digest SegmentMerge::id_of(std::size_t source, std::uint64_t position) const {
  return source == 0 ? entries_[position].id : segments_[source - 1]->id(position);
}

Result<SegmentEntry> SegmentMerge::entry_of(std::size_t source, std::uint64_t position) const {
  if (source == 0) return entries_[position];
  return segments_[source - 1]->entry(position);
}

template <class Take>
Result<void> SegmentMerge::walk(const Take& take) const {
  if (segments_.empty()) {
    for (std::uint64_t position = 0; position < entries_.size(); ++position) {
      COWSTORE_TRY(take(Head{entries_[position].id, 0, position}));
    }
    return {};
  }
  auto later = [](const Head& a, const Head& b) { return a.id != b.id ? a.id > b.id : a.source > b.source; };
  std::priority_queue<Head, std::vector<Head>, decltype(later)> heads(later);
  for (std::size_t source = 0; source <= segments_.size(); ++source) {
    if (size_of(source) > 0) heads.push({id_of(source, 0), source, 0});
  }
  std::optional<Digest> last;
  while (!heads.empty()) {
    Head head = heads.top();
    heads.pop();
    if (head.id != last) COWSTORE_TRY(take(head));
    last = head.id;
    if (++head.position == size_of(head.source)) continue;
    head.id = id_of(head.source, head.position);
    heads.push(head);
  }
  return {};
}

void SegmentMerge::for_each_id(const std::function<void(const Digest&)>& visit) const {
  (void)walk([&](const Head& head) -> Result<void> {
    visit(head.id);
    return {};
  });
}

Result<void> SegmentMerge::for_each_entry(const Visit& visit) const {
  return walk([&](const Head& head) -> Result<void> {
    return visit(head.source, COWSTORE_TRY(entry_of(head.source, head.position)));
  });
}

}  // namespace cowstore::store
