#include "cli/rfc3339.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cowstore::test {
namespace {

using cli::readable_time;
using cli::rfc3339;

TEST(Rfc3339, AlwaysHasNineDigitsAndAnOffset) {
  EXPECT_EQ(rfc3339({0, 0}, 0), "1970-01-01T00:00:00.000000000+00:00");
  EXPECT_EQ(rfc3339({1700000000, 42}, 60), "2023-11-14T23:13:20.000000042+01:00");
  EXPECT_EQ(rfc3339({1700000000, 999999999}, -570), "2023-11-14T12:43:20.999999999-09:30");
}

TEST(Rfc3339, CountsBackwardsBefore1970) {
  EXPECT_EQ(rfc3339({-1, 1}, 0), "1969-12-31T23:59:59.000000001+00:00");
  EXPECT_EQ(rfc3339({-2208988800, 0}, 0), "1900-01-01T00:00:00.000000000+00:00");
}

TEST(Rfc3339, KnowsLeapYears) {
  EXPECT_EQ(rfc3339({951782400, 0}, 0), "2000-02-29T00:00:00.000000000+00:00");
  EXPECT_EQ(rfc3339({4107542400, 0}, 0), "2100-03-01T00:00:00.000000000+00:00");
  EXPECT_EQ(rfc3339({1709164800, 0}, 0), "2024-02-29T00:00:00.000000000+00:00");
}

TEST(Rfc3339, LocalDatesDifferFromUtc) {
  EXPECT_EQ(rfc3339({-1, 0}, 1), "1970-01-01T00:00:59.000000000+00:01");
  EXPECT_EQ(rfc3339({0, 0}, -1), "1969-12-31T23:59:00.000000000-00:01");
}

TEST(Rfc3339, YearsOfFiveDigitsHaveASign) {
  EXPECT_EQ(rfc3339({253402300799, 0}, 0), "9999-12-31T23:59:59.000000000+00:00");
  EXPECT_EQ(rfc3339({253402300800, 0}, 0), "+10000-01-01T00:00:00.000000000+00:00");
  EXPECT_EQ(rfc3339({-62167219201, 0}, 0), "-0001-12-31T23:59:59.000000000+00:00");
}

TEST(Rfc3339, EndsOfTheRangeAreTimesToo) {
  EXPECT_TRUE(rfc3339({std::numeric_limits<std::int64_t>::max(), 0}, 60).starts_with("+292277026596-12-04"));
  EXPECT_TRUE(rfc3339({std::numeric_limits<std::int64_t>::min(), 0}, -60).starts_with("-292277022657-01-27"));
}

TEST(Rfc3339, PeopleGetSeconds) {
  EXPECT_EQ(readable_time({1700000000, 42}, -60), "2023-11-14 21:13:20 -0100");
}

}  // namespace
}  // namespace cowstore::test
