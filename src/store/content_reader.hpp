// The content of a file, in order.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "object/chunk_list.hpp"
#include "object/entry.hpp"
#include "store/store.hpp"

namespace cowstore::store {

/// Bytes, or so many zeros: a stretch that a writer may leave as a hole. Exactly one of both is not empty.
struct ContentPiece {
  ByteView data;
  std::uint64_t zeros = 0;
  [[nodiscard]] std::uint64_t size() const { return data.size() + zeros; }
};

/// Reads chunk by chunk, each verified; holds one chunk (none with next_into()) and one node per level. A run of zeros
/// of any length is one piece (a few after one another where it spans nodes) and costs no read. Not thread-safe.
class ContentReader {
 public:
  /// Reads nothing yet. The store must outlive the reader.
  ContentReader(Store& store, const object::FileRef& file);

  /// The next piece, never empty; nothing at the end of the file. The view is valid until the next call.
  /// Errors are those of Store::read_node() and read_chunk().
  Result<std::optional<ContentPiece>> next();
  /// The same, but as many chunks at once as fit into `out`, verified together and up to the one that reaches the
  /// offset `end`: the view is of the front of `out`. A chunk that repeats, or is larger than `out`, comes as by
  /// next().
  Result<std::optional<ContentPiece>> next_into(std::span<std::uint8_t> out, std::uint64_t end);
  /// next() then begins with exactly the byte `offset`. At or beyond the size: the end.
  Result<void> seek(std::uint64_t offset);
  /// Where in the file the piece begins that next() gives.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  Result<void> load(const object::ChunkRun& run);
  Result<ContentPiece> take_chunks(std::span<std::uint8_t> out, std::uint64_t end);
  ContentPiece take_zeros();
  ContentPiece take_chunk();

  Store& store_;
  std::uint64_t size_;
  object::ChunkListReader list_;
  std::optional<object::ChunkRun> run_;  ///< what is left of it
  std::optional<ChunkId> loaded_;        ///< whose bytes chunk_ holds
  Bytes buffer_;                         ///< as large as the largest chunk so far
  ByteView chunk_;                       ///< the part of it that is loaded
  std::uint64_t skip_ = 0;               ///< bytes of the run that lie before offset_
  std::uint64_t offset_ = 0;
};

}  // namespace cowstore::store
