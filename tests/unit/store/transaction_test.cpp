#include "store/transaction.hpp"

#include <cerrno>
#include <thread>

#include "store/index_view.hpp"
#include "store/inventory.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

class TransactionTest : public StoreFixture {
 protected:
  void expect_reads(Store& store, const std::vector<Sample>& chunks) {
    for (const Sample& chunk : chunks) {
      auto bytes = read(store, chunk.id, chunk.bytes.size());
      ASSERT_OK(bytes);
      ASSERT_EQ(*bytes, chunk.bytes);
    }
  }
};

std::vector<Sample> many_chunks(std::uint64_t seed) {
  std::vector<Sample> chunks;
  test::Random random(seed);
  for (std::uint64_t i = 0; i < 300; ++i) {
    std::size_t size = 1 + random.below(i % 10 == 0 ? 300000 : 3000);
    chunks.push_back(i % 2 == 0 ? text_chunk(size, seed * 1000 + i) : random_chunk(size, seed * 1000 + i));
  }
  return chunks;
}

TEST_F(TransactionTest, WhatWasPutIsReadBackByTheSameStoreAndByAFreshOne) {
  std::vector<Sample> chunks = many_chunks(1);
  std::vector<NodeSample> nodes;
  for (auto kind : {object::NodeKind::kChunkList, object::NodeKind::kDirectory, object::NodeKind::kAttributes,
                    object::NodeKind::kCommit}) {
    for (std::uint64_t i = 0; i < 40; ++i) nodes.push_back(node_sample(kind, i));
  }
  auto store = open();
  auto transaction = begin(*store);
  for (const Sample& chunk : chunks) ASSERT_EQ(*transaction->put_chunk(chunk.id, chunk.bytes), PutOutcome::kStored);
  for (const NodeSample& node : nodes) ASSERT_OK(transaction->put_node(node.kind, node.id, node.bytes));
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->chunks_new, chunks.size());
  EXPECT_EQ(published->nodes_new, nodes.size());
  EXPECT_EQ(published->packs, 2U);
  for (const auto& reader : {store, open()}) {
    expect_reads(*reader, chunks);
    for (const NodeSample& node : nodes) {
      auto bytes = reader->read_node(node.kind, node.id);
      ASSERT_OK(bytes);
      EXPECT_EQ(**bytes, node.bytes);
    }
  }
}

TEST_F(TransactionTest, NothingExistsBeforeItIsPublished) {
  auto store = open();
  Sample chunk = text_chunk(400000, 1);
  auto transaction = begin(*store);
  ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
  EXPECT_FALSE(*open()->contains(chunk.id.digest()));
  EXPECT_TRUE(*transaction->knows(chunk.id.digest()));
}

TEST_F(TransactionTest, DestroyedUnpublishedItLeavesNothing) {
  auto store = open();
  {
    auto transaction = begin(*store);
    for (const Sample& chunk : many_chunks(1)) ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
    ASSERT_OK(add_loose(*transaction, text_chunk(100, 1)));
    EXPECT_FALSE(names_in("tmp").empty());
  }
  for (const char* directory : {"tmp", "packs", "loose", "index"})
    EXPECT_TRUE(names_in(directory).empty()) << directory;
}

TEST_F(TransactionTest, NothingToPublishIsFineAndMakesNoSegment) {
  auto store = open();
  auto published = begin(*store)->publish();
  ASSERT_OK(published);
  EXPECT_FALSE(published->segment);
  EXPECT_TRUE(names_in("index").empty());
  EXPECT_TRUE(names_in("tmp").empty());
}

TEST_F(TransactionTest, KnownObjectsAreNotStoredAgain) {
  auto store = open();
  std::vector<Sample> chunks = many_chunks(1);
  publish_chunks(*store, chunks);
  NodeSample node = node_sample(object::NodeKind::kDirectory, 1);
  for (const auto& again : {store, open()}) {
    auto transaction = begin(*again);
    for (const Sample& chunk : chunks) ASSERT_EQ(*transaction->put_chunk(chunk.id, chunk.bytes), PutOutcome::kKnown);
    auto published = transaction->publish();
    ASSERT_OK(published);
    EXPECT_EQ(published->chunks_known, chunks.size());
    EXPECT_EQ(published->written_bytes, 0U);
  }
}

TEST_F(TransactionTest, WithinOneTransactionAnObjectIsStoredOnce) {
  auto store = open();
  Sample chunk = text_chunk(5000, 1);
  auto transaction = begin(*store);
  EXPECT_EQ(*transaction->put_chunk(chunk.id, chunk.bytes), PutOutcome::kStored);
  EXPECT_EQ(*transaction->put_chunk(chunk.id, chunk.bytes), PutOutcome::kKnown);
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->raw_bytes, 5000U);
}

TEST_F(TransactionTest, AnObjectWhosePackIsGoneIsStoredAgain) {
  Sample chunk = text_chunk(5000, 1);
  publish_chunks(*open(), {chunk});
  test::remove_path(path("packs/" + names_in("packs").at(0)));
  auto store = open();
  EXPECT_FALSE(*store->contains(chunk.id.digest()));
  EXPECT_FALSE(read(*store, chunk.id, 5000));
  auto transaction = begin(*store);
  EXPECT_EQ(*transaction->put_chunk(chunk.id, chunk.bytes), PutOutcome::kStored);
  ASSERT_OK(transaction->publish());
  EXPECT_EQ(*read(*store, chunk.id, 5000), chunk.bytes);
}

TEST_F(TransactionTest, EmptyAndTooLargeObjectsAreUsageErrorsThatDoNotPoison) {
  auto store = open();
  auto transaction = begin(*store);
  Bytes huge(kMaxObjectBytes + 1);
  EXPECT_EQ(transaction->put_chunk(ChunkId(), {}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(transaction->put_chunk(ChunkId(), huge).error().code, ErrorCode::kUsage);
  EXPECT_EQ(transaction->put_node(object::NodeKind::kCommit, Digest(), {}).error().code, ErrorCode::kUsage);
  EXPECT_OK(transaction->publish());
}

TEST_F(TransactionTest, TheLargestObjectFits) {
  Sample commit = random_chunk(kMaxObjectBytes, 1);
  Digest id = object::node_id(object::NodeKind::kCommit, commit.bytes);
  auto store = open();
  auto transaction = begin(*store);
  ASSERT_OK(transaction->put_node(object::NodeKind::kCommit, id, commit.bytes));
  ASSERT_OK(transaction->publish());
  auto bytes = open()->read_node(object::NodeKind::kCommit, id);
  ASSERT_OK(bytes);
  EXPECT_EQ(**bytes, commit.bytes);
}

TEST_F(TransactionTest, PacksRollOverAtTheirSize) {
  StoreOptions options;
  options.pack_bytes = 100000;
  auto store = open(options);
  auto transaction = begin(*store);
  std::vector<Sample> chunks;
  for (std::uint64_t i = 0; i < 60; ++i) chunks.push_back(random_chunk(10000, i));
  for (const Sample& chunk : chunks) ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_GE(published->packs, 3U);
  EXPECT_EQ(names_in("packs").size(), published->packs);
  expect_reads(*open(), chunks);
}

TEST_F(TransactionTest, SmallFilesCompressTogether) {
  auto store = open();
  auto transaction = begin(*store);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    Sample chunk = text_chunk(200, i);
    ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
  }
  auto published = transaction->publish();
  ASSERT_OK(published);
  std::uint64_t pack = test::read_file(path("packs/" + names_in("packs").at(0))).size();
  EXPECT_LT(pack - 1000 * 37, published->raw_bytes / 6);
}

TEST_F(TransactionTest, AfterPublishingItTakesNothingMore) {
  auto store = open();
  auto transaction = begin(*store);
  Sample chunk = text_chunk(100, 1);
  ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
  ASSERT_OK(transaction->publish());
  EXPECT_EQ(transaction->put_chunk(chunk.id, chunk.bytes).error().code, ErrorCode::kUsage);
  EXPECT_EQ(transaction->publish().error().code, ErrorCode::kUsage);
}

TEST_F(TransactionTest, AFailedWritePoisonsItAndGivesTheSpaceBack) {
  auto store = open();
  auto transaction = begin(*store);
  Sample large = random_chunk(300000, 1);
  {
    test::FailNth fault(1, ENOSPC, {sys::Call::kWrite});
    test::ScopedObserver watching(fault);
    auto put = transaction->put_chunk(large.id, large.bytes);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, ErrorCode::kNoSpace);
  }
  EXPECT_TRUE(names_in("tmp").empty());
  Sample small = text_chunk(10, 1);
  for (const Error& later :
       {transaction->put_chunk(small.id, small.bytes).error(), transaction->put_chunk(large.id, large.bytes).error(),
        transaction->stage_loose().error(), transaction->knows_loose(FileId(small.id.digest())).error(),
        transaction->publish().error()}) {
    EXPECT_EQ(later.code, ErrorCode::kNoSpace);
    EXPECT_NE(later.message().find("the transaction is over"), std::string::npos) << later.message();
  }
  EXPECT_TRUE(names_in("index").empty());
}

TEST_F(TransactionTest, ShortWritesAreContinued) {
  std::vector<Sample> chunks = {text_chunk(5000, 1), random_chunk(300000, 2)};
  {
    auto store = open();
    test::ShortWrites observer(1009);
    test::ScopedObserver watching(observer);
    publish_chunks(*store, chunks);
  }
  expect_reads(*open(), chunks);
}

TEST_F(TransactionTest, FewFilesAreSyncedSinglyAndManyTogether) {
  auto store = open();
  for (std::uint64_t files : {std::uint64_t{3}, std::uint64_t{100}}) {
    auto transaction = begin(*store);
    for (std::uint64_t i = 0; i < files; ++i) ASSERT_OK(add_loose(*transaction, text_chunk(100, files * 1000 + i)));
    test::CountCalls calls;
    test::ScopedObserver watching(calls);
    ASSERT_OK(transaction->publish());
    // Three files: each, the segment, their directories, loose/, index/. A hundred: all, all directories, index/.
    EXPECT_LE(calls.count(sys::Call::kSync), files == 3 ? 9U : 3U);
  }
}

TEST_F(TransactionTest, DescriptorsDoNotPileUp) {
  auto store = open();
  auto transaction = begin(*store);
  auto open_descriptors = [] { return sys::Dir::open("/proc/self/fd")->list()->size(); };
  std::size_t before = open_descriptors();
  for (std::uint64_t i = 0; i < 200; ++i) ASSERT_OK(add_loose(*transaction, text_chunk(100, i)));
  EXPECT_LE(open_descriptors(), before + 1);
}

TEST_F(TransactionTest, ManySmallPublishesKeepFewSegmentsAndLoseNothing) {
  auto store = open();
  std::vector<Sample> chunks;
  for (std::uint64_t i = 0; i < 60; ++i) {
    chunks.push_back(text_chunk(50 + i, i));
    publish_chunks(*store, {chunks.back()});
  }
  EXPECT_EQ(names_in("index").size(), 1U);
  expect_reads(*store, chunks);
  expect_reads(*open(), chunks);
  EXPECT_OK(open()->view()->segments()[0]->verify());
}

TEST_F(TransactionTest, DamageIsNotMergedIntoANewSegment) {
  auto store = open();
  Sample first = text_chunk(100, 1);
  publish_chunks(*store, {first});
  std::string damaged = path("index/" + names_in("index").at(0));
  std::string content = test::read_file(damaged);
  test::set_mode(damaged, 0644);
  content.back() = static_cast<char>(content.back() ^ 2);  // the kind of the last object
  test::write_file(damaged, content);
  publish_chunks(*open(), {text_chunk(100, 2)});
  EXPECT_TRUE(test::exists(damaged)) << "evidence was destroyed";
  auto fresh = open();
  std::size_t good = 0;
  for (const auto& segment : fresh->view()->segments()) good += segment->verify() ? 1 : 0;
  EXPECT_EQ(good, 1U);
}

TEST_F(TransactionTest, ManyThreadsShareOneTransaction) {
  auto store = open();
  auto transaction = begin(*store);
  std::vector<Sample> chunks = many_chunks(9);
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (std::size_t number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      // Each puts all chunks, beginning elsewhere.
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        const Sample& chunk = chunks[(i + number * chunks.size() / 4) % chunks.size()];
        if (!transaction->put_chunk(chunk.id, chunk.bytes)) ++failures;
        NodeSample node = node_sample(object::NodeKind::kDirectory, i % 50);
        if (!transaction->put_node(node.kind, node.id, node.bytes)) ++failures;
        if (i % 20 == 0 && !add_loose(*transaction, text_chunk(700, 50000 + i))) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->chunks_new, chunks.size() + 15);
  EXPECT_EQ(published->chunks_known, 3 * (chunks.size() + 15));
  EXPECT_EQ(published->nodes_new, 50U);
  EXPECT_EQ(published->loose_new, 15U);
  expect_reads(*open(), chunks);
  for (std::size_t i = 0; i < 300; i += 20) expect_reads(*open(), {text_chunk(700, 50000 + i)});
}

TEST_F(TransactionTest, TwoTransactionsAtTheSameTimeBothPublish) {
  auto one = open();
  auto two = open();
  Sample common = text_chunk(3000, 1);
  Sample first = text_chunk(3000, 2);
  Sample second = text_chunk(3000, 3);
  auto a = begin(*one);
  auto b = begin(*two);
  for (const Sample& chunk : {common, first}) ASSERT_OK(a->put_chunk(chunk.id, chunk.bytes));
  for (const Sample& chunk : {common, second}) ASSERT_OK(b->put_chunk(chunk.id, chunk.bytes));
  ASSERT_OK(add_loose(*a, text_chunk(999, 4)));
  ASSERT_OK(add_loose(*b, text_chunk(999, 4)));
  ASSERT_OK(a->publish());
  ASSERT_OK(b->publish());
  for (const auto& store : {one, two, open()}) expect_reads(*store, {common, first, second, text_chunk(999, 4)});
  EXPECT_EQ(open()->open_loose(FileId(text_chunk(999, 4).id.digest()))->state, LooseState::kIntact);
}

TEST_F(TransactionTest, TheSameTransactionTwiceAtTheSameTimeIsOneContent) {
  auto one = open();
  auto two = open();
  auto a = begin(*one);
  auto b = begin(*two);
  std::vector<Sample> chunks = many_chunks(3);
  for (const Sample& chunk : chunks) {
    ASSERT_OK(a->put_chunk(chunk.id, chunk.bytes));
    ASSERT_OK(b->put_chunk(chunk.id, chunk.bytes));
  }
  ASSERT_OK(a->publish());
  ASSERT_OK(b->publish());
  EXPECT_EQ(names_in("packs").size(), 1U) << "equal layouts have equal names";
  expect_reads(*open(), chunks);
}

}  // namespace
}  // namespace cowstore::store
