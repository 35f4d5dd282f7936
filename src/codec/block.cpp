#include "codec/block.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <string>

#include "base/coding.hpp"

namespace cowstore::codec {
namespace {

/// Compressing has to save more than this part of a block, or reading it back raw is the better deal.
constexpr std::size_t kLeastSaving = 32;

Error corrupt(const std::string& reason) {
  return {ErrorCode::kCorrupt, 0, "decompress a block", "", reason, ""};
}

struct FreeDecoder {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_DCtx* decoder_of_this_thread() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecoder> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  return context.get();
}

Result<void> copy_raw(ByteView stored, std::span<std::uint8_t> raw_out) {
  if (stored.size() != raw_out.size()) return corrupt("a raw block whose size isn't that of its content");
  std::copy(stored.begin(), stored.end(), raw_out.begin());
  return {};
}

/// zstd itself would also take several frames in a row, skippable ones and formats from before 1.0.
Result<void> check_frame(ByteView stored, std::size_t raw_size) {
  if (stored.size() < sizeof(std::uint32_t) || base::load_u32(stored.data()) != ZSTD_MAGICNUMBER)
    return corrupt("not a zstd frame");
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != raw_size)
    return corrupt("the zstd frame doesn't hold as many bytes as the block's header says");
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size())
    return corrupt("the block isn't exactly one zstd frame");
  return {};
}

Result<void> decode_frame(ByteView stored, std::span<std::uint8_t> raw_out) {
  const std::size_t outcome =
      ZSTD_decompressDCtx(decoder_of_this_thread(), raw_out.data(), raw_out.size(), stored.data(), stored.size());
  if (ZSTD_isError(outcome) != 0) return corrupt(std::string("zstd: ") + ZSTD_getErrorName(outcome));
  if (outcome != raw_out.size()) return corrupt("the zstd frame ends early");
  return {};
}

}  // namespace

void Compressor::FreeContext::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

Compressor::Compressor(int level) : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
}

Encoded Compressor::compress(ByteView raw) {
  scratch_.resize(std::max(scratch_.size(), ZSTD_compressBound(raw.size())));
  const std::size_t size = ZSTD_compress2(context_.get(), scratch_.data(), scratch_.size(), raw.data(), raw.size());
  const bool worthwhile = ZSTD_isError(size) == 0 && size + raw.size() / kLeastSaving < raw.size();
  if (!worthwhile) return {Codec::kRaw, Bytes(raw.begin(), raw.end())};
  return {Codec::kZstd, Bytes(scratch_.data(), scratch_.data() + size)};
}

Result<void> decompress(Codec codec, ByteView stored, std::span<std::uint8_t> raw_out) {
  switch (codec) {
    case Codec::kRaw:
      return copy_raw(stored, raw_out);
    case Codec::kZstd:
      if (auto sound = check_frame(stored, raw_out.size()); !sound) return sound;
      return decode_frame(stored, raw_out);
  }
  return corrupt("unknown codec " + std::to_string(static_cast<unsigned>(codec)));
}

}  // namespace cowstore::codec
