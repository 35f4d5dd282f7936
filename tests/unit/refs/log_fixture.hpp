// What the tests of the operation log share: a log in a directory of its own, operations, and damage.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "refs/log_format.hpp"
#include "refs/names.hpp"
#include "refs/operation_log.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::refs::test {

/// One step of one branch.
inline NewOperation set_branch(const std::string& name, std::optional<std::string> from,
                               std::optional<std::string> to) {
  NewOperation operation;
  operation.time = {1'700'000'000, 5};
  operation.utc_offset_minutes = 60;
  operation.user = "ada";
  operation.command = "set " + name;
  operation.worktree = "w1";
  operation.changes = {{branch_key(name), std::move(from), std::move(to)}};
  return operation;
}

/// A new branch that only this number gives.
inline NewOperation numbered(int number) {
  return set_branch("b" + std::to_string(number), std::nullopt, "value " + std::to_string(number));
}

/// In memory where there is such a place: thousands of syncs would make these tests slow, and none of them needs a
/// disk.
inline std::string scratch_place() {
  return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : ::testing::TempDir();
}

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto made = OperationLog::create(dir_.open());
    ASSERT_TRUE(made.ok()) << made.error().message();
  }

  [[nodiscard]] OperationLog open() const {
    auto log = OperationLog::open(dir_.open());
    EXPECT_TRUE(log.ok()) << log.error().message();
    if (!log) std::abort();
    return std::move(*log);
  }
  static Operation append(OperationLog& log, const NewOperation& operation) {
    auto done = log.append(operation);
    EXPECT_TRUE(done.ok()) << done.error().message();
    return done ? *done : Operation{};
  }
  /// `count` branches, b1 and on.
  void fill(int count) const { fill_from(1, count); }
  void fill_from(int first, int last) const {
    OperationLog log = open();
    for (int i = first; i <= last; ++i) append(log, numbered(i));
  }
  static std::uint64_t operations(OperationLog& log) {
    const auto state = log.current();
    EXPECT_TRUE(state.ok()) << state.error().message();
    return state ? (*state)->operations : 0;
  }
  [[nodiscard]] std::string file(std::uint64_t generation = 1) const { return dir_ / generation_name(generation); }
  [[nodiscard]] std::string bytes(std::uint64_t generation = 1) const {
    return cowstore::test::read_file(file(generation));
  }
  void write(const std::string& content, std::uint64_t generation = 1) const {
    cowstore::test::write_file(file(generation), content);
  }

  cowstore::test::TempDir dir_{scratch_place()};
};

/// Operations with nothing behind them.
class MemoryHistory final : public History {
 public:
  explicit MemoryHistory(std::vector<Operation> newest_first) : operations_(std::move(newest_first)) {}
  Result<void> newest_first(const OperationVisitor& visit) override {
    for (const Operation& operation : operations_) {
      ++visited;
      if (visit(operation) == Walk::kStop) break;
    }
    return {};
  }
  int visited = 0;

 private:
  std::vector<Operation> operations_;
};

}  // namespace cowstore::refs::test
