#include "space/ranges.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

namespace cowstore::space {
namespace {

using Row = std::tuple<std::uint64_t, std::uint64_t, std::vector<Owner>, std::uint32_t>;

struct Fixture {
  OwnerSets sets;
  Ranges ranges{sets, 1 << 20};
  void add(Owner owner, std::uint64_t begin, std::uint64_t end, std::uint32_t space = 0) {
    EXPECT_TRUE(ranges.add({space, sets.of(owner), begin, end, 1}));
  }
  std::vector<Row> rows() {
    std::vector<Row> found;
    ranges.for_each([&](const Range& range) {
      found.emplace_back(range.begin, range.end, sets.owners(range.owners), range.references);
    });
    return found;
  }
};

TEST(Ranges, AreCutWhereWhoHasThemChanges) {
  Fixture fixture;
  fixture.add(0, 0, 100);
  fixture.add(1, 40, 60);
  EXPECT_EQ(fixture.rows(), (std::vector<Row>{{0, 40, {0}, 1}, {40, 60, {0, 1}, 2}, {60, 100, {0}, 1}}));
}

TEST(Ranges, NeighboursThatAreAlikeAreOne) {
  Fixture fixture;
  fixture.add(0, 10, 20);
  fixture.add(0, 0, 10);
  fixture.add(0, 30, 40);
  EXPECT_EQ(fixture.rows(), (std::vector<Row>{{0, 20, {0}, 1}, {30, 40, {0}, 1}}));
}

TEST(Ranges, OneOwnerMayReferTwice) {
  Fixture fixture;
  for (int i = 0; i < 3; ++i) fixture.add(0, 0, 10);
  EXPECT_EQ(fixture.rows(), (std::vector<Row>{{0, 10, {0}, 2}})) << "more than two is two";
}

TEST(Ranges, OfDifferentSpacesDoNotMeet) {
  Fixture fixture;
  fixture.add(0, 0, 10, 0);
  fixture.add(1, 0, 10, 1);
  EXPECT_EQ(fixture.rows(), (std::vector<Row>{{0, 10, {0}, 1}, {0, 10, {1}, 1}}));
}

TEST(Ranges, EmptyOnesAreNothing) {
  Fixture fixture;
  fixture.add(0, 5, 5);
  EXPECT_TRUE(fixture.rows().empty());
}

TEST(Ranges, BeyondTheLimitAreRefused) {
  OwnerSets sets;
  Ranges ranges(sets, 10);
  bool refused = false;
  for (std::uint64_t i = 0; i < 1000000 && !refused; ++i) refused = !ranges.add({0, sets.of(0), 2 * i, 2 * i + 1, 1});
  EXPECT_TRUE(refused);
}

TEST(Ranges, AgreeWithCountingEachPlaceWhateverTheOrder) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Fixture fixture;
    std::map<std::uint64_t, std::multiset<Owner>> places;
    for (int i = 0; i < 60; ++i) {
      std::uint64_t begin = random() % 200;
      std::uint64_t end = begin + random() % 40;
      Owner owner = random() % 4;
      fixture.add(owner, begin, end);
      for (std::uint64_t at = begin; at < end; ++at) places[at].insert(owner);
      if (i % 7 == 0) (void)fixture.rows();  // joined in between
    }
    std::map<std::uint64_t, std::multiset<Owner>> found;
    for (const auto& [begin, end, owners, references] : fixture.rows()) {
      for (std::uint64_t at = begin; at < end; ++at) {
        const auto& expected = places[at];
        EXPECT_EQ(std::set<Owner>(expected.begin(), expected.end()), std::set<Owner>(owners.begin(), owners.end()));
        EXPECT_EQ(std::min<std::size_t>(2, expected.size()), references) << "seed " << seed << " at " << at;
        places.erase(at);
      }
    }
    EXPECT_TRUE(places.empty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cowstore::space
