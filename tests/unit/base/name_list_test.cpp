#include "base/name_list.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace cowstore::base {
namespace {

TEST(NameList, NamesAllUpToTheLimitInTheirOrder) {
  EXPECT_EQ(name_list({}), "");
  EXPECT_EQ(name_list(std::vector<std::string>{"b"}), "b");
  EXPECT_EQ(name_list(std::vector<std::string>{"b", "a", "c"}, 3), "b, a, c");
}

TEST(NameList, CountsWhatItDoesNotName) {
  EXPECT_EQ(name_list(std::vector<std::string>{"b", "a", "c"}, 2), "b, a and 1 more");
  EXPECT_EQ(name_list(std::vector<std::string>(1000, "x"), 1), "x and 999 more");
}

TEST(NameList, IsShortByDefault) {
  EXPECT_TRUE(name_list(std::vector<std::string>(100000, "x")).ends_with(", x and 99980 more"));
}

}  // namespace
}  // namespace cowstore::base
