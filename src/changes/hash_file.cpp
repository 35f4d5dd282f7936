#include "changes/hash_file.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/try.hpp"
#include "chunk/stream_cutter.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "object/node.hpp"
#include "sys/file.hpp"

namespace cowstore::changes {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr int kAttempts = 4;

/// Ids are wanted here, not nodes.
class NoSink : public object::NodeSink {
 public:
  Result<void> put_node(object::NodeKind, const Digest&, ByteView) override { return {}; }
};

class ChunkHasher : public chunk::ChunkSink {
 public:
  explicit ChunkHasher(const chunk::CutRule& rule) : rule_(rule), list_(nowhere_) {}

  Result<void> chunk(ByteView bytes) override { return list_.add(ChunkId(hash::sha256(bytes)), bytes.size()); }
  Result<void> zero_chunks(std::uint64_t count) override {
    if (!zeros_) zeros_ = ChunkId(hash::sha256(Bytes(rule_.max)));
    return list_.add(*zeros_, rule_.max, count);
  }
  Result<object::FileRef> finish() { return list_.finish(); }

 private:
  const chunk::CutRule& rule_;
  NoSink nowhere_;
  object::ChunkListBuilder list_;
  std::optional<ChunkId> zeros_;
};

std::span<std::uint8_t> buffer_of_this_thread() {
  thread_local Bytes buffer(kBufferBytes);
  return buffer;
}

struct OpenFile {
  sys::Fd fd;
  std::string path;  ///< for messages
};

Error busy(const OpenFile& file, std::string_view reason) {
  return Error{ErrorCode::kBusy, 0, "read", file.path, std::string(reason), "run the command again"};
}

/// Feeds `length` bytes at `offset`; false if the file ends before.
Result<bool> feed_data(const OpenFile& file, std::uint64_t offset, std::uint64_t length, chunk::StreamCutter& cutter) {
  while (length > 0) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(length, kBufferBytes));
    const std::span<std::uint8_t> piece = buffer_of_this_thread().first(wanted);
    if (COWSTORE_TRY(sys::read_at(file.fd, piece, offset, file.path)) != wanted) return false;
    COWSTORE_TRY(cutter.feed(piece));
    offset += wanted;
    length -= wanted;
  }
  return true;
}

/// The content as chunks, holes as what they stand for; false if the file became shorter.
Result<bool> feed_file(const OpenFile& file, std::uint64_t size, chunk::StreamCutter& cutter) {
  std::uint64_t offset = 0;
  while (offset < size) {
    const auto data = COWSTORE_TRY(sys::next_data(file.fd, offset, size, file.path));
    const std::uint64_t begin = data ? data->offset : size;
    COWSTORE_TRY(cutter.feed_zeros(begin - offset));
    if (!data) break;
    if (!COWSTORE_TRY(feed_data(file, begin, data->length, cutter))) return false;
    offset = begin + data->length;
  }
  COWSTORE_TRY(cutter.finish());
  return true;
}

/// What is no longer than the shortest chunk is one chunk; most files are.
Result<std::optional<object::FileRef>> hash_small(const OpenFile& file, std::size_t size) {
  const std::span<std::uint8_t> content = buffer_of_this_thread().first(size);
  if (COWSTORE_TRY(sys::read_at(file.fd, content, 0, file.path)) != size) return std::optional<object::FileRef>();
  if (size == 0) return std::optional(object::FileRef::empty());
  return std::optional(object::FileRef::single_chunk(ChunkId(hash::sha256(content)), size));
}

/// Nothing if the file became shorter meanwhile.
Result<std::optional<object::FileRef>> hash_content(const OpenFile& file, std::uint64_t size,
                                                    const chunk::CutRule& rule) {
  if (size <= rule.min) return hash_small(file, static_cast<std::size_t>(size));
  sys::advise_sequential(file.fd);
  ChunkHasher hasher(rule);
  chunk::StreamCutter cutter(rule, hasher);
  if (!COWSTORE_TRY(feed_file(file, size, cutter))) return std::optional<object::FileRef>();
  return std::optional(COWSTORE_TRY(hasher.finish()));
}

bool same_state(const sys::Stat& a, const sys::Stat& b) {
  return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime;
}

/// Nothing if the file changed meanwhile.
Result<std::optional<HashedFile>> try_to_hash(const OpenFile& file, const chunk::CutRule& rule) {
  const sys::Stat before = COWSTORE_TRY(sys::stat(file.fd, file.path));
  if (before.kind != sys::FileKind::kRegular) return busy(file, "it is no regular file any more");
  COWSTORE_TRY(sys::write_back(file.fd, file.path));
  const auto content = COWSTORE_TRY(hash_content(file, before.size, rule));
  const sys::Stat after = COWSTORE_TRY(sys::stat(file.fd, file.path));
  if (!content || !same_state(before, after)) return std::optional<HashedFile>();
  return std::optional(HashedFile{*content, before});
}

/// What opening says of something that has become a link or a socket.
bool is_no_file(const Error& error) {
  return error.sys_errno == ELOOP || error.sys_errno == ENXIO;
}

}  // namespace

Result<HashedFile> hash_file(const sys::Dir& parent, std::string_view name, const chunk::CutRule& rule) {
  OpenFile file{sys::Fd(), parent.path_of(name)};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Opened anew each time: many programs don't change a file, they replace it.
    auto fd = parent.open_read(name);
    if (!fd && is_no_file(fd.error())) return busy(file, "it is no regular file any more");
    if (!fd) return std::move(fd).error();
    file.fd = std::move(fd).value();
    if (auto hashed = COWSTORE_TRY(try_to_hash(file, rule))) return *hashed;
  }
  return busy(file, "it keeps changing while it is read");
}

void prepare_to_hash(const sys::Dir& parent, std::string_view name) {
  auto fd = parent.open_read(name);
  if (fd) sys::start_write_back(*fd);
}

}  // namespace cowstore::changes
