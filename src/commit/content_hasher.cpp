#include "commit/content_hasher.hpp"

#include "base/try.hpp"
#include "chunk/stream_cutter.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "sys/file.hpp"

namespace cowstore::commit {

namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20;

/// Turns the cutter's chunks into list entries.
class Lister final : public chunk::ChunkSink {
 public:
  Lister(const chunk::CutRule& rule, object::NodeSink& nodes, const ChunkVisitor& visit)
      : rule_(rule), list_(nodes), visit_(visit) {}

  Result<void> chunk(ByteView bytes) override {
    ChunkId id(hash::sha256(bytes));
    COWSTORE_TRY(visit_(id, offset_, bytes));
    offset_ += bytes.size();
    return list_.add(id, bytes.size());
  }

  Result<void> zero_chunks(std::uint64_t count) override {
    offset_ += count * rule_.max;
    return list_.add(zero_chunk_id(), rule_.max, count);
  }

  Result<object::FileRef> finish() { return list_.finish(); }

 private:
  ChunkId zero_chunk_id() {
    if (!zero_) zero_ = ChunkId(hash::sha256(Bytes(rule_.max)));
    return *zero_;
  }

  const chunk::CutRule& rule_;
  object::ChunkListBuilder list_;
  const ChunkVisitor& visit_;
  std::uint64_t offset_ = 0;
  std::optional<ChunkId> zero_;
};

/// A buffer for each thread: allocating and touching a megabyte anew costs as much as hashing a small file.
Bytes& read_buffer() {
  thread_local Bytes buffer(kReadBytes);
  return buffer;
}

/// Feeds [begin, end); less if the file has become shorter, which ends it: false then.
Result<bool> feed_data(const sys::Fd& fd, std::uint64_t begin, std::uint64_t end, chunk::StreamCutter& cutter,
                       std::string_view path) {
  Bytes& buffer = read_buffer();
  while (begin < end) {
    std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - begin));
    std::size_t got = COWSTORE_TRY(sys::read_at(fd, std::span(buffer).first(want), begin, path));
    COWSTORE_TRY(cutter.feed(ByteView(buffer).first(got)));
    if (got < want) return false;
    begin += got;
  }
  return true;
}

/// Below this looking for holes costs more than reading them.
constexpr std::uint64_t kWorthLookingForHoles = std::uint64_t{1} << 16;

Result<void> feed_file(const sys::Fd& fd, std::uint64_t size, chunk::StreamCutter& cutter, std::string_view path) {
  if (size < kWorthLookingForHoles) {
    COWSTORE_TRY(feed_data(fd, 0, size, cutter, path));
    return {};
  }
  std::uint64_t at = 0;
  while (at < size) {
    auto range = COWSTORE_TRY(sys::next_data(fd, at, size, path));
    std::uint64_t data = range ? range->offset : size;
    if (data > at) COWSTORE_TRY(cutter.feed_zeros(data - at));
    at = range ? range->offset + range->length : size;
    if (range && !COWSTORE_TRY(feed_data(fd, range->offset, at, cutter, path))) return {};
  }
  return {};
}

}  // namespace

Result<object::FileRef> hash_content(const sys::Fd& fd, std::uint64_t size, chunk::Profile profile,
                                     object::NodeSink& nodes, const ChunkVisitor& visit, std::string_view path) {
  const chunk::CutRule& rule = chunk::rule_of(profile);
  Lister lister(rule, nodes, visit);
  chunk::StreamCutter cutter(rule, lister);
  COWSTORE_TRY(feed_file(fd, size, cutter, path));
  COWSTORE_TRY(cutter.finish());
  return lister.finish();
}

}  // namespace cowstore::commit
