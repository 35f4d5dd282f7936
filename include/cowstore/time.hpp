// A point in time as file systems record it.
#pragma once

#include <compare>
#include <cstdint>

namespace cowstore {

/// Since 1970-01-01T00:00:00Z; before it `seconds` is negative and `nanoseconds` still counts forward (0 to
/// 999,999,999).
struct Timestamp {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const Timestamp&) const = default;
};

}  // namespace cowstore
