#include "refs/log_notes.hpp"

#include <gtest/gtest.h>

namespace cowstore::refs {
namespace {

const LogNote kTorn{LogNote::Kind::kTornTail, "0000000001.log", 100, "torn"};
const LogNote kCopy{LogNote::Kind::kDamagedCopy, "0000000001.log", 100, "damaged"};

TEST(LogNotes, TheSameFindingIsKeptOnce) {
  LogNotes notes;
  notes.add(kTorn);
  notes.add(kCopy);
  notes.add(kTorn);
  EXPECT_EQ(notes.all(), (std::vector<LogNote>{kTorn, kCopy}));
}

TEST(LogNotes, FindingsOfOneKindCanBeDropped) {
  LogNotes notes;
  notes.add(kTorn);
  notes.add(kCopy);
  notes.drop(LogNote::Kind::kTornTail);
  EXPECT_EQ(notes.all(), std::vector<LogNote>{kCopy});
  notes.clear();
  EXPECT_TRUE(notes.all().empty());
}

TEST(LogCheck, ATornTailIsNoDamage) {
  LogCheck check;
  EXPECT_TRUE(check.intact());
  check.notes.push_back(kTorn);
  EXPECT_TRUE(check.intact());
  check.notes.push_back(kCopy);
  EXPECT_FALSE(check.intact());
}

}  // namespace
}  // namespace cowstore::refs
