// The content of a file as a Merkle list of its chunks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cowstore/ids.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// `repeat` times the same chunk, one after the other. Neighbouring runs differ in their chunk.
struct ChunkRun {
  ChunkId chunk;
  std::uint32_t length = 0;  ///< bytes of one
  std::uint64_t repeat = 1;
  bool operator==(const ChunkRun&) const = default;
  [[nodiscard]] std::uint64_t bytes() const { return repeat * length; }
};

/// Makes the list of a file's chunks, in file order. Memory is one open node per level.
/// After an error the builder is of no further use and says so. Not thread-safe.
class ChunkListBuilder {
 public:
  explicit ChunkListBuilder(NodeSink& sink);
  ~ChunkListBuilder();
  ChunkListBuilder(ChunkListBuilder&&) noexcept;
  ChunkListBuilder& operator=(ChunkListBuilder&&) noexcept;

  /// Chunks that repeat may be given one by one or as a run, it makes no difference. kUsage for a length of 0 or above
  /// kMaxChunkBytes, a repeat of 0, or a file that becomes larger than kMaxFileBytes.
  Result<void> add(const ChunkId& chunk, std::uint64_t length, std::uint64_t repeat = 1);
  /// Writes the open nodes. No chunks at all are the empty file. To be called once.
  Result<FileRef> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads the list of a file from the front, or from any offset, with one node per level in memory. Not thread-safe.
class ChunkListReader {
 public:
  /// Reads nothing yet. The source must outlive the reader.
  ChunkListReader(NodeSource& source, const FileRef& file);
  ~ChunkListReader();
  ChunkListReader(ChunkListReader&&) noexcept;
  ChunkListReader& operator=(ChunkListReader&&) noexcept;

  /// The next run, nothing at the end of the file. A run of the list may come in several pieces after a seek, and runs
  /// of neighbouring repeated nodes come one node at a time.
  Result<std::optional<ChunkRun>> next();
  /// Where in the file the run begins that next() gives.
  [[nodiscard]] std::uint64_t offset() const;
  /// Moves to the chunk that holds the byte `offset`; next() then begins with that chunk (the rest of its run).
  /// At or beyond the size of the file: the end. O(log n) nodes are read.
  Result<void> seek(std::uint64_t offset);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cowstore::object
