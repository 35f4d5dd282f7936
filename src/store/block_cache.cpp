#include "store/block_cache.hpp"

namespace cowstore::store {

namespace {

/// What an entry costs beside its bytes, roughly.
constexpr std::size_t kEntryOverhead = 256;

}  // namespace

std::optional<BlockBytes> BlockCache::find(const BlockKey& key) {
  std::lock_guard lock(mutex_);
  const BlockBytes* block = blocks_.get(key);
  return block == nullptr ? std::nullopt : std::optional(*block);
}

Result<BlockBytes> BlockCache::get(const BlockKey& key, const Load& load) {
  std::shared_ptr<Outcome> mine;
  {
    std::unique_lock lock(mutex_);
    if (const BlockBytes* block = blocks_.get(key)) return *block;
    auto [place, first] = loading_.try_emplace(key);
    if (first) {
      mine = place->second = std::make_shared<Outcome>();
    } else {
      std::shared_ptr<Outcome> theirs = place->second;
      loaded_.wait(lock, [&] { return theirs->has_value(); });
      return **theirs;
    }
  }
  return load_and_tell(key, load, mine);
}

void BlockCache::forget(const BlockKey& key) {
  std::lock_guard lock(mutex_);
  blocks_.erase(key);
}

Result<BlockBytes> BlockCache::load_and_tell(const BlockKey& key, const Load& load,
                                             const std::shared_ptr<Outcome>& outcome) {
  Result<Bytes> bytes = load();
  std::lock_guard lock(mutex_);
  if (bytes) {
    auto block = std::make_shared<const Bytes>(std::move(*bytes));
    blocks_.put(key, block, block->size() + kEntryOverhead);
    outcome->emplace(std::move(block));
  } else {
    outcome->emplace(std::move(bytes).error());
  }
  loading_.erase(key);
  loaded_.notify_all();
  return **outcome;
}

}  // namespace cowstore::store
