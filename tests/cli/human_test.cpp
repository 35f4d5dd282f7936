#include "cli/human.hpp"

#include <gtest/gtest.h>

namespace cowstore::test {
namespace {

using namespace cowstore::cli;  // the functions under test are all in it

TEST(Human, GroupsDigitsByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(59812), "59,812");
  EXPECT_EQ(grouped(18446744073709551615U), "18,446,744,073,709,551,615");
}

TEST(Human, OneThingIsSingular) {
  EXPECT_EQ(counted(0, "file"), "0 files");
  EXPECT_EQ(counted(1, "file"), "1 file");
  EXPECT_EQ(counted(2000, "file"), "2,000 files");
}

TEST(Human, SizesNeverShowFourDigitsBeforeThePoint) {
  EXPECT_EQ(human_bytes(0), "0 bytes");
  EXPECT_EQ(human_bytes(1), "1 byte");
  EXPECT_EQ(human_bytes(1023), "1,023 bytes");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1048575), "1.0 MiB");
  EXPECT_EQ(human_bytes(3250585), "3.1 MiB");
  EXPECT_EQ(human_bytes(18446744073709551615U), "16.0 EiB");
}

TEST(Human, DurationsHaveHoursOnlyWhenThereAreSome) {
  EXPECT_EQ(human_duration(7), "0:07");
  EXPECT_EQ(human_duration(3599), "59:59");
  EXPECT_EQ(human_duration(3723), "1:02:03");
}

TEST(Human, NamesAreQuotedOnlyWhereTheyMust) {
  EXPECT_EQ(quoted_name("a b/ä.txt"), "a b/ä.txt");
  EXPECT_EQ(quoted_name("a\nb"), "\"a\\nb\"");
  EXPECT_EQ(quoted_name("\xff"), "\"\\xff\"");
  EXPECT_EQ(quoted_name("\033[31m"), "\"\\x1b[31m\"");
  EXPECT_EQ(quoted_name("a\\b"), "\"a\\\\b\"");
  EXPECT_EQ(quoted_name("\"a\""), "\"\\\"a\\\"\"");
}

TEST(Human, LinesKeepOnlyNewlinesOfTheControlCharacters) {
  EXPECT_EQ(printable_lines("a\nb\033[2Jc\x7f"), "a\nb\\x1b[2Jc\\x7f");
}

TEST(Human, WrapsBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 2, 10), "  one two\n  three\n");
  EXPECT_EQ(wrapped("unbreakably-long-word x", 2, 10), "  unbreakably-long-word\n  x\n");
  EXPECT_EQ(wrapped("one\ntwo\n\nthree", 0, 80), "one two\n\nthree\n");
  EXPECT_EQ(wrapped("", 2, 10), "");
}

}  // namespace
}  // namespace cowstore::test
