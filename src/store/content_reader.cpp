#include "store/content_reader.hpp"

#include "base/try.hpp"

namespace cowstore::store {

namespace {

bool is_zeros(const object::ChunkRun& run) {
  return implied_zero_chunk_length(run.chunk.digest()) == run.length;
}

}  // namespace

ContentReader::ContentReader(Store& store, const object::FileRef& file)
    : store_(store), size_(file.size), list_(store, file) {}

Result<std::optional<ContentPiece>> ContentReader::next() {
  if (!run_) run_ = COWSTORE_TRY(list_.next());
  if (!run_) return std::optional<ContentPiece>();
  if (is_zeros(*run_)) return std::optional(take_zeros());
  COWSTORE_TRY(load(*run_));
  return std::optional(take_chunk());
}

Result<void> ContentReader::load(const object::ChunkRun& run) {
  if (loaded_ == run.chunk && chunk_.size() == run.length) return {};
  loaded_.reset();
  if (buffer_.size() < run.length) buffer_.resize(run.length);
  std::span<std::uint8_t> bytes = std::span(buffer_).first(run.length);
  auto read = store_.read_chunk(run.chunk, bytes);
  if (!read) {
    Error error = std::move(read).error();
    // The list promises it.
    if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kCorrupt;
    return error;
  }
  loaded_ = run.chunk;
  chunk_ = bytes;
  return {};
}

ContentPiece ContentReader::take_zeros() {
  ContentPiece piece{{}, run_->bytes() - std::exchange(skip_, 0)};
  run_.reset();
  offset_ += piece.size();
  return piece;
}

ContentPiece ContentReader::take_chunk() {
  ContentPiece piece{chunk_.subspan(std::exchange(skip_, 0)), 0};
  if (--run_->repeat == 0) run_.reset();
  offset_ += piece.size();
  return piece;
}

Result<void> ContentReader::seek(std::uint64_t offset) {
  run_.reset();
  offset_ = std::min(offset, size_);
  COWSTORE_TRY(list_.seek(offset_));
  skip_ = offset_ == size_ ? 0 : offset_ - list_.offset();
  return {};
}

}  // namespace cowstore::store
