// Points in time as text.
#pragma once

#include <string>

#include "cowstore/time.hpp"

namespace cowstore::cli {

/// "2025-11-22T15:26:00.000000042+01:00": always nine digits and an offset. Years outside of 0000 to 9999, which file
/// systems can hold, are written with a sign and more digits as in ISO 8601.
std::string rfc3339(Timestamp time, int utc_offset_minutes);

/// "2025-11-22 15:26:00 +0100", for people.
std::string readable_time(Timestamp time, int utc_offset_minutes);

}  // namespace cowstore::cli
