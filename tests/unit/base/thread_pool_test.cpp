#include "base/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <latch>
#include <memory>
#include <set>
#include <string>

namespace cowstore::base {
namespace {

Error failure(std::string reason) {
  return {ErrorCode::kOther, 0, "", "", std::move(reason), ""};
}

TEST(ThreadPool, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 1000; ++i) pool.submit([&] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(ThreadPool, RunsTasksAtTheSameTime) {
  ThreadPool pool(4);
  std::barrier all(4);
  TaskGroup group(pool);
  // Each waits for the three others: with fewer threads at work this never ends.
  for (int i = 0; i < 4; ++i) {
    group.add([&]() -> Result<void> {
      all.arrive_and_wait();
      return {};
    });
  }
  EXPECT_TRUE(group.wait().ok());
  EXPECT_EQ(pool.size(), 4U);
}

TEST(ThreadPool, HasAtLeastOneThread) {
  ThreadPool pool(0);
  EXPECT_EQ(pool.size(), 1U);
  std::latch ran(1);
  pool.submit([&] { ran.count_down(); });
  ran.wait();
}

TEST(ThreadPool, RunsWhatATaskSubmitsWhileThePoolEnds) {
  std::atomic<bool> ran{false};
  {
    ThreadPool pool(2);
    pool.submit([&] { pool.submit([&] { ran = true; }); });
  }
  EXPECT_TRUE(ran);
}

TEST(ThreadPool, RunsWhatIsNextBeforeWhatWaits) {
  std::string order;
  {
    ThreadPool pool(1);
    std::latch submitted(1);
    pool.submit([&] { submitted.wait(); });
    pool.submit([&] { order += 'a'; });
    pool.submit([&] { order += 'b'; });
    pool.submit([&] { order += '1'; }, Turn::kNext);
    submitted.count_down();
  }
  EXPECT_EQ(order, "1ab");
}

TEST(TaskGroup, WaitsForAllItsTasks) {
  ThreadPool pool(4);
  std::atomic<int> ran{0};
  TaskGroup group(pool);
  for (int i = 0; i < 500; ++i) {
    group.add([&]() -> Result<void> {
      ++ran;
      return {};
    });
  }
  EXPECT_TRUE(group.wait().ok());
  EXPECT_EQ(ran, 500);
  EXPECT_FALSE(group.failed());
}

TEST(TaskGroup, AnEmptyGroupIsDone) {
  ThreadPool pool(1);
  EXPECT_TRUE(TaskGroup(pool).wait().ok());
}

TEST(TaskGroup, TheFirstErrorWins) {
  ThreadPool pool(1);  // one thread: tasks run in order
  TaskGroup group(pool);
  group.add([]() -> Result<void> { return {}; });
  group.add([]() -> Result<void> { return failure("first"); });
  group.add([]() -> Result<void> { return failure("second"); });
  auto result = group.wait();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, "first");
  EXPECT_TRUE(group.failed());
}

TEST(TaskGroup, AfterAnErrorWhatHasNotBegunIsSkipped) {
  ThreadPool pool(1);
  std::latch go(1);
  std::atomic<int> ran{0};
  TaskGroup group(pool);
  group.add([&]() -> Result<void> {
    go.wait();
    return failure("stop");
  });
  for (int i = 0; i < 100; ++i) {
    group.add([&]() -> Result<void> {
      ++ran;
      return {};
    });
  }
  go.count_down();
  EXPECT_FALSE(group.wait().ok());
  EXPECT_EQ(ran, 0);
}

TEST(TaskGroup, TheErrorOfOneGroupDoesNotStopAnother) {
  ThreadPool pool(2);
  TaskGroup bad(pool);
  TaskGroup good(pool);
  std::atomic<int> ran{0};
  bad.add([]() -> Result<void> { return failure("bad"); });
  EXPECT_FALSE(bad.wait().ok());
  for (int i = 0; i < 10; ++i) {
    good.add([&]() -> Result<void> {
      ++ran;
      return {};
    });
  }
  EXPECT_TRUE(good.wait().ok());
  EXPECT_EQ(ran, 10);
}

/// A tree walk: each task adds a task per child.
void walk(TaskGroup& group, std::atomic<int>& visited, int depth) {
  group.add([&group, &visited, depth]() -> Result<void> {
    ++visited;
    for (int child = 0; depth > 0 && child < 4; ++child) walk(group, visited, depth - 1);
    return {};
  });
}

TEST(TaskGroup, WaitsForTasksThatTasksAdd) {
  for (std::size_t threads : {1U, 4U}) {
    ThreadPool pool(threads);
    std::atomic<int> visited{0};
    TaskGroup group(pool, 2);  // what tasks add is never held back by the limit
    walk(group, visited, 5);
    EXPECT_TRUE(group.wait().ok());
    EXPECT_EQ(visited, 1 + 4 + 16 + 64 + 256 + 1024);
  }
}

TEST(TaskGroup, BoundedAddingHoldsProducersBack) {
  constexpr int kLimit = 3;
  ThreadPool pool(2);
  TaskGroup group(pool, kLimit);
  std::atomic<int> pending{0};
  std::atomic<int> most{0};
  auto produce = [&] {
    for (int i = 0; i < 300; ++i) {
      group.add_bounded([&]() -> Result<void> {
        int now = ++pending;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        --pending;
        return {};
      });
    }
  };
  std::thread other(produce);
  produce();
  other.join();
  EXPECT_TRUE(group.wait().ok());
  EXPECT_GE(most, 1);
  EXPECT_LE(most, kLimit);
}

TEST(TaskGroup, NoMoreThanTheLimitOfTasksExistWhateverTheNumberOfProducers) {
  constexpr std::size_t kLimit = 2;
  ThreadPool pool(1);
  std::latch gate(1);
  std::atomic<std::size_t> accepted{0};
  std::vector<std::thread> producers;
  {
    TaskGroup group(pool, kLimit);
    group.add_bounded([&]() -> Result<void> {
      gate.wait();
      return {};
    });
    for (int i = 0; i < 4; ++i) {
      producers.emplace_back([&] {
        group.add_bounded([]() -> Result<void> { return {}; });
        ++accepted;
      });
    }
    // One is accepted beside the one at the gate, and only one, until it opens.
    while (accepted < kLimit - 1) std::this_thread::yield();
    EXPECT_EQ(accepted, kLimit - 1);
    gate.count_down();
    for (auto& producer : producers) producer.join();
    EXPECT_TRUE(group.wait().ok());
  }
  EXPECT_EQ(accepted, 4U);
}

TEST(TaskGroup, ALimitOfZeroStillLetsOneThrough) {
  ThreadPool pool(1);
  TaskGroup group(pool, 0);
  group.add_bounded([]() -> Result<void> { return {}; });
  EXPECT_TRUE(group.wait().ok());
}

TEST(TaskGroup, WhatATaskHoldsIsReleasedWhenWaitReturns) {
  ThreadPool pool(3);
  auto held = std::make_shared<int>(1);
  for (int round = 0; round < 300; ++round) {
    TaskGroup group(pool);
    group.add([held]() -> Result<void> { return {}; });
    EXPECT_TRUE(group.wait().ok());
    ASSERT_EQ(held.use_count(), 1);
  }
}

TEST(TaskGroup, MayBeDestroyedAsSoonAsWaitReturns) {
  ThreadPool pool(4);
  for (int round = 0; round < 500; ++round) {
    auto group = std::make_unique<TaskGroup>(pool);
    for (int i = 0; i < 4; ++i) group->add([]() -> Result<void> { return {}; });
    EXPECT_TRUE(group->wait().ok());
    group.reset();
  }
}

TEST(TaskGroup, ItsDestructorWaits) {
  ThreadPool pool(2);
  std::atomic<int> ran{0};
  {
    TaskGroup group(pool);
    for (int i = 0; i < 100; ++i) {
      group.add([&]() -> Result<void> {
        ++ran;
        return {};
      });
    }
  }
  EXPECT_EQ(ran, 100);
}

}  // namespace
}  // namespace cowstore::base
