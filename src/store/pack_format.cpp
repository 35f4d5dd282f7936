#include "store/pack_format.hpp"

#include "base/coding.hpp"
#include "base/try.hpp"
#include "store/located.hpp"

namespace cowstore::store {

namespace {

constexpr std::string_view kHeaderMagic = "cowpack\n";
constexpr std::string_view kBlockMagic = "cblk";
constexpr std::string_view kTrailerMagic = "cowpend\n";
constexpr std::size_t kHeaderChecked = 24;
constexpr std::size_t kTrailerChecked = 56;

void pad(base::Writer& out, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.u8(0);
}

Result<void> expect_magic(base::Reader& in, std::string_view magic, std::string_view what) {
  if (as_text(COWSTORE_TRY(in.raw(magic.size()))) != magic) return corrupt("no " + std::string(what) + " here");
  return {};
}

Result<void> expect_zeros(base::Reader& in, std::size_t bytes) {
  for (std::uint8_t byte : COWSTORE_TRY(in.raw(bytes))) {
    if (byte != 0) return corrupt("reserved bytes aren't zero");
  }
  return {};
}

Result<void> expect_check(ByteView stored, const Check& computed, std::string_view what) {
  if (!std::equal(stored.begin(), stored.end(), computed.begin(), computed.end())) {
    return corrupt("the checksum of the " + std::string(what) + " is wrong");
  }
  return {};
}

Result<void> check_sizes(const BlockHeader& header) {
  if (header.raw_size == 0 || header.raw_size > kMaxBlockBytes) return corrupt("impossible raw size of a block");
  if (header.stored_size == 0 || header.stored_size > header.raw_size) return corrupt("impossible size of a block");
  if (header.objects == 0 || header.objects > kMaxBlockObjects) return corrupt("impossible number of objects");
  return {};
}

Result<ObjectInfo> decode_table_entry(base::Reader& in) {
  ObjectInfo object;
  ByteView id = COWSTORE_TRY(in.raw(object.id.bytes.size()));
  std::copy(id.begin(), id.end(), object.id.bytes.begin());
  auto kind = object_kind_of_byte(COWSTORE_TRY(in.u8()));
  if (!kind) return corrupt("unknown kind of object");
  object.kind = *kind;
  object.length = COWSTORE_TRY(in.u32());
  if (object.length == 0) return corrupt("an empty object");
  return object;
}

Result<void> expect_end_at(std::uint64_t found, std::uint64_t expected) {
  if (found != expected) return corrupt("the footer's blocks don't fill the pack");
  return {};
}

}  // namespace

Bytes encode_pack_header(PackContent content) {
  Bytes bytes;
  base::Writer out(bytes);
  out.raw(as_bytes(kHeaderMagic));
  out.u32(kPackVersion);
  out.u32(0);
  out.u8(static_cast<std::uint8_t>(content));
  pad(out, 7);
  out.raw(check_of({ByteView(bytes)}));
  return bytes;
}

Bytes encode_block_header(codec::Codec codec, std::uint32_t stored_size, const std::vector<ObjectInfo>& objects) {
  Bytes table;
  base::Writer table_out(table);
  std::uint32_t raw_size = 0;
  for (const ObjectInfo& object : objects) {
    table_out.raw(object.id.bytes);
    table_out.u8(static_cast<std::uint8_t>(object.kind));
    table_out.u32(object.length);
    raw_size += object.length;
  }
  Bytes bytes;
  base::Writer out(bytes);
  out.raw(as_bytes(kBlockMagic));
  out.u8(static_cast<std::uint8_t>(codec));
  pad(out, 3);
  out.u32(raw_size);
  out.u32(stored_size);
  out.u32(static_cast<std::uint32_t>(objects.size()));
  pad(out, 4);
  out.raw(check_of({ByteView(bytes), ByteView(table)}));
  out.raw(table);
  return bytes;
}

Bytes encode_pack_footer(const std::vector<BlockPlace>& blocks) {
  Bytes bytes;
  base::Writer out(bytes);
  for (const BlockPlace& block : blocks) {
    out.u64(block.offset);
    out.u32(block.stored_size);
    out.u32(block.objects);
  }
  return bytes;
}

Bytes encode_pack_trailer(const PackTrailer& trailer, ByteView footer) {
  Bytes bytes;
  base::Writer out(bytes);
  out.raw(as_bytes(kTrailerMagic));
  out.u64(trailer.footer_offset);
  out.u64(trailer.blocks);
  out.raw(trailer.name.bytes);
  out.raw(check_of({ByteView(bytes), footer}));
  return bytes;
}

Result<PackContent> decode_pack_header(ByteView bytes) {
  base::Reader in(bytes);
  COWSTORE_TRY(expect_magic(in, kHeaderMagic, "pack"));
  std::uint32_t version = COWSTORE_TRY(in.u32());
  if (version > kPackVersion) return unsupported("pack format " + std::to_string(version) + " isn't known");
  std::uint32_t flags = COWSTORE_TRY(in.u32());
  std::uint8_t content = COWSTORE_TRY(in.u8());
  COWSTORE_TRY(expect_zeros(in, 7));
  ByteView check = COWSTORE_TRY(in.raw(8));
  COWSTORE_TRY(expect_check(check, check_of({bytes.first(kHeaderChecked)}), "pack's header"));
  COWSTORE_TRY(in.expect_end());
  // Only a header that is whole can mean what its flags say.
  if (version == 0) return corrupt("pack format 0 doesn't exist");
  if (flags != 0) return unsupported("pack feature flags " + std::to_string(flags) + " aren't known");
  if (content != 1 && content != 2) return corrupt("unknown content of a pack");
  return static_cast<PackContent>(content);
}

Result<BlockHeader> decode_block_header(ByteView bytes) {
  base::Reader in(bytes);
  COWSTORE_TRY(expect_magic(in, kBlockMagic, "block"));
  BlockHeader header;
  std::uint8_t codec = COWSTORE_TRY(in.u8());
  COWSTORE_TRY(expect_zeros(in, 3));
  header.raw_size = COWSTORE_TRY(in.u32());
  header.stored_size = COWSTORE_TRY(in.u32());
  header.objects = COWSTORE_TRY(in.u32());
  COWSTORE_TRY(expect_zeros(in, 4));
  ByteView check = COWSTORE_TRY(in.raw(header.check.size()));
  std::copy(check.begin(), check.end(), header.check.begin());
  COWSTORE_TRY(in.expect_end());
  if (codec > static_cast<std::uint8_t>(codec::Codec::kZstd)) return corrupt("unknown codec of a block");
  header.codec = static_cast<codec::Codec>(codec);
  COWSTORE_TRY(check_sizes(header));
  return header;
}

Result<std::vector<ObjectInfo>> decode_block_table(ByteView header_bytes, ByteView table) {
  BlockHeader header = COWSTORE_TRY(decode_block_header(header_bytes));
  if (table.size() != header.table_bytes()) return corrupt("the table has another size than the block's header says");
  Check computed = check_of({header_bytes.first(kHeaderChecked), table});
  COWSTORE_TRY(expect_check(header.check, computed, "block's header and table"));
  base::Reader in(table);
  std::vector<ObjectInfo> objects;
  objects.reserve(header.objects);
  std::uint64_t sum = 0;
  while (!in.at_end()) {
    objects.push_back(COWSTORE_TRY(decode_table_entry(in)));
    sum += objects.back().length;
  }
  if (sum != header.raw_size) return corrupt("the objects don't fill the block");
  return objects;
}

Result<PackTrailer> decode_pack_trailer(ByteView bytes) {
  base::Reader in(bytes);
  COWSTORE_TRY(expect_magic(in, kTrailerMagic, "end of a pack"));
  PackTrailer trailer;
  trailer.footer_offset = COWSTORE_TRY(in.u64());
  trailer.blocks = COWSTORE_TRY(in.u64());
  ByteView name = COWSTORE_TRY(in.raw(trailer.name.bytes.size()));
  std::copy(name.begin(), name.end(), trailer.name.bytes.begin());
  COWSTORE_TRY(in.raw(8));
  COWSTORE_TRY(in.expect_end());
  if (trailer.blocks > kMaxPackBlocks) return corrupt("impossible number of blocks");
  return trailer;
}

Result<std::vector<BlockPlace>> decode_pack_footer(ByteView footer, const PackTrailer& trailer,
                                                   ByteView trailer_bytes) {
  Check computed = check_of({trailer_bytes.first(kTrailerChecked), footer});
  COWSTORE_TRY(expect_check(trailer_bytes.subspan(kTrailerChecked), computed, "pack's footer"));
  if (footer.size() % kFooterEntryBytes != 0 || footer.size() / kFooterEntryBytes != trailer.blocks) {
    return corrupt("the footer has another size than the trailer says");
  }
  base::Reader in(footer);
  std::vector<BlockPlace> blocks;
  blocks.reserve(static_cast<std::size_t>(trailer.blocks));
  std::uint64_t end = kPackHeaderBytes;
  while (!in.at_end()) {
    BlockPlace block{COWSTORE_TRY(in.u64()), COWSTORE_TRY(in.u32()), COWSTORE_TRY(in.u32())};
    COWSTORE_TRY(expect_end_at(block.offset, end));
    if (block.objects > kMaxBlockObjects || block.stored_size > kMaxBlockBytes) return corrupt("an impossible block");
    end = block.end();
    blocks.push_back(block);
  }
  COWSTORE_TRY(expect_end_at(end, trailer.footer_offset));
  return blocks;
}

}  // namespace cowstore::store
