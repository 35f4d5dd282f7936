// Groups objects into blocks and blocks into packs, for any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "codec/block.hpp"
#include "cowstore/result.hpp"
#include "store/pack_writer.hpp"
#include "store/segment.hpp"
#include "store/session.hpp"
#include "store/store.hpp"

namespace cowstore::store {

/// A finished pack in the session's directory.
struct StagedPack {
  std::string file_name;
  Digest name;
  std::uint64_t bytes = 0;
};

/// Thread-safe. An object is copied when it is added. The thread that fills a block compresses it, outside of any lock.
/// Packs that reach StoreOptions::pack_bytes are ended, synced and closed, and the next one begins.
/// After an error nothing of what was added counts.
class PackBuilder {
 public:
  /// The session must outlive the builder.
  PackBuilder(const Session& session, PackContent content, const StoreOptions& options);

  Result<void> add(const ObjectInfo& object, ByteView bytes);
  /// Ends the last pack, unsynced. To be called once, when all add() have returned.
  Result<void> finish();

  [[nodiscard]] const std::vector<StagedPack>& packs() const { return packs_; }  ///< after finish()
  [[nodiscard]] std::size_t entries() const { return entries_.size(); }          ///< after finish()
  /// After finish(), once. A location's container is the pack's position in packs().
  [[nodiscard]] std::vector<SegmentEntry> take_entries() { return std::move(entries_); }
  /// Syncs the last pack, the only one that isn't synced yet.
  Result<void> sync() const;

 private:
  struct Block {
    std::vector<ObjectInfo> objects;
    Bytes bytes;
  };
  class CompressorPool {
   public:
    explicit CompressorPool(int level) : level_(level) {}
    codec::Encoded compress(ByteView raw);

   private:
    std::unique_ptr<codec::Compressor> take();
    int level_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<codec::Compressor>> free_;
  };

  [[nodiscard]] bool must_close_before(const ObjectInfo& object) const;
  Result<void> write_block(const Block& block);
  Result<void> append(const Block& block, const codec::Encoded& encoded);
  Result<void> end_pack();

  const Session& session_;
  PackContent content_;
  std::uint32_t block_bytes_;
  std::uint64_t pack_bytes_;
  CompressorPool compressors_;

  std::mutex filling_mutex_;
  Block filling_;

  std::mutex writing_mutex_;
  std::optional<PackWriter> writer_;
  std::vector<StagedPack> packs_;
  std::vector<SegmentEntry> entries_;
};

}  // namespace cowstore::store
