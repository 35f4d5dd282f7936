// Writing to a store: any number of objects that come to exist together.
//
// Write order (docs/format.md): everything is staged in tmp/<session>/, the segment that lists it included -> synced ->
// containers renamed into packs/ and loose/ -> those directories synced -> the segment renamed into index/, which is
// the moment its objects exist -> index/ synced, which is the moment they are durable -> superseded segments unlinked.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "store/object_info.hpp"
#include "sys/fd.hpp"
#include "sys/stat.hpp"

namespace cowstore::store {

class Session;
class Store;

enum class PutOutcome : std::uint8_t { kStored, kKnown };

/// Where a chunk lies in the file that it is a part of.
struct ChunkSpan {
  ChunkId id;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

/// A new, empty file that the caller fills by cloning or writing. Move-only; removed when destroyed before it was
/// added. Must not outlive its transaction. Created read-only (0444): the descriptor is the only way to write to it.
class StagedLoose {
 public:
  StagedLoose(StagedLoose&&) noexcept;
  StagedLoose& operator=(StagedLoose&&) noexcept;
  ~StagedLoose();
  [[nodiscard]] const sys::Fd& fd() const { return fd_; }
  [[nodiscard]] std::string path() const;  ///< for messages

 private:
  friend class Transaction;
  StagedLoose(const Session& session, std::string name, sys::Fd fd);
  void discard();
  const Session* session_ = nullptr;
  std::string name_;
  sys::Fd fd_;
};

/// "new" is what this transaction stores, "known" what the store, or the transaction itself, had already.
struct TransactionStats {
  std::uint64_t chunks_new = 0, chunks_known = 0;  ///< those of loose files too
  std::uint64_t nodes_new = 0, nodes_known = 0;
  std::uint64_t loose_new = 0, loose_known = 0;  ///< whole files
  std::uint64_t loose_bytes = 0;                 ///< in the new ones, however they were filled
  std::uint64_t raw_bytes = 0;                   ///< of the new objects that went to packs
  std::uint64_t written_bytes = 0;               ///< to packs and to the index
};

struct PublishStats : TransactionStats {
  std::uint64_t packs = 0;
  std::uint64_t segments_merged = 0;
  std::optional<Digest> segment;  ///< nothing if there was nothing to publish
};

/// Thread-safe: any number of threads may put; publish() comes after all puts have returned. Destroyed unpublished,
/// everything staged is removed. After a failed write or sync the transaction is poisoned: what was staged is removed
/// and every later call fails and says so. Memory: about 120 bytes for each new object; who writes hundreds of millions
/// publishes in between.
///
/// Other processes may write at the same time, and neither waits for the other. The same object may then be stored
/// twice, which is harmless.
class Transaction final : public object::NodeSink {
 public:
  ~Transaction() override;

  /// `id` must be node_id(kind, encoding): it is not computed again. kUsage for an empty or too large one.
  Result<void> put_node(object::NodeKind kind, const Digest& id, ByteView encoding) override;
  /// `id` must be the SHA-256 of the bytes: it is not computed again.
  Result<PutOutcome> put_chunk(const ChunkId& id, ByteView bytes);
  /// Whether the object needs no put: the store has it in a container that is there, or this transaction.
  Result<bool> knows(const Digest& id);

  /// A failure here leaves the transaction as it was.
  Result<StagedLoose> stage_loose();
  /// Takes a filled file whose content is `file`, cut into `chunks` (in order; those of implied zeros may be left out);
  /// its chunks are read from it once published. The chunk list's nodes are the caller's to put. kKnown if the store
  /// has the file already: then the staged one is removed. kConflict if it doesn't have file.size bytes.
  Result<PutOutcome> add_loose(StagedLoose staged, const object::FileRef& file, const std::vector<ChunkSpan>& chunks);
  /// Whether add_loose() would say kKnown, so that nobody clones in vain.
  Result<bool> knows_loose(const FileId& id);

  /// Begins to move the loose files that were added so far into their places, and to make them durable, beside whatever
  /// the caller does next. To be called when most contents were added and it is clear that they will be published: given
  /// up after this, the transaction may leave unlisted files. Does nothing where there are few, and nothing more when it
  /// has begun: publish() moves what comes later. What goes wrong is publish()'s to tell.
  void place_ahead();

  /// For repair: lists a pack that lies in packs/ already. Its objects are taken from its own tables.
  Result<void> adopt_pack(const Digest& name);
  /// For repair: lists a file that lies in loose/ already, as it is now. The caller has verified its content.
  Result<void> adopt_loose(const object::FileRef& file, const std::vector<ChunkSpan>& chunks);

  /// Records a listed loose file as `seen`, from before its content was verified: a copied store has other inodes.
  /// Nothing if it has changed since.
  Result<void> renew_loose(const object::FileRef& file, const sys::Stat& seen);

  /// Makes it all exist. Durable when it returns; nothing to publish is fine. After a failure before the segment was
  /// renamed nothing exists (containers that were moved already are unlisted files, which gc removes); after a failure
  /// of the last sync everything exists, but maybe not after a power cut. To be called once.
  Result<PublishStats> publish();
  [[nodiscard]] TransactionStats stats() const;

 private:
  friend class Store;
  struct State;
  explicit Transaction(std::unique_ptr<State> state);
  static TransactionStats stats_of(const State& state);
  std::unique_ptr<State> state_;
};

}  // namespace cowstore::store
