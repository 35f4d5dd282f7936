#include "store/store.hpp"

#include <atomic>
#include <thread>

#include "store/index_view.hpp"
#include "store/pack_reader.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

class StoreTest : public StoreFixture {
 protected:
  /// The only file in that directory.
  std::string only_file(const std::string& directory) {
    auto names = names_in(directory);
    EXPECT_EQ(names.size(), 1U);
    return path(directory + "/" + names.at(0));
  }
};

TEST_F(StoreTest, WhatIsAbsentIsNotFound) {
  auto store = open();
  Sample absent = random_chunk(100, 1);
  auto bytes = read(*store, absent.id, 100);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kNotFound);
  auto node = store->read_node(object::NodeKind::kCommit, absent.id.digest());
  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(*store->contains(absent.id.digest()));
  EXPECT_FALSE(*store->info(absent.id.digest()));
}

TEST_F(StoreTest, ReadsWhatAnotherProcessPublishedSinceItWasOpened) {
  auto reader = open();
  Sample chunk = text_chunk(500, 1);
  NodeSample node = node_sample(object::NodeKind::kCommit, 1);
  auto writer = open();
  auto transaction = begin(*writer);
  ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
  ASSERT_OK(transaction->put_node(node.kind, node.id, node.bytes));
  ASSERT_OK(transaction->publish());
  EXPECT_EQ(*read(*reader, chunk.id, 500), chunk.bytes);
  EXPECT_EQ(**reader->read_node(node.kind, node.id), node.bytes);
}

TEST_F(StoreTest, TellsKindAndLengthOfAnObject) {
  auto store = open();
  Sample chunk = text_chunk(500, 1);
  publish_chunks(*store, {chunk});
  auto info = store->info(chunk.id.digest());
  ASSERT_TRUE(info && *info);
  EXPECT_EQ(**info, (ObjectInfo{chunk.id.digest(), ObjectKind::kChunk, 500}));
}

TEST_F(StoreTest, AChunkAskedForWithAnotherLengthIsCorrupt) {
  auto store = open();
  Sample chunk = text_chunk(500, 1);
  publish_chunks(*store, {chunk});
  auto bytes = read(*store, chunk.id, 501);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kCorrupt);
}

TEST_F(StoreTest, ANodeIsNotGivenForAnotherKindCachedOrNot) {
  NodeSample node = node_sample(object::NodeKind::kCommit, 1);
  {
    auto store = open();
    auto transaction = begin(*store);
    ASSERT_OK(transaction->put_node(node.kind, node.id, node.bytes));
    ASSERT_OK(transaction->publish());
  }
  auto store = open();
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(store->read_node(object::NodeKind::kDirectory, node.id));
    EXPECT_OK(store->read_node(node.kind, node.id));
  }
}

TEST_F(StoreTest, CachedNodesAreReadOnce) {
  NodeSample node = node_sample(object::NodeKind::kDirectory, 1);
  auto store = open();
  auto transaction = begin(*store);
  ASSERT_OK(transaction->put_node(node.kind, node.id, node.bytes));
  ASSERT_OK(transaction->publish());
  ASSERT_OK(store->read_node(node.kind, node.id));
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  ASSERT_OK(store->read_node(node.kind, node.id));
  EXPECT_EQ(calls.total(), 0U);
}

TEST_F(StoreTest, ManyThreadsReadABlockOnce) {
  std::vector<Sample> chunks;
  for (std::uint64_t i = 0; i < 30; ++i) chunks.push_back(random_chunk(4000, i));
  publish_chunks(*open(), chunks);
  auto store = open();
  std::uint64_t pack_bytes = test::read_file(only_file("packs")).size();
  test::CountCalls calls;
  std::atomic<int> wrong{0};
  {
    test::ScopedObserver watching(calls);
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (const Sample& chunk : chunks) {
          auto bytes = read(*store, chunk.id, chunk.bytes.size());
          if (!bytes || *bytes != chunk.bytes) ++wrong;
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(wrong.load(), 0);
  // Headers may be read by each; the payload, which is nearly all, is not.
  EXPECT_LT(calls.bytes_read(), pack_bytes + pack_bytes / 2);
}

TEST_F(StoreTest, ABlockThatWasCutOutOfItsCacheIsReadAgain) {
  std::vector<Sample> chunks;
  for (std::uint64_t i = 0; i < 50; ++i) chunks.push_back(text_chunk(9000, i));
  publish_chunks(*open(), chunks);
  StoreOptions options;
  options.block_cache_bytes = 1;
  options.node_cache_bytes = 0;
  options.open_containers = 0;
  auto store = open(options);
  for (const Sample& chunk : chunks) EXPECT_EQ(*read(*store, chunk.id, 9000), chunk.bytes);
}

TEST_F(StoreTest, FindsIdsByTheirFirstDigits) {
  auto store = open();
  std::vector<std::string> all;
  for (std::uint64_t part = 0; part < 3; ++part) {
    auto transaction = begin(*store);
    for (std::uint64_t i = 0; i < 200; ++i) {
      Sample chunk = text_chunk(30, part * 1000 + i);
      all.push_back(chunk.id.hex());
      ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
    }
    ASSERT_OK(transaction->publish());
  }
  std::sort(all.begin(), all.end());
  for (std::string prefix :
       {std::string(), all[0].substr(0, 1), all[100].substr(0, 3), all[599].substr(0, 2), all[7]}) {
    std::vector<std::string> expected;
    std::copy_if(all.begin(), all.end(), std::back_inserter(expected),
                 [&](const std::string& hex) { return hex.starts_with(prefix); });
    auto found = store->find_prefix(prefix, std::nullopt, 1000);
    ASSERT_OK(found);
    std::vector<std::string> got;
    for (const ObjectInfo& object : *found) got.push_back(object.id.hex());
    EXPECT_EQ(got, expected) << prefix;
    found = store->find_prefix(prefix, std::nullopt, 2);
    EXPECT_EQ(found->size(), std::min<std::size_t>(2, expected.size()));
  }
}

TEST_F(StoreTest, FindsOnlyTheKindAskedForByPrefix) {
  auto store = open();
  auto transaction = begin(*store);
  for (std::uint64_t i = 0; i < 50; ++i) {
    Sample chunk = text_chunk(30, i);
    ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
  }
  NodeSample commit = node_sample(object::NodeKind::kCommit, 1);
  ASSERT_OK(transaction->put_node(commit.kind, commit.id, commit.bytes));
  ASSERT_OK(transaction->publish());
  auto found = store->find_prefix("", ObjectKind::kCommit, 10);
  ASSERT_OK(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().id, commit.id);
}

TEST_F(StoreTest, WhatCannotBeAPrefixIsAUsageError) {
  auto store = open();
  for (const std::string& prefix : {std::string("xyz"), std::string("AB"), std::string(65, '0'), std::string("a/")}) {
    auto found = store->find_prefix(prefix, std::nullopt, 1);
    ASSERT_FALSE(found) << prefix;
    EXPECT_EQ(found.error().code, ErrorCode::kUsage);
  }
}

TEST_F(StoreTest, ZerosOfAFullChunkNeedNoStoring) {
  auto store = open();
  for (auto profile : {chunk::Profile::kDefault, chunk::Profile::kFine, chunk::Profile::kBulk}) {
    Bytes zeros(chunk::rule_of(profile).max);
    ChunkId id(hash::sha256(zeros));
    EXPECT_TRUE(*store->contains(id.digest()));
    EXPECT_EQ(*read(*store, id, zeros.size()), zeros);
    EXPECT_FALSE(read(*store, id, zeros.size() - 1));
    auto transaction = begin(*store);
    EXPECT_EQ(*transaction->put_chunk(id, zeros), PutOutcome::kKnown);
    auto published = transaction->publish();
    ASSERT_OK(published);
    EXPECT_FALSE(published->segment);
  }
}

TEST_F(StoreTest, DamageInAPackIsLocatedAndNeverReadAsContent) {
  std::vector<Sample> chunks;
  for (std::uint64_t i = 0; i < 5; ++i) chunks.push_back(text_chunk(300, i));
  publish_chunks(*open(), chunks);
  std::string file = only_file("packs");
  std::string content = test::read_file(file);
  test::set_mode(file, 0644);
  for (std::size_t offset = 0; offset < content.size(); ++offset) {
    std::string bad = content;
    bad[offset] = static_cast<char>(bad[offset] ^ 0x10);
    test::write_file(file, bad);
    auto store = open();
    for (const Sample& chunk : chunks) {
      auto bytes = read(*store, chunk.id, chunk.bytes.size());
      if (bytes) {
        ASSERT_EQ(*bytes, chunk.bytes) << offset;
      } else {
        ASSERT_TRUE(bytes.error().code == ErrorCode::kCorrupt || bytes.error().code == ErrorCode::kUnsupported);
        ASSERT_NE(bytes.error().message().find(file), std::string::npos) << bytes.error().message();
      }
    }
  }
}

TEST_F(StoreTest, ChunksReadTogetherAreThoseReadOneByOne) {
  std::vector<Sample> chunks;
  for (std::uint64_t i = 0; i < 20; ++i) chunks.push_back(i % 2 == 0 ? text_chunk(9000, i) : random_chunk(30'000, i));
  publish_chunks(*open(), chunks);
  std::swap(chunks[3], chunks[8]);
  auto store = open();
  Bytes all;
  for (const Sample& chunk : chunks) all.insert(all.end(), chunk.bytes.begin(), chunk.bytes.end());
  Bytes found(all.size());
  std::vector<ChunkRead> reads;
  std::size_t at = 0;
  for (const Sample& chunk : chunks) {
    reads.push_back({chunk.id, std::span(found).subspan(at, chunk.bytes.size())});
    at += chunk.bytes.size();
  }
  ASSERT_OK(store->read_chunks(reads));
  EXPECT_EQ(found, all);
  EXPECT_OK(store->read_chunks({}));
}

TEST_F(StoreTest, AmongChunksReadTogetherTheBadOneIsTold) {
  std::vector<Sample> chunks = {random_chunk(30'000, 1), random_chunk(30'000, 2), random_chunk(30'000, 3)};
  publish_chunks(*open(), chunks);
  std::string file = only_file("packs");
  std::string content = test::read_file(file);
  const std::size_t damaged = content.find(std::string(as_text(chunks[1].bytes).substr(0, 100))) + 50;
  ASSERT_LT(damaged, content.size());
  content[damaged] = static_cast<char>(content[damaged] ^ 1);
  test::set_mode(file, 0644);
  test::write_file(file, content);
  auto store = open();
  Bytes found(90'000);
  auto place = [&](std::size_t i) { return std::span(found).subspan(i * 30'000, 30'000); };
  auto outcome = store->read_chunks(
      std::vector<ChunkRead>{{chunks[0].id, place(0)}, {chunks[1].id, place(1)}, {chunks[2].id, place(2)}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(outcome.error().message().find(chunks[1].id.hex()), std::string::npos) << outcome.error().message();
  outcome =
      store->read_chunks(std::vector<ChunkRead>{{chunks[0].id, place(0)}, {chunks[2].id, place(1).first(29'999)}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt);
  outcome = store->read_chunks(std::vector<ChunkRead>{{random_chunk(30'000, 4).id, place(0)}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kNotFound);
}

TEST_F(StoreTest, APackCutShortAnywhereGivesErrorsOnly) {
  std::vector<Sample> chunks = {text_chunk(300, 1), random_chunk(400, 2)};
  publish_chunks(*open(), chunks);
  std::string file = only_file("packs");
  std::string content = test::read_file(file);
  test::set_mode(file, 0644);
  for (std::size_t size = 0; size < content.size(); ++size) {
    test::write_file(file, content.substr(0, size));
    auto store = open();
    for (const Sample& chunk : chunks) {
      auto bytes = read(*store, chunk.id, chunk.bytes.size());
      if (bytes) {
        ASSERT_EQ(*bytes, chunk.bytes) << size;
      }
    }
  }
}

TEST_F(StoreTest, ADamagedSegmentMakesItsObjectsCorruptAndLeavesOthersReadable) {
  auto store = open();
  StoreOptions options;
  Sample large = text_chunk(5000, 1);
  Sample small = text_chunk(100, 2);
  publish_chunks(*store, {large});
  std::string damaged = only_file("index");
  // A second segment beside the first: as if two writers had published at the same time.
  std::string kept = test::read_file(damaged);
  test::remove_path(damaged);
  publish_chunks(*open(), {small});
  kept[20] = static_cast<char>(kept[20] ^ 1);
  test::write_file(damaged, kept);
  store = open();
  EXPECT_EQ(*read(*store, small.id, 100), small.bytes);
  auto bytes = read(*store, large.id, 5000);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(bytes.error().message().find(damaged), std::string::npos) << bytes.error().message();
}

TEST_F(StoreTest, ASecondCopyHelpsWhereTheFirstIsDamaged) {
  Sample chunk = random_chunk(3000, 1);
  publish_chunks(*open(), {chunk, text_chunk(100, 1)});
  std::string first = only_file("packs");
  // Without its pack the chunk counts as absent, and is stored again.
  test::rename_path(first, first + ".away");
  publish_chunks(*open(), {chunk, text_chunk(100, 2)});
  test::rename_path(first + ".away", first);
  for (const std::string& name : names_in("packs")) {
    auto store = open();
    std::string file = path("packs/" + name);
    std::string content = test::read_file(file);
    test::set_mode(file, 0644);
    test::write_file(file, std::string(content.size(), 'x'));
    auto bytes = read(*store, chunk.id, 3000);
    // Merging keeps one place, so only one of the two packs is asked; the other one isn't missed.
    if (bytes) {
      EXPECT_EQ(*bytes, chunk.bytes);
    }
    test::write_file(file, content);
  }
}

TEST_F(StoreTest, AReplacedContainerIsReadAnewByAnOpenStore) {
  Sample chunk = random_chunk(3000, 1);
  publish_chunks(*open(), {chunk});
  std::string file = only_file("packs");
  std::string content = test::read_file(file);
  test::set_mode(file, 0644);
  auto store = open();
  test::write_file(file, std::string(content.size(), 'x'));
  EXPECT_FALSE(read(*store, chunk.id, 3000));
  test::remove_path(file);
  test::write_file(file, content);
  EXPECT_EQ(*read(*store, chunk.id, 3000), chunk.bytes);
}

}  // namespace
}  // namespace cowstore::store
