#include <algorithm>
#include <cstring>

#include "base/try.hpp"
#include "provider/file_maker.hpp"
#include "store/content_reader.hpp"
#include "sys/file.hpp"

namespace cowstore::provider {

namespace {

/// Zeros are looked for in units of what file systems allocate.
constexpr std::uint64_t kBlock = 4096;

bool all_zero(ByteView bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// The length of the part of `bytes`, which begins at `offset` of the file, up to the next block border.
std::size_t to_block_end(ByteView bytes, std::uint64_t offset) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), kBlock - offset % kBlock));
}

/// Writes all but whole blocks of zeros; gives what it wrote.
Result<std::uint64_t> write_sparse(const sys::Fd& file, ByteView bytes, std::uint64_t offset, std::string_view path) {
  std::size_t begin = 0;
  std::uint64_t skipped = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t length = to_block_end(bytes.subspan(at), offset + at);
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

}  // namespace

Result<std::uint64_t> write_content(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                    std::string_view path) {
  store::ContentReader reader(store, content);
  std::uint64_t written = 0;
  bool ends_in_hole = false;
  for (;;) {
    std::uint64_t offset = reader.offset();
    auto piece = COWSTORE_TRY(reader.next());
    if (!piece) break;
    std::uint64_t of_piece = piece->data.empty() ? 0 : COWSTORE_TRY(write_sparse(file, piece->data, offset, path));
    ends_in_hole = of_piece < piece->size();
    written += of_piece;
  }
  // Where the last piece has a hole, the size may still be missing.
  if (ends_in_hole) COWSTORE_TRY(sys::truncate(file, content.size, path));
  return written;
}

}  // namespace cowstore::provider
