// The entries of several segments as one sorted sequence.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "cowstore/result.hpp"
#include "store/index_view.hpp"
#include "store/object_info.hpp"
#include "store/segment.hpp"

namespace cowstore::store {

/// New entries and segments, merged by id. It can be walked any number of times, which is what a file that is written
/// front to back, counts first, needs. Not thread-safe.
class SegmentMerge {
 public:
  /// Sorts the entries and drops repetitions.
  SegmentMerge(std::vector<SegmentEntry> entries, IndexView::Segments segments);

  /// Every id once, ascending.
  void for_each_id(const std::function<void(const Digest&)>& visit) const;
  /// Every entry, with the place that wins. `source` 0 are the new entries, n the n-th segment; a location's container
  /// is its number in there.
  using Visit = std::function<Result<void>(std::size_t source, const SegmentEntry& entry)>;
  Result<void> for_each_entry(const Visit& visit) const;

 private:
  struct Head {
    Digest id;
    std::size_t source;
    std::uint64_t position;
  };
  template <class Take>
  Result<void> walk(const Take& take) const;
  [[nodiscard]] std::uint64_t size_of(std::size_t source) const;
  [[nodiscard]] Digest id_of(std::size_t source, std::uint64_t position) const;
  [[nodiscard]] Result<SegmentEntry> entry_of(std::size_t source, std::uint64_t position) const;
  std::vector<SegmentEntry> entries_;
  IndexView::Segments segments_;
};

}  // namespace cowstore::store
