#include <charconv>
#include <cstdio>

#include "object/commit.hpp"

namespace cowstore::object {

namespace {

constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::int64_t kFirstDay = -719528;  // 0000-01-01
constexpr std::int64_t kLastDay = 2932896;   // 9999-12-31
constexpr std::size_t kTextSize = 35;

struct Date {
  int year = 0;
  int month = 1;
  int day = 1;
  bool operator==(const Date&) const = default;
};

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that the leap day is
/// last.
std::int64_t days_from_date(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

Date date_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

/// Reads fields of fixed width from the front of a text; `good` turns false at the first that isn't there.
struct Fields {
  std::string_view rest;
  bool good = true;

  int number(std::size_t digits, int max) {
    int value = 0;
    for (char c : rest.substr(0, digits)) {
      const bool digit = c >= '0' && c <= '9';
      good = good && digit;
      value = value * 10 + (digit ? c - '0' : 0);
    }
    good = good && value <= max;
    rest.remove_prefix(digits);
    return value;
  }
  char one_of(std::string_view allowed) {
    char c = rest.front();
    if (allowed.find(c) == std::string_view::npos) good = false;
    rest.remove_prefix(1);
    return c;
  }
};

}  // namespace

std::optional<std::string> format_time(const ZonedTime& time) {
  const int offset = time.utc_offset_minutes;
  if (offset <= -24 * 60 || offset >= 24 * 60 || time.at.nanoseconds >= 1'000'000'000) return std::nullopt;
  // First far from overflow, so that the offset can be added.
  if (time.at.seconds < (kFirstDay - 2) * kSecondsPerDay || time.at.seconds > (kLastDay + 2) * kSecondsPerDay)
    return std::nullopt;
  const std::int64_t local = time.at.seconds + offset * 60;
  const std::int64_t days = (local >= 0 ? local : local - kSecondsPerDay + 1) / kSecondsPerDay;
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  const Date date = date_from_days(days);
  const int second = static_cast<int>(local - days * kSecondsPerDay);
  const int minutes = offset < 0 ? -offset : offset;
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09u%c%02d:%02d", date.year, date.month, date.day,
                second / 3600, second / 60 % 60, second % 60, time.at.nanoseconds, offset < 0 ? '-' : '+', minutes / 60,
                minutes % 60);
  return std::string(text);
}

std::optional<ZonedTime> parse_time(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Fields in{text};
  Date date;
  date.year = in.number(4, 9999);
  in.one_of("-");
  date.month = in.number(2, 12);
  in.one_of("-");
  date.day = in.number(2, 31);
  in.one_of("T");
  std::int64_t seconds = in.number(2, 23) * 3600;
  in.one_of(":");
  seconds += in.number(2, 59) * 60;
  in.one_of(":");
  seconds += in.number(2, 59);
  in.one_of(".");
  const int nanoseconds = in.number(9, 999'999'999);
  const bool west = in.one_of("+-") == '-';
  int offset = in.number(2, 23) * 60;
  in.one_of(":");
  offset += in.number(2, 59);
  if (!in.good || date.month == 0 || date.day == 0 || (west && offset == 0)) return std::nullopt;
  const std::int64_t days = days_from_date(date);
  if (date_from_days(days) != date) return std::nullopt;  // the 30th of February
  if (west) offset = -offset;
  return ZonedTime{{days * kSecondsPerDay + seconds - offset * 60, static_cast<std::uint32_t>(nanoseconds)}, offset};
}

}  // namespace cowstore::object
