#include "store/pack_reader.hpp"

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "store/located.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

/// Below this the next object of the block is likely to be wanted too, and another read costs more than a copy.
constexpr std::size_t kWorthReadingAlone = std::size_t{16} << 10;

}  // namespace

PackReader::PackReader(sys::Fd fd, std::string path, Digest name, std::uint64_t size, PackContent content)
    : fd_(std::move(fd)), path_(std::move(path)), name_(name), size_(size), content_(content) {}

Result<PackReader> PackReader::open(const sys::Dir& store_dir, const Digest& name) {
  std::string relative = ContainerRecord{.name = name}.path();
  std::string path = store_dir.path_of(relative);
  sys::Fd fd = COWSTORE_TRY(store_dir.open_read(relative));
  std::uint64_t size = COWSTORE_TRY(sys::stat(fd, path)).size;
  Bytes header(kPackHeaderBytes);
  COWSTORE_TRY(sys::read_exactly_at(fd, header, 0, path));
  auto content = decode_pack_header(header);
  if (!content) return located(std::move(content).error(), path, 0);
  return PackReader(std::move(fd), std::move(path), name, size, *content);
}

Result<BlockHeader> PackReader::read_header(std::uint64_t offset) const {
  if (offset < kPackHeaderBytes || offset > size_ || size_ - offset < kBlockHeaderBytes) {
    return corrupt_at(path_, offset, "no block can be here");
  }
  std::array<std::uint8_t, kBlockHeaderBytes> bytes;
  COWSTORE_TRY(sys::read_exactly_at(fd_, bytes, offset, path_));
  auto header = decode_block_header(bytes);
  if (!header) return located(std::move(header).error(), path_, offset);
  if (size_ - offset - kBlockHeaderBytes < header->table_bytes() + header->stored_size) {
    return corrupt_at(path_, offset, "the block doesn't fit into the file");
  }
  return header;
}

Result<void> PackReader::read_payload(const BlockHeader& header, std::uint64_t offset,
                                      std::span<std::uint8_t> out) const {
  std::uint64_t payload = offset + kBlockHeaderBytes + header.table_bytes();
  if (header.codec == codec::Codec::kRaw && header.stored_size == out.size()) {
    return sys::read_exactly_at(fd_, out, payload, path_);
  }
  // Kept: to allocate and clear one for each block would cost as much as reading it.
  thread_local Bytes buffer;
  if (buffer.size() < header.stored_size) buffer.resize(header.stored_size);
  std::span<std::uint8_t> stored = std::span(buffer).first(header.stored_size);
  COWSTORE_TRY(sys::read_exactly_at(fd_, stored, payload, path_));
  auto decoded = codec::decompress(header.codec, stored, out);
  if (!decoded) return located(std::move(decoded).error(), path_, payload);
  return {};
}

Result<Bytes> PackReader::read_block(std::uint64_t offset) const {
  BlockHeader header = COWSTORE_TRY(read_header(offset));
  Bytes bytes(header.raw_size);
  COWSTORE_TRY(read_payload(header, offset, bytes));
  return bytes;
}

Result<bool> PackReader::read_directly(std::uint64_t offset, std::uint32_t inner, std::span<std::uint8_t> out) const {
  BlockHeader header = COWSTORE_TRY(read_header(offset));
  if (inner == 0 && header.raw_size == out.size()) {
    COWSTORE_TRY(read_payload(header, offset, out));
    return true;
  }
  const bool whole_payload = header.codec == codec::Codec::kRaw && header.stored_size == header.raw_size;
  const bool inside = inner <= header.raw_size && out.size() <= header.raw_size - inner;
  if (!whole_payload || !inside || out.size() < kWorthReadingAlone) return false;
  COWSTORE_TRY(sys::read_exactly_at(fd_, out, offset + kBlockHeaderBytes + header.table_bytes() + inner, path_));
  return true;
}

Result<std::vector<BlockPlace>> PackReader::blocks() const {
  if (size_ < kPackHeaderBytes + kPackTrailerBytes) return corrupt_at(path_, size_, "the pack has no end");
  std::uint64_t trailer_offset = size_ - kPackTrailerBytes;
  Bytes trailer_bytes(kPackTrailerBytes);
  COWSTORE_TRY(sys::read_exactly_at(fd_, trailer_bytes, trailer_offset, path_));
  auto trailer = decode_pack_trailer(trailer_bytes);
  if (!trailer) return located(std::move(trailer).error(), path_, trailer_offset);
  if (trailer->name != name_) return corrupt_at(path_, trailer_offset, "the pack's end has another name than the file");
  if (trailer->footer_offset < kPackHeaderBytes || trailer->footer_offset > trailer_offset ||
      trailer_offset - trailer->footer_offset != trailer->blocks * kFooterEntryBytes) {
    return corrupt_at(path_, trailer_offset, "the footer can't be where the trailer says");
  }
  Bytes footer(static_cast<std::size_t>(trailer_offset - trailer->footer_offset));
  COWSTORE_TRY(sys::read_exactly_at(fd_, footer, trailer->footer_offset, path_));
  auto places = decode_pack_footer(footer, *trailer, trailer_bytes);
  if (!places) return located(std::move(places).error(), path_, trailer->footer_offset);
  return places;
}

Result<std::vector<BlockPlace>> PackReader::salvage_blocks() const {
  std::vector<BlockPlace> places;
  for (std::uint64_t offset = kPackHeaderBytes;;) {
    auto header = read_header(offset);
    if (!header && header.error().code != ErrorCode::kCorrupt) return std::move(header).error();
    if (!header) return places;
    BlockPlace place{offset, header->stored_size, header->objects};
    auto table = read_table(place);
    if (!table && table.error().code != ErrorCode::kCorrupt) return std::move(table).error();
    if (!table) return places;
    places.push_back(place);
    offset = place.end();
  }
}

Result<std::vector<ObjectInfo>> PackReader::read_table(const BlockPlace& place) const {
  BlockHeader header = COWSTORE_TRY(read_header(place.offset));
  if (header.stored_size != place.stored_size || header.objects != place.objects) {
    return corrupt_at(path_, place.offset, "the block isn't as the footer says");
  }
  Bytes bytes(kBlockHeaderBytes + header.table_bytes());
  COWSTORE_TRY(sys::read_exactly_at(fd_, bytes, place.offset, path_));
  ByteView view(bytes);
  auto objects = decode_block_table(view.first(kBlockHeaderBytes), view.subspan(kBlockHeaderBytes));
  if (!objects) return located(std::move(objects).error(), path_, place.offset);
  return objects;
}

Result<PackBlock> PackReader::read_verified(const BlockPlace& place) const {
  PackBlock block;
  block.objects = COWSTORE_TRY(read_table(place));
  block.bytes = COWSTORE_TRY(read_block(place.offset));
  ByteView rest(block.bytes);
  for (const ObjectInfo& object : block.objects) {
    // The table's sum was checked, but the header may have changed between the two reads.
    if (rest.size() < object.length) return corrupt_at(path_, place.offset, "the objects don't fill the block");
    auto verified = verify_object(object.kind, object.id, rest.first(object.length));
    if (!verified) return located(std::move(verified).error(), path_, place.offset);
    rest = rest.subspan(object.length);
  }
  return block;
}

Result<void> PackReader::verify_name() const {
  hash::Sha256 sum;
  sum.update(encode_pack_header(content_));
  std::vector<BlockPlace> places = COWSTORE_TRY(blocks());
  for (const BlockPlace& place : places) {
    BlockHeader header = COWSTORE_TRY(read_header(place.offset));
    std::vector<ObjectInfo> table = COWSTORE_TRY(read_table(place));
    sum.update(encode_block_header(header.codec, place.stored_size, table));
  }
  sum.update(encode_pack_footer(places));
  if (sum.finish() != name_) return corrupt_at(path_, 0, "the pack's tables don't add up to its name");
  return {};
}

Result<void> verify_object(ObjectKind kind, const Digest& id, ByteView bytes) {
  auto node = node_kind(kind);
  Digest found = node ? object::node_id(*node, bytes) : hash::sha256(bytes);
  if (found == id) return {};
  return corrupt("the " + std::string(to_string(kind)) + " " + id.hex() + " is damaged: its bytes have the id " +
                 found.hex());
}

}  // namespace cowstore::store
