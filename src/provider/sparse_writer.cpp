#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/page_buffer.hpp"
#include "base/try.hpp"
#include "provider/file_maker.hpp"
#include "store/content_reader.hpp"
#include "sys/file.hpp"

namespace cowstore::provider {

namespace {

/// Zeros are looked for in units of what file systems allocate.
constexpr std::uint64_t kBlock = 4096;
/// Chunks end anywhere, and writes that begin and end in the midst of pages are dear: twice as much as aligned ones. So
/// what is written ends on such a border, and what lies behind it waits for more.
constexpr std::uint64_t kBorder = std::uint64_t{64} << 10;
/// What waits, and chunks behind it.
constexpr std::size_t kBufferBytes = kBorder + (std::size_t{1} << 20);

bool all_zero(ByteView bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// The length of the part of `bytes`, which begins at `offset` of the file, up to the next border.
std::size_t to_border(ByteView bytes, std::uint64_t offset, std::uint64_t unit) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), unit - offset % unit));
}

/// Writes all but whole blocks of zeros; gives what it wrote.
Result<std::uint64_t> write_sparse(const sys::Fd& file, ByteView bytes, std::uint64_t offset, std::string_view path) {
  std::size_t begin = 0;
  std::uint64_t skipped = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t length = to_border(bytes.subspan(at), offset + at, kBlock);
    if (length == kBlock && all_zero(bytes.subspan(at, length))) {
      COWSTORE_TRY(sys::write_at(file, bytes.subspan(begin, at - begin), offset + begin, path));
      begin = at + length;
      skipped += length;
    }
    at += length;
  }
  COWSTORE_TRY(sys::write_at(file, bytes.subspan(begin), offset + begin, path));
  return bytes.size() - skipped;
}

/// A buffer for each thread: allocating and touching a megabyte anew costs as much as writing a small file.
std::span<std::uint8_t> buffer_of_this_thread() {
  thread_local const base::PageBuffer buffer(kBufferBytes);
  return buffer.span();
}

/// Takes the bytes of a file in order, and writes them in aligned pieces.
class GatheringWriter {
 public:
  GatheringWriter(const sys::Fd& file, std::string_view path, Range range)
      : file_(file), path_(path), range_(range), buffer_(buffer_of_this_thread()) {}

  /// Where the next bytes are best put.
  [[nodiscard]] std::span<std::uint8_t> room() const { return buffer_.subspan(pending_); }

  /// In the front of room(), or elsewhere.
  Result<void> add(ByteView bytes) {
    while (!bytes.empty()) {
      const std::span<std::uint8_t> place = room().first(std::min(bytes.size(), room().size()));
      if (place.data() != bytes.data()) std::copy_n(bytes.begin(), place.size(), place.begin());
      pending_ += place.size();
      bytes = bytes.subspan(place.size());
      COWSTORE_TRY(write_to_border());
    }
    return {};
  }

  Result<void> skip(std::uint64_t zeros) {
    COWSTORE_TRY(flush());
    offset_ += zeros;
    ends_in_hole_ = true;
    return {};
  }

  Result<void> flush() { return pending_ == 0 ? Result<void>() : write(pending_); }

  [[nodiscard]] std::uint64_t written() const { return written_; }
  /// Whether the size of the file may still be missing.
  [[nodiscard]] bool ends_in_hole() const { return ends_in_hole_; }

 private:
  Result<void> write_to_border() {
    const std::uint64_t end = offset_ + pending_;
    if (end >= range_.end) return flush();
    const std::uint64_t border = end - end % kBorder;
    return border > offset_ ? write(static_cast<std::size_t>(border - offset_)) : Result<void>();
  }

  /// The front of what is pending; the rest moves to the front.
  Result<void> write(std::size_t length) {
    std::uint64_t written = COWSTORE_TRY(write_sparse(file_, buffer_.first(length), offset_, path_));
    ends_in_hole_ = written < length;
    written_ += written;
    offset_ += length;
    std::memmove(buffer_.data(), buffer_.data() + length, pending_ - length);
    pending_ -= length;
    return {};
  }

  const sys::Fd& file_;
  std::string_view path_;
  Range range_;
  std::span<std::uint8_t> buffer_;
  std::size_t pending_ = 0;              ///< bytes at its front
  std::uint64_t offset_ = range_.begin;  ///< of what is pending
  std::uint64_t written_ = 0;
  bool ends_in_hole_ = false;
};

}  // namespace

Result<std::uint64_t> write_content(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                    std::string_view path, Range range) {
  store::ContentReader reader(store, content);
  if (range.begin > 0) COWSTORE_TRY(reader.seek(range.begin));
  GatheringWriter writer(file, path, range);
  while (reader.offset() < range.end) {
    const std::uint64_t left = range.end - reader.offset();
    auto piece = COWSTORE_TRY(reader.next_into(writer.room(), range.end));
    if (!piece) break;
    if (piece->data.empty()) {
      COWSTORE_TRY(writer.skip(std::min(piece->zeros, left)));
    } else {
      COWSTORE_TRY(
          writer.add(piece->data.first(static_cast<std::size_t>(std::min<std::uint64_t>(piece->data.size(), left)))));
    }
  }
  COWSTORE_TRY(writer.flush());
  if (writer.ends_in_hole() && range.end >= content.size) COWSTORE_TRY(sys::truncate(file, content.size, path));
  return writer.written();
}

Result<std::uint64_t> write_content(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                    std::string_view path) {
  return write_content(store, content, file, path, {0, content.size});
}

Result<std::uint64_t> write_content_in_parts(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                             std::string_view path, base::ThreadPool& pool) {
  constexpr std::uint64_t kPart = std::uint64_t{4} << 20;
  std::atomic<std::uint64_t> written{0};
  base::TaskGroup group(pool);
  for (std::uint64_t begin = 0; begin < content.size && !group.failed(); begin += kPart) {
    Range range{begin, std::min(content.size, begin + kPart)};
    group.add_bounded([&, range]() -> Result<void> {
      written += COWSTORE_TRY(write_content(store, content, file, path, range));
      return {};
    });
  }
  COWSTORE_TRY(group.wait());
  return written.load();
}

}  // namespace cowstore::provider
