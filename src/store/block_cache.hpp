// Decompressed blocks, shared between threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "store/lru_cache.hpp"

namespace cowstore::store {

struct BlockKey {
  Digest pack;
  std::uint64_t offset = 0;
  bool operator==(const BlockKey&) const = default;
};

struct BlockKeyHash {
  std::size_t operator()(const BlockKey& key) const {
    return DigestHash()(key.pack) ^ (key.offset * 0x9e3779b97f4a7c15ULL);
  }
};

using BlockBytes = std::shared_ptr<const Bytes>;

/// Thread-safe. A block that several threads want at the same time is loaded by one of them; the others wait for it.
class BlockCache {
 public:
  using Load = std::function<Result<Bytes>()>;
  explicit BlockCache(std::size_t budget_bytes) : blocks_(budget_bytes) {}

  /// Nothing if it isn't there.
  std::optional<BlockBytes> find(const BlockKey& key);
  /// The cached block, or what `load` gives. A failure isn't kept, but those who waited for it get it too.
  Result<BlockBytes> get(const BlockKey& key, const Load& load);
  void forget(const BlockKey& key);

 private:
  using Outcome = std::optional<Result<BlockBytes>>;  ///< nothing while it is being loaded
  Result<BlockBytes> load_and_tell(const BlockKey& key, const Load& load, const std::shared_ptr<Outcome>& outcome);
  std::mutex mutex_;
  std::condition_variable loaded_;
  LruCache<BlockKey, BlockBytes, BlockKeyHash> blocks_;
  std::unordered_map<BlockKey, std::shared_ptr<Outcome>, BlockKeyHash> loading_;
};

}  // namespace cowstore::store
