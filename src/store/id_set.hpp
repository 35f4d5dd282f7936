// A set of ids that many threads add to.
#pragma once

#include <array>
#include <mutex>
#include <unordered_set>

#include "cowstore/ids.hpp"

namespace cowstore::store {

/// Thread-safe; split so that threads seldom meet.
class IdSet {
 public:
  /// Whether it is new.
  bool insert(const Digest& id) {
    Shard& shard = shard_of(id);
    std::lock_guard lock(shard.mutex);
    return shard.ids.insert(id).second;
  }
  [[nodiscard]] bool contains(const Digest& id) {
    Shard& shard = shard_of(id);
    std::lock_guard lock(shard.mutex);
    return shard.ids.contains(id);
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_set<Digest, DigestHash> ids;
  };
  // The hash takes the first bytes of the id, so the shard takes the last.
  Shard& shard_of(const Digest& id) { return shards_[id.bytes.back() % shards_.size()]; }
  std::array<Shard, 32> shards_;
};

}  // namespace cowstore::store
