#include "space/owner_sets.hpp"

#include <gtest/gtest.h>

namespace cowstore::space {
namespace {

TEST(OwnerSets, EqualSetsHaveOneNumberHoweverTheyCameToBe) {
  OwnerSets sets;
  OwnerSet ab = sets.united(sets.of(1), sets.of(2));
  EXPECT_EQ(sets.united(sets.of(2), sets.of(1)), ab);
  EXPECT_EQ(sets.united(ab, sets.of(1)), ab);
  EXPECT_EQ(sets.owners(sets.united(ab, sets.of(0))), (std::vector<Owner>{0, 1, 2}));
}

}  // namespace
}  // namespace cowstore::space
