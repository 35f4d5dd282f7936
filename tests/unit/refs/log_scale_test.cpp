// A long log and many refs: what it costs is counted in bytes, never in time.
#include <gtest/gtest.h>

#include "refs/record_body.hpp"
#include "support/fault_observer.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::CountCalls;
using cowstore::test::ScopedObserver;
using test::set_branch;

constexpr int kOperations = COWSTORE_SOAK != 0 ? 100'000 : 20'000;
constexpr int kRefs = 10'000;

class LogScaleTest : public test::LogTest {
 protected:
  /// One branch that moves `count` times.
  static void move(OperationLog& log, int from, int count) {
    for (int i = from; i < from + count; ++i) {
      const auto before = i == 0 ? std::nullopt : std::optional(std::to_string(i));
      ASSERT_TRUE(log.append(set_branch("main", before, std::to_string(i + 1))).ok());
    }
  }

  std::uint64_t bytes_read_at_open() {
    CountCalls calls;
    const ScopedObserver watching(calls);
    OperationLog log = open();
    return calls.bytes_read();
  }
};

TEST_F(LogScaleTest, OpeningALongLogReadsAsLittleAsAShortOne) {
  OperationLog log = open();
  move(log, 0, 1000);
  // The window that the last record is looked for in, and 64 records since the last full view.
  constexpr std::uint64_t kBound = 200 * kBlock;
  EXPECT_LE(bytes_read_at_open(), kBound);
  move(log, 1000, kOperations - 1000);
  std::uint64_t most = 0;
  for (int i = 0; i < 140; ++i) {
    most = std::max(most, bytes_read_at_open());
    move(log, kOperations + i, 1);
  }
  EXPECT_LE(most, kBound);
  EXPECT_EQ((*open().current())->operations, static_cast<std::uint64_t>(kOperations + 140));
}

TEST_F(LogScaleTest, ManyRefsAreReadOnceAndAnOperationCostsWhatItChanges) {
  NewOperation operation;
  for (int i = 0; i < kRefs; ++i)
    operation.changes.push_back({branch_key("feature/" + std::to_string(i)), std::nullopt, std::string(64, 'a')});
  OperationLog log = open();
  append(log, operation);
  const std::uint64_t view_bytes = encode_view((*log.current())->view).size();

  constexpr int kMoves = 3000;
  std::uint64_t most_read = 0;
  CountCalls calls;
  for (int i = 0; i < kMoves; i += 100) {
    {
      const ScopedObserver watching(calls);
      move(log, i, 100);
    }
    most_read = std::max(most_read, bytes_read_at_open());
  }
  EXPECT_LE(most_read, 4 * view_bytes);
  // Two blocks an operation, and as much again at most for full views.
  EXPECT_LE(calls.bytes_written(), 2 * kMoves * 2 * kBlock + 3 * view_bytes);
  EXPECT_EQ((*open().current())->view.size(), kRefs + 1u);
}

TEST_F(LogScaleTest, AnOperationByItsPlaceReadsOnlyHeadersOnTheWay) {
  OperationLog log = open();
  move(log, 0, 3000);
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    ASSERT_EQ(log.find("@~2500")->number, 500u);
  }
  EXPECT_LE(calls.count(sys::Call::kRead), 2600u);
}

}  // namespace
}  // namespace cowstore::refs
