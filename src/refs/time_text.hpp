// Points in time as people write them.
#pragma once

#include <string_view>

#include "cowstore/result.hpp"
#include "cowstore/time.hpp"

namespace cowstore::refs {

/// Relative to `now`: now, yesterday (24 hours ago), today (its midnight), `N UNIT ago` with second, minute, hour, day,
/// week, month or year, singular or plural, `a`/`an` for 1, dots or spaces between the words; months and years go by
/// the calendar. Absolute: YYYY-MM-DD (midnight), YYYY-MM-DD HH:MM or with 'T', with :SS, with Z or ±HH:MM; without a
/// zone, in `utc_offset_minutes`. kUsage for anything else.
Result<Timestamp> parse_time_text(std::string_view text, Timestamp now, int utc_offset_minutes);

}  // namespace cowstore::refs
