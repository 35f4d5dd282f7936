// Chunks of content that arrives in pieces: bytes in buffers of any size, holes as lengths.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "chunk/chunker.hpp"
#include "cowstore/result.hpp"

namespace cowstore::chunk {

/// Receives a content's chunks in order. An error stops the cutter.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  /// One chunk, never empty. The view is valid until the cutter is called again, but for one into what was fed, which
  /// is as valid as that.
  virtual Result<void> chunk(ByteView bytes) = 0;
  /// `count` > 0 chunks in a row of which each is rule.max zero bytes. Such chunks never come through chunk(), however
  /// the zeros were fed; but neighbouring calls are not merged.
  virtual Result<void> zero_chunks(std::uint64_t count) = 0;
};

/// Cuts contents one after the other; the cuts depend on the bytes alone, not on the pieces, nor on what of them was
/// fed as a hole. Pure: touches nothing but two buffers of at most rule.max bytes, and what is inside one piece
/// reaches the sink as a view of the caller's buffer. One thread at a time. After an error of the sink every call
/// returns that error.
class StreamCutter {
 public:
  /// Borrows both; they must outlive it.
  StreamCutter(const CutRule& rule, ChunkSink& sink) : rule_(rule), sink_(sink) {}
  StreamCutter(const StreamCutter&) = delete;
  StreamCutter& operator=(const StreamCutter&) = delete;

  Result<void> feed(ByteView bytes);
  /// As feed() of so many zero bytes, in a time that doesn't depend on their number.
  Result<void> feed_zeros(std::uint64_t length);
  /// Ends the content: what remains is its last chunk (empty content has none). Then ready for the next content.
  Result<void> finish();

 private:
  Result<std::size_t> extend_pending(ByteView bytes);
  std::optional<std::size_t> find_cut_across(ByteView bytes);
  Result<void> emit_pending();
  Result<void> emit(ByteView bytes);
  Result<void> note(Result<void> outcome);

  const CutRule& rule_;
  ChunkSink& sink_;
  Bytes pending_;  ///< the start of a chunk that has no cut so far
  Bytes emitted_;  ///< the last chunk that was in pending_: the sink may still look at it
  std::optional<Error> failure_;
};

}  // namespace cowstore::chunk
