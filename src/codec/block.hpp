// One block of a pack: stored raw, or as one zstd frame.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"

struct ZSTD_CCtx_s;

namespace cowstore::codec {

/// As in the block's header on disk. A byte read from there may be cast to it unchecked: decompress() refuses others.
enum class Codec : std::uint8_t { kRaw = 0, kZstd = 1 };

struct Encoded {
  Codec codec;
  Bytes bytes;
};

/// Compresses blocks, reusing one zstd context. One thread at a time; a moved-from one may only be assigned to or
/// destroyed.
class Compressor {
 public:
  /// zstd's levels (negative ones are the fast ones), clamped to those that exist.
  explicit Compressor(int level);

  /// Whatever is stored smaller; kRaw unless zstd saves more than 1/32. Never fails: raw is always right.
  Encoded compress(ByteView raw);

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
  Bytes scratch_;
};

/// Fills exactly `raw_out`, whose size the caller knows from the block's header and has bounded; nothing is allocated
/// according to `stored`. kCorrupt (without a path: the caller knows where) if `stored` isn't one whole frame of
/// exactly that size, or the codec is unknown; then the bytes in `raw_out` mean nothing. Thread-safe. There is no
/// checksum in the frame: the ids of what it holds verify the bytes.
Result<void> decompress(Codec codec, ByteView stored, std::span<std::uint8_t> raw_out);

}  // namespace cowstore::codec
