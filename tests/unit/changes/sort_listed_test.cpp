#include "changes/sort_listed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace cowstore::changes {
namespace {

std::vector<std::string> sorted(const std::vector<std::string>& names) {
  std::vector<sys::ListedEntry> listed;
  for (const std::string& name : names) listed.push_back({name, true, sys::FileKind::kFifo});
  sort_by_name(listed);
  std::vector<std::string> result;
  for (const sys::ListedEntry& entry : listed) {
    EXPECT_EQ(entry.kind, sys::FileKind::kFifo) << "what is said of a name goes with it";
    result.push_back(entry.name);
  }
  return result;
}

TEST(SortListed, OrdersByBytesWithoutSigns) {
  const std::vector<std::string> names = {"b", "\xff", "a", "\x80", "~", "\x01"};
  EXPECT_EQ(sorted(names), (std::vector<std::string>{"\x01", "a", "b", "~", "\x80", "\xff"}));
}

TEST(SortListed, PutsANameBeforeThoseThatItBegins) {
  EXPECT_EQ(sorted({"abc", "ab", "abcdefghij", "abcdefghi", "abc\x01"}),
            (std::vector<std::string>{"ab", "abc", "abc\x01", "abcdefghi", "abcdefghij"}));
}

TEST(SortListed, TellsNamesApartThatDifferLate) {
  const std::string common(200, 'n');
  EXPECT_EQ(sorted({common + "12345678b", common + "x", common + "12345678a", common}),
            (std::vector<std::string>{common, common + "12345678a", common + "12345678b", common + "x"}));
}

TEST(SortListed, MindsNeitherNothingNorOne) {
  EXPECT_EQ(sorted({}), std::vector<std::string>());
  EXPECT_EQ(sorted({"alone"}), std::vector<std::string>{"alone"});
}

TEST(SortListed, AgreesWithAPlainSortOnRandomNames) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> names;
    for (int i = 0; i < 200; ++i) {
      std::string name(1 + random() % 12, 'a');
      for (char& letter : name)
        letter = static_cast<char>(
            "a\xe4"
            "b"[random() % 3]);
      names.push_back(std::move(name));
    }
    std::vector<std::string> expected = names;
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(sorted(names), expected) << round;
  }
}

}  // namespace
}  // namespace cowstore::changes
