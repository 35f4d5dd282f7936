#include "store/pack_format.hpp"

#include "base/hex.hpp"
#include "hash/sha256.hpp"

namespace cowstore::store {
namespace {

ObjectInfo object(std::string_view text) {
  return {hash::sha256(as_bytes(text)), ObjectKind::kChunk, static_cast<std::uint32_t>(text.size())};
}

template <class Decode>
void expect_refused(const Decode& decode, Bytes good, const std::string& what) {
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(good).first(size))) << what << " truncated to " << size;
  }
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(decode(bad)) << what << " with bit " << bit << " flipped";
  }
  good.push_back(0);
  EXPECT_FALSE(decode(good)) << what << " with a byte more";
}

TEST(PackFormat, HeaderIsAsSpecified) {
  Bytes header = encode_pack_header(PackContent::kNodes);
  EXPECT_EQ(base::to_hex(ByteView(header).first(24)),
            "636f777061636b0a"
            "01000000"
            "00000000"
            "02"
            "00000000000000");
  EXPECT_EQ(base::to_hex(ByteView(header).subspan(24)),
            base::to_hex(ByteView(hash::sha256(ByteView(header).first(24)).bytes).first(8)));
}

TEST(PackFormat, HeaderComesBackAndNoDamageIsAccepted) {
  for (PackContent content : {PackContent::kData, PackContent::kNodes}) {
    Bytes header = encode_pack_header(content);
    auto decoded = decode_pack_header(header);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, content);
    expect_refused(decode_pack_header, header, "header");
  }
}

Bytes header_with(std::size_t offset, std::uint8_t value) {
  Bytes header = encode_pack_header(PackContent::kData);
  header[offset] = value;
  Digest digest = hash::sha256(ByteView(header).first(24));
  std::copy_n(digest.bytes.begin(), 8, header.begin() + 24);
  return header;
}

TEST(PackFormat, UnknownVersionsAndFlagsAreUnsupported) {
  for (std::size_t offset : {8, 12, 15}) {
    auto decoded = decode_pack_header(header_with(offset, 2));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::kUnsupported) << offset;
  }
  auto decoded = decode_pack_header(header_with(16, 3));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
}

TEST(PackFormat, BlockHeaderAndTableComeBackAndNoDamageIsAccepted) {
  std::vector<ObjectInfo> objects = {object("one"), object("three"), object("seventeen")};
  Bytes bytes = encode_block_header(codec::Codec::kRaw, 17, objects);
  ASSERT_EQ(bytes.size(), kBlockHeaderBytes + 3 * kTableEntryBytes);
  auto decode = [](ByteView all) -> Result<std::vector<ObjectInfo>> {
    std::size_t head = std::min(all.size(), kBlockHeaderBytes);
    return decode_block_table(all.first(head), all.subspan(head));
  };
  auto decoded = decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, objects);
  expect_refused(decode, bytes, "block");
}

Bytes block_header_with(std::uint32_t raw, std::uint32_t stored, std::uint32_t objects) {
  Bytes bytes = encode_block_header(codec::Codec::kZstd, 1, {object("x")});
  bytes.resize(kBlockHeaderBytes);
  for (int i = 0; i < 4; ++i) {
    bytes[8 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(raw >> (8 * i));
    bytes[12 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(stored >> (8 * i));
    bytes[16 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(objects >> (8 * i));
  }
  return bytes;
}

TEST(PackFormat, GiantSizesAreRefusedBeforeAnythingIsAllocated) {
  EXPECT_TRUE(decode_block_header(block_header_with(kMaxBlockBytes, kMaxBlockBytes, kMaxBlockObjects)));
  EXPECT_FALSE(decode_block_header(block_header_with(kMaxBlockBytes + 1, 100, 1)));
  EXPECT_FALSE(decode_block_header(block_header_with(0xffffffff, 0xffffffff, 1)));
  EXPECT_FALSE(decode_block_header(block_header_with(100, 101, 1)));
  EXPECT_FALSE(decode_block_header(block_header_with(100, 100, kMaxBlockObjects + 1)));
  EXPECT_FALSE(decode_block_header(block_header_with(100, 100, 0xffffffff)));
  EXPECT_FALSE(decode_block_header(block_header_with(100, 0, 1)));
  EXPECT_FALSE(decode_block_header(block_header_with(0, 0, 1)));
  EXPECT_FALSE(decode_block_header(block_header_with(100, 100, 0)));
}

TEST(PackFormat, FooterComesBackAndNoDamageIsAccepted) {
  BlockPlace first{kPackHeaderBytes, 100, 2};
  BlockPlace second{first.end(), 5000, 7};
  std::vector<BlockPlace> places = {first, second};
  Bytes footer = encode_pack_footer(places);
  PackTrailer trailer{second.end(), 2, hash::sha256(as_bytes("name"))};
  Bytes all = footer;
  Bytes end = encode_pack_trailer(trailer, footer);
  all.insert(all.end(), end.begin(), end.end());
  ASSERT_EQ(all.size(), 2 * kFooterEntryBytes + kPackTrailerBytes);
  auto decode = [](ByteView bytes) -> Result<std::vector<BlockPlace>> {
    std::size_t footer_size = std::min(bytes.size(), 2 * kFooterEntryBytes);
    auto decoded = decode_pack_trailer(bytes.subspan(footer_size));
    if (!decoded) return std::move(decoded).error();
    return decode_pack_footer(bytes.first(footer_size), *decoded, bytes.subspan(footer_size));
  };
  auto decoded = decode(all);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, places);
  expect_refused(decode, all, "footer");
}

TEST(PackFormat, BlocksThatLeaveGapsOrOverlapAreRefused) {
  for (std::int64_t shift : {-1, 1}) {
    BlockPlace first{kPackHeaderBytes, 100, 2};
    BlockPlace second{first.end() + static_cast<std::uint64_t>(shift), 5000, 7};
    Bytes footer = encode_pack_footer({first, second});
    PackTrailer trailer{second.end(), 2, Digest()};
    EXPECT_FALSE(decode_pack_footer(footer, trailer, encode_pack_trailer(trailer, footer)));
  }
}

}  // namespace
}  // namespace cowstore::store
