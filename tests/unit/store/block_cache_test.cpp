#include "store/block_cache.hpp"

#include <atomic>
#include <thread>

namespace cowstore::store {
namespace {

BlockKey key(std::uint64_t number) {
  BlockKey key;
  key.offset = number;
  return key;
}

TEST(LruCacheTest, KeepsWhatWasUsedLastWithinItsBudget) {
  LruCache<int, int, std::hash<int>> cache(3);
  for (int i = 0; i < 3; ++i) cache.put(i, 10 * i, 1);
  EXPECT_NE(cache.get(0), nullptr);
  cache.put(3, 30, 1);
  EXPECT_EQ(cache.get(1), nullptr);
  ASSERT_NE(cache.get(0), nullptr);
  EXPECT_EQ(*cache.get(0), 0);
  EXPECT_EQ(cache.used(), 3U);
}

TEST(LruCacheTest, WhatIsTooHeavyIsNotKeptAndDrivesNothingOut) {
  LruCache<int, int, std::hash<int>> cache(3);
  cache.put(1, 1, 2);
  cache.put(2, 2, 4);
  EXPECT_EQ(cache.get(2), nullptr);
  EXPECT_NE(cache.get(1), nullptr);
}

TEST(LruCacheTest, AReplacedValueWeighsOnce) {
  LruCache<int, int, std::hash<int>> cache(4);
  cache.put(1, 1, 2);
  cache.put(1, 5, 3);
  EXPECT_EQ(*cache.get(1), 5);
  EXPECT_EQ(cache.used(), 3U);
  cache.erase(1);
  EXPECT_EQ(cache.used(), 0U);
}

TEST(BlockCacheTest, LoadsABlockOnceHoweverManyThreadsWantItAtTheSameTime) {
  constexpr int kThreads = 8;
  BlockCache cache(1 << 20);
  std::atomic<int> loads{0}, asking{0}, right{0};
  auto load = [&]() -> Result<Bytes> {
    ++loads;
    while (asking.load() < kThreads) std::this_thread::yield();
    return Bytes(100, 7);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      ++asking;
      auto block = cache.get(key(1), load);
      if (block && **block == Bytes(100, 7)) ++right;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(loads.load(), 1);
  EXPECT_EQ(right.load(), kThreads);
}

TEST(BlockCacheTest, AFailureIsToldButNotKept) {
  BlockCache cache(1 << 20);
  auto failed = cache.get(key(1), []() -> Result<Bytes> { return Error{ErrorCode::kIo, 0, "read", "", "broken", ""}; });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  auto block = cache.get(key(1), []() -> Result<Bytes> { return Bytes(1, 1); });
  EXPECT_TRUE(block);
}

TEST(BlockCacheTest, StaysWithinItsBudget) {
  BlockCache cache(10000);
  int loads = 0;
  auto get = [&](std::uint64_t number) {
    EXPECT_TRUE(cache.get(key(number), [&]() -> Result<Bytes> {
      ++loads;
      return Bytes(1000, 1);
    }));
  };
  for (std::uint64_t i = 0; i < 100; ++i) get(i);
  EXPECT_EQ(loads, 100);
  EXPECT_TRUE(cache.find(key(99)));
  EXPECT_FALSE(cache.find(key(50)));
  cache.forget(key(99));
  EXPECT_FALSE(cache.find(key(99)));
}

}  // namespace
}  // namespace cowstore::store
