// Writes a segment: new entries merged with those of older segments.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "store/index_view.hpp"
#include "store/object_info.hpp"
#include "store/segment.hpp"
#include "sys/fd.hpp"

namespace cowstore::store {

struct SegmentContents {
  std::vector<ContainerRecord> containers;  ///< of `entries`; in any order, repetitions are fine
  std::vector<SegmentEntry> entries;        ///< in any order; a location's container is a position in `containers`
  IndexView::Segments merged;               ///< all that they list is listed again
  std::vector<Digest> superseded;           ///< names for the table of superseded segments
};

struct WrittenSegment {
  Digest name;
  std::uint64_t bytes = 0;
};

/// Writes to the empty file, front to back, unsynced. Where several places are known for an id, one of `entries` wins.
/// Containers are listed even when no entry is left that lies in them. Memory, beside the contents: 1.5 bytes for each
/// object of the new segment, and 84 for each container. kCorrupt if a merged segment has impossible records (see
/// Segment::verify()).
Result<WrittenSegment> write_segment(const sys::Fd& file, std::string_view path, SegmentContents contents);

}  // namespace cowstore::store
