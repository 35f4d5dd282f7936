#include "content/content_hasher.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/page_buffer.hpp"
#include "base/try.hpp"
#include "chunk/stream_cutter.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "sys/file.hpp"

namespace cowstore::content {

namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;
/// Below this looking for holes costs more than reading them.
constexpr std::uint64_t kWorthLookingForHoles = std::uint64_t{1} << 16;

/// Turns the cutter's chunks into list entries. It collects them, since several are hashed faster together than one
/// after the other; flush() is due before the cutter's next call, which ends the chunks' views.
class Lister final : public chunk::ChunkSink {
 public:
  Lister(const chunk::CutRule& rule, object::NodeSink& nodes, const ChunkVisitor& visit)
      : rule_(rule), list_(nodes), visit_(visit) {}

  Result<void> chunk(ByteView bytes) override {
    if (waiting_ == chunks_.size()) COWSTORE_TRY(flush());
    chunks_[waiting_++] = bytes;
    return {};
  }

  Result<void> zero_chunks(std::uint64_t count) override {
    COWSTORE_TRY(flush());
    if (!zero_) zero_ = ChunkId(hash::sha256(Bytes(rule_.max)));
    offset_ += count * rule_.max;
    return list_.add(*zero_, rule_.max, count);
  }

  Result<void> flush() {
    const std::size_t count = std::exchange(waiting_, 0);
    std::array<Digest, kMostChunks> digests;
    hash::sha256_many(std::span(chunks_).first(count), std::span(digests).first(count));
    for (std::size_t i = 0; i < count; ++i) COWSTORE_TRY(add(ChunkId(digests[i]), chunks_[i]));
    return {};
  }

  Result<object::FileRef> finish() { return list_.finish(); }

 private:
  static constexpr std::size_t kMostChunks = 32;

  Result<void> add(const ChunkId& id, ByteView bytes) {
    if (visit_) COWSTORE_TRY(visit_(id, offset_, bytes));
    offset_ += bytes.size();
    return list_.add(id, bytes.size());
  }

  const chunk::CutRule& rule_;
  object::ChunkListBuilder list_;
  const ChunkVisitor& visit_;
  std::uint64_t offset_ = 0;
  std::array<ByteView, kMostChunks> chunks_;
  std::size_t waiting_ = 0;
  std::optional<ChunkId> zero_;
};

/// A buffer for each thread: allocating and touching a megabyte anew costs as much as hashing a small file.
std::span<std::uint8_t> read_buffer() {
  thread_local const base::PageBuffer buffer(kReadBytes);
  return buffer.span();
}

class Pass {
 public:
  Pass(const sys::Fd& fd, std::string_view path, const chunk::CutRule& rule, object::NodeSink& nodes,
       const ChunkVisitor& visit)
      : fd_(fd), path_(path), lister_(rule, nodes, visit), cutter_(rule, lister_) {}

  Result<object::FileRef> run(std::uint64_t size) {
    COWSTORE_TRY(size < kWorthLookingForHoles ? feed_data(0, size) : feed_file(size));
    COWSTORE_TRY(cutter_.finish());
    COWSTORE_TRY(lister_.flush());
    return lister_.finish();
  }

 private:
  /// Feeds [begin, end); less if the file has become shorter: false then.
  Result<bool> feed_data(std::uint64_t begin, std::uint64_t end) {
    const std::span<std::uint8_t> buffer = read_buffer();
    while (begin < end) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin));
      const std::size_t got = COWSTORE_TRY(sys::read_at(fd_, buffer.first(want), begin, path_));
      COWSTORE_TRY(cutter_.feed(buffer.first(got)));
      COWSTORE_TRY(lister_.flush());
      if (got < want) return false;
      begin += got;
    }
    return true;
  }

  Result<void> feed_zeros(std::uint64_t length) {
    COWSTORE_TRY(cutter_.feed_zeros(length));
    return lister_.flush();
  }

  /// The content as chunks, holes as what they stand for.
  Result<bool> feed_file(std::uint64_t size) {
    sys::advise_sequential(fd_);
    std::uint64_t at = 0;
    while (at < size) {
      const auto range = COWSTORE_TRY(sys::next_data(fd_, at, size, path_));
      const std::uint64_t data = range ? range->offset : size;
      COWSTORE_TRY(feed_zeros(data - at));
      at = range ? range->offset + range->length : size;
      if (range && !COWSTORE_TRY(feed_data(range->offset, at))) return false;
    }
    return true;
  }

  const sys::Fd& fd_;
  std::string_view path_;
  Lister lister_;
  chunk::StreamCutter cutter_;
};

/// What is no longer than the shortest chunk is one chunk; most files are.
Result<object::FileRef> hash_small(const sys::Fd& fd, std::size_t size, const ChunkVisitor& visit,
                                   std::string_view path) {
  const std::span<std::uint8_t> buffer = read_buffer().first(size);
  const ByteView content = buffer.first(COWSTORE_TRY(sys::read_at(fd, buffer, 0, path)));
  if (content.empty()) return object::FileRef::empty();
  const ChunkId id(hash::sha256(content));
  if (visit) COWSTORE_TRY(visit(id, 0, content));
  return object::FileRef::single_chunk(id, content.size());
}

}  // namespace

Result<object::FileRef> hash_content(const sys::Fd& fd, std::uint64_t size, const chunk::CutRule& rule,
                                     object::NodeSink& nodes, const ChunkVisitor& visit, std::string_view path) {
  if (size <= rule.min) return hash_small(fd, static_cast<std::size_t>(size), visit, path);
  return Pass(fd, path, rule, nodes, visit).run(size);
}

}  // namespace cowstore::content
