#include "cli/rfc3339.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace cowstore::cli {

namespace {

struct Civil {
  std::int64_t year;
  unsigned month, day, hour, minute, second;
};

/// The proleptic Gregorian calendar. std::chrono's ends with the year 32767, a file system's times don't.
/// After Howard Hinnant's days_from_civil: eras of 400 years that begin in March, so that the leap day comes last.
Civil civil(std::int64_t seconds) {
  constexpr std::int64_t kDay = 86400;
  std::int64_t days = seconds / kDay - (seconds % kDay < 0 ? 1 : 0);
  auto in_day = static_cast<unsigned>((seconds % kDay + kDay) % kDay);
  days += 719468;  // from 0000-03-01 to 1970-01-01
  std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  auto day_of_era = static_cast<unsigned>(days - era * 146097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned from_march = (5 * day_of_year + 2) / 153;
  unsigned month = from_march < 10 ? from_march + 3 : from_march - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0),
          month,
          day_of_year - (153 * from_march + 2) / 5 + 1,
          in_day / 3600,
          in_day / 60 % 60,
          in_day % 60};
}

/// Local time, without overflow at the ends of the range.
Civil local(Timestamp time, int utc_offset_minutes) {
  std::int64_t shifted = 0;
  if (__builtin_add_overflow(time.seconds, std::int64_t{utc_offset_minutes} * 60, &shifted)) shifted = time.seconds;
  return civil(shifted);
}

std::string year_text(std::int64_t year) {
  if (year >= 0 && year <= 9999) return fmt::format("{:04}", year);
  return fmt::format("{:+05}", year);
}

}  // namespace

std::string rfc3339(Timestamp time, int utc_offset_minutes) {
  Civil at = local(time, utc_offset_minutes);
  int offset = std::abs(utc_offset_minutes);
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}{}{:02}:{:02}", year_text(at.year), at.month, at.day,
                     at.hour, at.minute, at.second, time.nanoseconds, utc_offset_minutes < 0 ? '-' : '+', offset / 60,
                     offset % 60);
}

std::string readable_time(Timestamp time, int utc_offset_minutes) {
  Civil at = local(time, utc_offset_minutes);
  int offset = std::abs(utc_offset_minutes);
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02} {}{:02}{:02}", year_text(at.year), at.month, at.day, at.hour,
                     at.minute, at.second, utc_offset_minutes < 0 ? '-' : '+', offset / 60, offset % 60);
}

}  // namespace cowstore::cli
