// Many writers and readers at once, threads and processes.
#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <set>
#include <thread>

#include "support/run_child.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::Child;
using test::set_branch;

constexpr int kWriters = 4;
constexpr int kEach = 60;

/// Appends until its own operation counts one up, as often as somebody else was faster. False on any other error.
bool count_up(OperationLog& log, const std::string& who, int* conflicts) {
  for (;;) {
    const auto state = log.current();
    if (!state) return false;
    const auto present = (*state)->view.get("branches/counter");
    NewOperation operation = set_branch("counter", present, std::to_string(present ? std::stoi(*present) + 1 : 1));
    operation.command = who;
    const auto done = log.append(operation);
    if (done) return true;
    if (done.error().code != ErrorCode::kConflict) return false;
    ++*conflicts;
  }
}

bool write_all(const std::string& path, const std::string& who, int count = kEach) {
  auto dir = sys::Dir::open(path);
  if (!dir) return false;
  auto log = OperationLog::open(std::move(*dir));
  int conflicts = 0;
  for (int i = 0; i < count; ++i)
    if (!log || !count_up(*log, who + " " + std::to_string(i), &conflicts)) return false;
  return true;
}

class LogConcurrencyTest : public test::LogTest {
 protected:
  /// Every operation of every writer is there once, in one chain, and the counter counted them all.
  void expect_all() {
    OperationLog log = open();
    EXPECT_EQ(operations(log), static_cast<std::uint64_t>(kWriters * kEach));
    EXPECT_EQ((*log.current())->view.get("branches/counter"), std::to_string(kWriters * kEach));
    std::set<std::string> commands;
    const auto history = *log.newest(10'000);
    for (const Operation& operation : history) commands.insert(operation.command);
    EXPECT_EQ(commands.size(), static_cast<std::size_t>(kWriters * kEach));
    const auto check = log.verify();
    ASSERT_TRUE(check.ok());
    EXPECT_TRUE(check->notes.empty());
  }
};

TEST_F(LogConcurrencyTest, ThreadsWithLogsOfTheirOwnLoseNothing) {
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      if (!write_all(dir_.path(), "thread " + std::to_string(writer))) ++failures;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  expect_all();
}

TEST_F(LogConcurrencyTest, ProcessesLoseNothingAndAReaderSeesOnlyPrefixesThatGrow) {
  OperationLog reader = open();
  std::deque<Child> children;
  for (int writer = 0; writer < kWriters; ++writer)
    children.emplace_back([&, writer] { return write_all(dir_.path(), "process " + std::to_string(writer)) ? 0 : 1; });
  std::uint64_t last = 0;
  while (last < kWriters * kEach) {
    const auto state = reader.current();
    ASSERT_TRUE(state.ok()) << state.error().message();
    ASSERT_GE((*state)->operations, last);
    last = (*state)->operations;
    if (last > 0) {
      ASSERT_EQ((*state)->view.get("branches/counter"), std::to_string(last));
    }
    const auto fresh = OperationLog::open(dir_.open());
    ASSERT_TRUE(fresh.ok()) << fresh.error().message();
  }
  for (Child& child : children) EXPECT_EQ(child.wait().status, 0);
  expect_all();
}

TEST_F(LogConcurrencyTest, ReadersSeeOneCompleteStateWhileWritersAreKilled) {
  OperationLog reader = open();
  std::uint64_t last = 0;
  for (int round = 0; round < 20; ++round) {
    Child writer([&] { return write_all(dir_.path(), "endless", std::numeric_limits<int>::max()) ? 0 : 1; });
    const std::uint64_t until = last + 1 + static_cast<std::uint64_t>(round % 3);
    while (last < until) {
      const auto state = reader.current();
      ASSERT_TRUE(state.ok()) << state.error().message();
      last = (*state)->operations;
      if (last > 0) {
        ASSERT_EQ((*state)->view.get("branches/counter"), std::to_string(last));
      }
    }
    writer.kill();
    EXPECT_TRUE(writer.wait().killed());
    last = operations(reader);
  }
  OperationLog log = open();
  EXPECT_TRUE(log.verify()->intact());
}

}  // namespace
}  // namespace cowstore::refs
