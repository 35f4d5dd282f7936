// Encoding of a segment's header and records; their layout stands in segment.hpp.
#pragma once

#include "base/bytes.hpp"
#include "base/coding.hpp"
#include "cowstore/result.hpp"
#include "store/object_info.hpp"
#include "store/segment.hpp"

namespace cowstore::store {

Bytes encode_segment_header(const SegmentLayout& layout);
void encode_container(const ContainerRecord& record, base::Writer& out);
void encode_location(const Location& location, base::Writer& out);

/// Decoders take exactly the bytes of the thing. kCorrupt without a place, since the caller knows it; kUnsupported for
/// versions and flags that this reader doesn't know. A header's tables can't be larger than memory could address.
Result<SegmentLayout> decode_segment_header(ByteView bytes);
Result<ContainerRecord> decode_container(ByteView bytes);
/// `containers` is how many the segment has.
Result<Location> decode_location(ByteView bytes, std::uint32_t containers);

}  // namespace cowstore::store
