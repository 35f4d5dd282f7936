// Several processes' worth of stores over one directory: writers that merge, readers that go on reading.
#include <atomic>
#include <barrier>
#include <thread>

#include "store/index_view.hpp"
#include "store/inventory.hpp"
#include "store/transaction.hpp"
#include "store_fixture.hpp"
#include "support/run_child.hpp"

namespace cowstore::store {
namespace {

class ConcurrencyTest : public StoreFixture {};

Sample numbered_chunk(std::uint64_t number) {
  return text_chunk(60 + number % 50, number);
}

/// Publishes [first, end) one by one; how many failed.
int publish_range(Store& store, std::uint64_t first, std::uint64_t end, std::atomic<std::uint64_t>* done) {
  int failures = 0;
  for (std::uint64_t number = first; number < end; ++number) {
    Sample chunk = numbered_chunk(number);
    auto transaction = store.begin();
    bool ok = transaction && (*transaction)->put_chunk(chunk.id, chunk.bytes) && (*transaction)->publish();
    failures += ok ? 0 : 1;
    if (done != nullptr) done->store(number + 1, std::memory_order_release);
  }
  return failures;
}

TEST_F(ConcurrencyTest, ReadersMissNothingWhileAWriterMerges) {
  constexpr std::uint64_t kPublishes = 400;
  std::atomic<std::uint64_t> published{0};
  std::atomic<int> failures{0};
  auto writing_store = open();
  std::vector<std::shared_ptr<Store>> reading_stores = {open(), open()};
  std::thread writer([&] { failures += publish_range(*writing_store, 0, kPublishes, &published); });
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < reading_stores.size(); ++i) {
    readers.emplace_back([&, i] {
      test::Random random(i);
      for (std::uint64_t end = 0; end < kPublishes;) {
        end = published.load(std::memory_order_acquire);
        if (end == 0) continue;
        // The last one most of the time: it is in the segment that was published this moment.
        std::uint64_t number = random.below(3) == 0 ? random.below(end) : end - 1;
        Sample chunk = numbered_chunk(number);
        auto bytes = read(*reading_stores[i], chunk.id, chunk.bytes.size());
        if (!bytes || *bytes != chunk.bytes) ++failures;
      }
    });
  }
  writer.join();
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(failures.load(), 0);
}

TEST_F(ConcurrencyTest, WritersInSeveralProcessesLoseNothing) {
  constexpr std::uint64_t kEach = 80;
  constexpr std::uint64_t kProcesses = 4;
  std::vector<std::unique_ptr<test::Child>> children;
  for (std::uint64_t process = 0; process < kProcesses; ++process) {
    children.push_back(std::make_unique<test::Child>([this, process] {
      auto dir = sys::Dir::open(path(""));
      auto store = Store::open(std::move(*dir));
      return store ? publish_range(**store, process * kEach, (process + 1) * kEach, nullptr) : 99;
    }));
  }
  for (auto& child : children) EXPECT_EQ(child->wait().status, 0);
  auto store = open();
  for (std::uint64_t number = 0; number < kEach * kProcesses; ++number) {
    Sample chunk = numbered_chunk(number);
    auto bytes = read(*store, chunk.id, chunk.bytes.size());
    ASSERT_TRUE(bytes && *bytes == chunk.bytes) << number;
  }
  publish_chunks(*store, {numbered_chunk(kEach * kProcesses)});
  EXPECT_EQ(open()->view()->segments().size(), 1U);
  EXPECT_TRUE(names_in("tmp").empty());
  auto inventory = take_inventory(*store);
  ASSERT_OK(inventory);
  EXPECT_TRUE(inventory->missing.empty());
  EXPECT_TRUE(inventory->unlisted_packs.empty());
}

TEST_F(ConcurrencyTest, TwoWritersThatMergeTheSameSegmentsAtTheSameMomentLoseNothing) {
  auto one = open();
  auto two = open();
  std::uint64_t number = 0;
  for (int round = 0; round < 30; ++round) {
    std::barrier together(2);
    std::atomic<int> failures{0};
    auto write = [&](Store& store, std::uint64_t mine) {
      Sample chunk = numbered_chunk(mine);
      auto transaction = store.begin();
      bool ok = transaction && (*transaction)->put_chunk(chunk.id, chunk.bytes);
      together.arrive_and_wait();
      if (!ok || !(*transaction)->publish()) ++failures;
    };
    std::thread other([&] { write(*two, number + 1); });
    write(*one, number);
    other.join();
    ASSERT_EQ(failures.load(), 0);
    number += 2;
    auto fresh = open();
    for (std::uint64_t i = 0; i < number; ++i) {
      Sample chunk = numbered_chunk(i);
      ASSERT_OK(read(*fresh, chunk.id, chunk.bytes.size())) << i << " after round " << round;
    }
  }
}

}  // namespace
}  // namespace cowstore::store
