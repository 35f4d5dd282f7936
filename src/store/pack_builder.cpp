#include "store/pack_builder.hpp"

#include "base/try.hpp"

namespace cowstore::store {

PackBuilder::PackBuilder(const Session& session, PackContent content, const StoreOptions& options)
    : session_(session),
      content_(content),
      block_bytes_(options.block_bytes),
      pack_bytes_(options.pack_bytes),
      compressors_(options.compression_level) {}

std::unique_ptr<codec::Compressor> PackBuilder::CompressorPool::take() {
  std::lock_guard lock(mutex_);
  if (free_.empty()) return std::make_unique<codec::Compressor>(level_);
  auto compressor = std::move(free_.back());
  free_.pop_back();
  return compressor;
}

codec::Encoded PackBuilder::CompressorPool::compress(ByteView raw) {
  auto compressor = take();
  codec::Encoded encoded = compressor->compress(raw);
  std::lock_guard lock(mutex_);
  free_.push_back(std::move(compressor));
  return encoded;
}

bool PackBuilder::must_close_before(const ObjectInfo& object) const {
  if (filling_.objects.empty()) return false;
  return filling_.bytes.size() + object.length > block_bytes_ || filling_.objects.size() == kMaxBlockObjects;
}

Result<void> PackBuilder::add(const ObjectInfo& object, ByteView bytes) {
  Block full;
  if (object.length >= block_bytes_) {
    full.objects.push_back(object);
    full.bytes.assign(bytes.begin(), bytes.end());
  } else {
    std::lock_guard lock(filling_mutex_);
    if (must_close_before(object)) full = std::exchange(filling_, Block());
    if (filling_.bytes.capacity() == 0) filling_.bytes.reserve(block_bytes_);
    filling_.objects.push_back(object);
    filling_.bytes.insert(filling_.bytes.end(), bytes.begin(), bytes.end());
  }
  if (full.objects.empty()) return {};
  return write_block(full);
}

Result<void> PackBuilder::write_block(const Block& block) {
  codec::Encoded encoded = compressors_.compress(block.bytes);
  std::lock_guard lock(writing_mutex_);
  return append(block, encoded);
}

Result<void> PackBuilder::append(const Block& block, const codec::Encoded& encoded) {
  if (!writer_) {
    std::string kind = content_ == PackContent::kData ? "data-" : "nodes-";
    writer_ = COWSTORE_TRY(PackWriter::create(session_, kind + std::to_string(packs_.size()), content_));
  }
  std::uint64_t offset = COWSTORE_TRY(writer_->append(encoded, block.objects));
  std::uint32_t inner = 0;
  for (const ObjectInfo& object : block.objects) {
    auto pack = static_cast<std::uint32_t>(packs_.size());
    entries_.push_back({object.id, Location{pack, offset, inner, object.length, object.kind}});
    inner += object.length;
  }
  if (writer_->bytes() < pack_bytes_ && writer_->blocks() < kMaxPackBlocks) return {};
  COWSTORE_TRY(end_pack());
  COWSTORE_TRY(writer_->sync());
  writer_.reset();
  return {};
}

Result<void> PackBuilder::end_pack() {
  Digest name = COWSTORE_TRY(writer_->finish());
  packs_.push_back({writer_->file_name(), name, writer_->bytes()});
  return {};
}

Result<void> PackBuilder::finish() {
  Block last = std::exchange(filling_, Block());
  if (!last.objects.empty()) COWSTORE_TRY(write_block(last));
  return writer_ ? end_pack() : Result<void>();
}

Result<void> PackBuilder::sync() const {
  return writer_ ? writer_->sync() : Result<void>();
}

}  // namespace cowstore::store
