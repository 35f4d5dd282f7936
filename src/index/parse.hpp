// Checks an index before anybody looks into it, so that everything behind it can rely on the layout. Private to the
// module.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"

namespace cowstore::index {

/// Pointers and views are into the bytes that were parsed.
struct Sections {
  std::string_view boot_id;
  std::size_t directory_count = 0;
  std::size_t entry_count = 0;
  const std::uint8_t* directories = nullptr;
  const std::uint8_t* entries = nullptr;
  ByteView heap;
};

/// The size that the file must have by its header, of which layout::kHeaderBytes are given. Errors as below.
Result<std::uint64_t> index_size(ByteView header);

/// kUnsupported for another version or unknown flags, kCorrupt for a wrong size or checksum, and, since a checksum
/// proves no good intentions, for records that point outside, are out of order or hold what can't be.
Result<Sections> parse_index(ByteView bytes);

}  // namespace cowstore::index
