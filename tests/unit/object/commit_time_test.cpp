#include <random>

#include "object/commit.hpp"

namespace cowstore::object {
namespace {

TEST(CommitTime, IsWrittenWithNineDigitsAndOffset) {
  EXPECT_EQ(format_time({{1795356949, 123456789}, 60}), "2026-11-22T15:15:49.123456789+01:00");
  EXPECT_EQ(format_time({{0, 0}, 0}), "1970-01-01T00:00:00.000000000+00:00");
  EXPECT_EQ(format_time({{-1, 999999999}, -210}), "1969-12-31T20:29:59.999999999-03:30");
  EXPECT_EQ(format_time({{951782400, 0}, 0}), "2000-02-29T00:00:00.000000000+00:00");
}

TEST(CommitTime, ComesBack) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    auto seconds = static_cast<std::int64_t>(random() % 315'000'000'000) - 62'000'000'000;
    ZonedTime time{{seconds, static_cast<std::uint32_t>(random() % 1'000'000'000)},
                   static_cast<int>(random() % 2879) - 1439};
    auto text = format_time(time);
    ASSERT_TRUE(text.has_value());
    ASSERT_EQ(parse_time(*text), time) << *text;
  }
}

TEST(CommitTime, YearsRunFrom0To9999) {
  for (const char* text : {"0000-01-01T00:00:00.000000000+00:00", "9999-12-31T23:59:59.999999999-23:59",
                           "0000-02-29T12:00:00.000000000+23:59"}) {
    auto time = parse_time(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(format_time(*time), text);
  }
  ZonedTime last = *parse_time("9999-12-31T23:59:59.999999999+00:00");
  ++last.at.seconds;
  EXPECT_EQ(format_time(last), std::nullopt);
  last.utc_offset_minutes = -1;  // still 9999 there
  EXPECT_NE(format_time(last), std::nullopt);
  for (std::int64_t seconds : {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(format_time({{seconds, 0}, 60}), std::nullopt);
  }
  EXPECT_EQ(format_time({{0, 1'000'000'000}, 0}), std::nullopt);
  EXPECT_EQ(format_time({{0, 0}, 24 * 60}), std::nullopt);
}

TEST(CommitTime, AnyOtherFormIsRefused) {
  for (const char* text : {"",
                           "2026-11-22",
                           "2026-11-22T15:16:49+01:00",
                           "2026-11-22T15:16:49.123456789Z",
                           "2026-11-22 15:16:49.123456789+01:00",
                           "2026-13-22T15:16:49.123456789+01:00",
                           "2026-00-22T15:16:49.123456789+01:00",
                           "2026-02-29T15:16:49.123456789+01:00",
                           "2026-11-31T15:16:49.123456789+01:00",
                           "2026-11-00T15:16:49.123456789+01:00",
                           "2026-11-22T24:16:49.123456789+01:00",
                           "2026-11-22T15:60:49.123456789+01:00",
                           "2026-11-22T15:16:60.123456789+01:00",
                           "2026-11-22T15:16:49.12345678x+01:00",
                           "2026-11-22T15:16:49.123456789+24:00",
                           "2026-11-22T15:16:49.123456789+01:60",
                           "2026-11-22T15:16:49.123456789-00:00",
                           "2026-11-22T15:16:49.123456789+0100 ",
                           "-026-11-22T15:16:49.123456789+01:00",
                           "2026-11-22t15:16:49.123456789+01:00"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cowstore::object
