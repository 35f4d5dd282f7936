#include "store/content_reader.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/try.hpp"

namespace cowstore::store {

namespace {

bool is_zeros(const object::ChunkRun& run) {
  return implied_zero_chunk_length(run.chunk.digest()) == run.length;
}

/// What a list names has to be there.
Result<void> promised(Result<void> read) {
  if (read || read.error().code != ErrorCode::kNotFound) return read;
  Error error = std::move(read).error();
  error.code = ErrorCode::kCorrupt;
  return error;
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
  COWSTORE_TRY(promised(store_.read_chunk(run.chunk, bytes)));
  loaded_ = run.chunk;
  chunk_ = bytes;
  return {};
}

Result<std::optional<ContentPiece>> ContentReader::next_into(std::span<std::uint8_t> out, std::uint64_t end) {
  if (!run_) run_ = COWSTORE_TRY(list_.next());
  if (!run_) return std::optional<ContentPiece>();
  if (is_zeros(*run_)) return std::optional(take_zeros());
  // A repeated chunk is read once for all its repetitions.
  if (run_->repeat > 1 || run_->length > out.size()) return next();
  return std::optional(COWSTORE_TRY(take_chunks(out, end)));
}

Result<ContentPiece> ContentReader::take_chunks(std::span<std::uint8_t> out, std::uint64_t end) {
  std::vector<ChunkRead> reads;
  std::size_t filled = 0;
  const std::size_t skip = static_cast<std::size_t>(std::exchange(skip_, 0));
  do {
    reads.push_back({run_->chunk, out.subspan(filled, run_->length)});
    filled += run_->length;
    run_ = COWSTORE_TRY(list_.next());
  } while (run_ && run_->repeat == 1 && !is_zeros(*run_) && run_->length <= out.size() - filled &&
           offset_ + filled - skip < end);
  COWSTORE_TRY(promised(store_.read_chunks(reads)));
  if (skip > 0)
    std::copy(out.begin() + static_cast<std::ptrdiff_t>(skip), out.begin() + static_cast<std::ptrdiff_t>(filled),
              out.begin());
  offset_ += filled - skip;
  return ContentPiece{out.first(filled - skip), 0};
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
