#include "refs/log_walk.hpp"

#include <gtest/gtest.h>

#include "support/fault_observer.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::FailNth;
using cowstore::test::ScopedObserver;
using test::numbered;

class LogWalkTest : public test::LogTest {
 protected:
  /// Appends with a failing sync: the operation goes into the next generation.
  void append_to_next_generation(int number) {
    OperationLog log = open();
    FailNth fault(2, EIO, {sys::Call::kSync});
    const ScopedObserver failing(fault);
    append(log, numbered(number));
  }
};

TEST_F(LogWalkTest, OnlyLogsOfTenDigitsAreGenerations) {
  for (const char* name : {"lock", "new-1", "1.log", "0000000003.log", "0000000002.log.bak"})
    cowstore::test::write_file(dir_ / name, "");
  EXPECT_EQ(*list_generations(dir_.open()), (std::vector<std::uint64_t>{1, 3}));
}

TEST_F(LogWalkTest, TheWalkCrossesGenerationsAndEndsAtTheFirstOperation) {
  fill(2);
  append_to_next_generation(3);
  append_to_next_generation(4);
  OperationLog log = open();
  ASSERT_TRUE(cowstore::test::exists(file(3)));
  std::vector<std::uint64_t> numbers;
  const auto history = *log.newest(10);
  for (const Operation& operation : history) numbers.push_back(operation.number);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{4, 3, 2, 1}));
}

TEST_F(LogWalkTest, AMissingGenerationIsAnErrorNotTheEnd) {
  fill(2);
  append_to_next_generation(3);
  cowstore::test::remove_path(file(1));
  OperationLog log = open();
  EXPECT_EQ(operations(log), 3u);
  EXPECT_EQ(log.newest(1)->size(), 1u);
  EXPECT_FALSE(log.newest(2).ok());
}

TEST_F(LogWalkTest, AGenerationWithAnotherHistoryIsRefused) {
  fill(2);
  append_to_next_generation(3);
  cowstore::test::remove_path(file(1));
  const std::string newest = bytes(2);
  cowstore::test::rename_path(file(2), dir_ / "aside");
  ASSERT_TRUE(OperationLog::create(dir_.open()).ok());
  OperationLog other = open();
  append(other, numbered(8));
  append(other, numbered(9));
  cowstore::test::rename_path(dir_ / "aside", file(2));
  OperationLog log = open();
  EXPECT_EQ(log.newest(10).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cowstore::refs
