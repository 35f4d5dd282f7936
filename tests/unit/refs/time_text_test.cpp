#include "refs/time_text.hpp"

#include <gtest/gtest.h>

#include "object/commit.hpp"

namespace cowstore::refs {
namespace {

constexpr int kOffset = 60;

/// 2026-03-31 10:20:30 +01:00
Timestamp now() {
  return object::parse_time("2026-03-31T10:20:30.500000000+01:00")->at;
}

std::string parsed(std::string_view text) {
  const auto time = parse_time_text(text, now(), kOffset);
  if (time) return *object::format_time({*time, kOffset});
  EXPECT_EQ(time.error().code, ErrorCode::kUsage);
  EXPECT_FALSE(time.error().hint.empty());
  return "refused";
}

TEST(TimeText, RelativeTimesCountFromNow) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"now", "2026-03-31T10:20:30.500000000+01:00"},
      {"yesterday", "2026-03-30T10:20:30.500000000+01:00"},
      {"today", "2026-03-31T00:00:00.000000000+01:00"},
      {"1 second ago", "2026-03-31T10:20:29.500000000+01:00"},
      {"90 minutes ago", "2026-03-31T08:50:30.500000000+01:00"},
      {"an hour ago", "2026-03-31T09:20:30.500000000+01:00"},
      {"3 days ago", "2026-03-28T10:20:30.500000000+01:00"},
      {"3.days.ago", "2026-03-28T10:20:30.500000000+01:00"},
      {"a week ago", "2026-03-24T10:20:30.500000000+01:00"},
      {"0 days ago", "2026-03-31T10:20:30.500000000+01:00"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(parsed(text), expected) << text;
}

TEST(TimeText, MonthsAndYearsGoByTheCalendar) {
  EXPECT_EQ(parsed("1 month ago"), "2026-02-28T10:20:30.500000000+01:00");
  EXPECT_EQ(parsed("3 months ago"), "2025-12-31T10:20:30.500000000+01:00");
  EXPECT_EQ(parsed("25 months ago"), "2024-02-29T10:20:30.500000000+01:00");
  EXPECT_EQ(parsed("2 years ago"), "2024-03-31T10:20:30.500000000+01:00");
}

TEST(TimeText, AbsoluteTimesAreInTheUsersZoneUnlessTheyNameOne) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"2026-11-20", "2026-11-20T00:00:00.000000000+01:00"},
      {"2026-11-20 10:00", "2026-11-20T10:00:00.000000000+01:00"},
      {"2026-11-20T10:00:59", "2026-11-20T10:00:59.000000000+01:00"},
      {"2026-11-20 10:00Z", "2026-11-20T11:00:00.000000000+01:00"},
      {"2026-11-20T10:00:00-05:30", "2026-11-20T16:30:00.000000000+01:00"},
      {"2026-11-20 10:00+0200", "2026-11-20T09:00:00.000000000+01:00"},
      {"1960-02-29", "1960-02-29T00:00:00.000000000+01:00"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(parsed(text), expected) << text;
}

TEST(TimeText, AnythingElseIsRefused) {
  for (const char* text : {"",
                           " ",
                           "tomorrow",
                           "3 days",
                           "days ago",
                           "3 fortnights ago",
                           "-3 days ago",
                           "x days ago",
                           "3 days ago now",
                           "99999999999999999999 days ago",
                           "2026",
                           "2026-11",
                           "2026-13-01",
                           "2026-02-29",
                           "2026-11-31",
                           "2026-00-10",
                           "2026-11-20 ",
                           "2026-11-20 10",
                           "2026-11-20 24:00",
                           "2026-11-20 10:60",
                           "2026-11-20 10:00 x",
                           "2026-11-20 10:00+1",
                           "20261120",
                           "2026/11/20",
                           "1000000 years ago"})
    EXPECT_EQ(parsed(text), "refused") << text;
}

}  // namespace
}  // namespace cowstore::refs
