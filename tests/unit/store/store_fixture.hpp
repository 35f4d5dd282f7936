// A store in a temporary directory, and objects to put into it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "hash/sha256.hpp"
#include "object/node.hpp"
#include "store/store.hpp"
#include "store/transaction.hpp"
#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

struct Sample {
  ChunkId id;
  Bytes bytes;
};

inline Bytes bytes_of(std::string_view text) {
  ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// Incompressible, and the same for the same seed.
inline Sample random_chunk(std::size_t size, std::uint64_t seed) {
  Bytes bytes = bytes_of(test::random_bytes(size, seed));
  return {ChunkId(hash::sha256(bytes)), bytes};
}

/// Compresses well.
inline Sample text_chunk(std::size_t size, std::uint64_t seed) {
  std::string text;
  while (text.size() < size) text += "line " + std::to_string(seed) + " of " + std::to_string(text.size()) + "\n";
  Bytes bytes = bytes_of(text.substr(0, size));
  return {ChunkId(hash::sha256(bytes)), bytes};
}

/// Bytes that stand for a node: the store doesn't look inside.
struct NodeSample {
  object::NodeKind kind = object::NodeKind::kDirectory;
  Digest id;
  Bytes bytes;
};

inline NodeSample node_sample(object::NodeKind kind, std::uint64_t seed) {
  Bytes bytes = bytes_of("node " + std::to_string(seed));
  return {kind, object::node_id(kind, bytes), bytes};
}

inline Result<Bytes> read(Store& store, const ChunkId& id, std::size_t size) {
  Bytes bytes(size);
  auto outcome = store.read_chunk(id, bytes);
  if (!outcome) return std::move(outcome).error();
  return bytes;
}

template <class T>
testing::AssertionResult succeeded(const Result<T>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure() << result.error().message();
}

#define ASSERT_OK(...) ASSERT_TRUE(succeeded(__VA_ARGS__))
#define EXPECT_OK(...) EXPECT_TRUE(succeeded(__VA_ARGS__))

class StoreFixture : public testing::Test {
 protected:
  /// In memory: thousands of syncs of a disk that others use too would take minutes.
  StoreFixture() : StoreFixture("/dev/shm") {}
  explicit StoreFixture(const std::string& parent) : temp_(parent) {}
  void SetUp() override { ASSERT_OK(Store::create(temp_.open(), "store", StoreConfig())); }

  /// A fresh one, that remembers nothing.
  std::shared_ptr<Store> open(const StoreOptions& options = {}) const {
    auto dir = temp_.open().open_dir("store");
    EXPECT_OK(dir);
    auto store = Store::open(std::move(*dir), options);
    EXPECT_TRUE(store) << store.error().message();
    return store ? *store : nullptr;
  }
  static std::unique_ptr<Transaction> begin(Store& store) {
    auto transaction = store.begin();
    EXPECT_TRUE(transaction) << transaction.error().message();
    return transaction ? std::move(*transaction) : nullptr;
  }
  static void publish_chunks(Store& store, const std::vector<Sample>& chunks) {
    auto transaction = begin(store);
    for (const Sample& chunk : chunks) ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
    ASSERT_OK(transaction->publish());
  }
  /// A staged file with these bytes.
  static Result<StagedLoose> stage(Transaction& transaction, ByteView bytes) {
    auto staged = transaction.stage_loose();
    if (!staged) return staged;
    auto written = sys::write_at(staged->fd(), bytes, 0, staged->path());
    if (!written) return std::move(written).error();
    return staged;
  }
  /// A loose file of one chunk.
  static Result<PutOutcome> add_loose(Transaction& transaction, const Sample& content) {
    auto staged = stage(transaction, content.bytes);
    if (!staged) return std::move(staged).error();
    auto length = static_cast<std::uint32_t>(content.bytes.size());
    return transaction.add_loose(std::move(*staged), object::FileRef::single_chunk(content.id, length),
                                 {{content.id, 0, length}});
  }
  [[nodiscard]] std::string path(std::string_view name) const { return temp_ / ("store/" + std::string(name)); }
  [[nodiscard]] std::vector<std::string> names_in(std::string_view name) const {
    std::vector<std::string> names;
    auto dir = temp_.open().open_dir("store/" + std::string(name));
    EXPECT_OK(dir);
    auto entries = dir->list();
    EXPECT_OK(entries);
    for (const auto& entry : *entries) names.push_back(entry.name);
    std::sort(names.begin(), names.end());
    return names;
  }

  test::TempDir temp_;
};

}  // namespace cowstore::store
