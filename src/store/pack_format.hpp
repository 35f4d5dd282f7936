// The bytes of a pack. All integers are little-endian; reserved bytes are zero; "check" is the first eight bytes of a
// SHA-256.
//
//   file header, 32 bytes      magic "cowpack\n" | u32 version = 1 | u32 feature flags | u8 content (1 data, 2 nodes)
//                              | 7 reserved | check of the 24 bytes before
//   blocks, one after the other:
//     block header, 32 bytes   magic "cblk" | u8 codec | 3 reserved | u32 raw size | u32 stored size | u32 objects
//                              | 4 reserved | check of the 24 bytes before and of the table
//     table                    for each object, in the order of its bytes: id (32) | u8 kind | u32 length
//     payload                  `stored size` bytes: the objects' bytes, one after the other, encoded by the codec
//   footer                     for each block: u64 offset | u32 stored size | u32 objects
//   trailer, 64 bytes          magic "cowpend\n" | u64 footer offset | u64 blocks | name (32) | check of the 56 bytes
//                              before and of the footer
//
// The name of a pack is the SHA-256 of its file header, of every block's header and table, and of its footer: packs
// with the same name hold the same objects in the same places. The ids in the tables verify the payloads.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "codec/block.hpp"
#include "cowstore/result.hpp"
#include "store/object_info.hpp"

namespace cowstore::store {

enum class PackContent : std::uint8_t { kData = 1, kNodes = 2 };

inline constexpr std::uint32_t kPackVersion = 1;
inline constexpr std::size_t kPackHeaderBytes = 32;
inline constexpr std::size_t kBlockHeaderBytes = 32;
inline constexpr std::size_t kTableEntryBytes = 37;
inline constexpr std::size_t kFooterEntryBytes = 16;
inline constexpr std::size_t kPackTrailerBytes = 64;
inline constexpr std::uint32_t kMaxBlockObjects = 4096;
/// Bounds the footer, which is read as a whole.
inline constexpr std::uint64_t kMaxPackBlocks = std::uint64_t{1} << 20;
/// A block holds one object of any size, or many of at most this together.
inline constexpr std::uint32_t kMaxBlockBytes = kMaxObjectBytes;

struct BlockHeader {
  codec::Codec codec = codec::Codec::kRaw;
  std::uint32_t raw_size = 0;
  std::uint32_t stored_size = 0;
  std::uint32_t objects = 0;
  std::array<std::uint8_t, 8> check{};

  [[nodiscard]] std::size_t table_bytes() const { return std::size_t{objects} * kTableEntryBytes; }
};

/// Where a block lies, as the footer tells it.
struct BlockPlace {
  std::uint64_t offset = 0;
  std::uint32_t stored_size = 0;
  std::uint32_t objects = 0;
  bool operator==(const BlockPlace&) const = default;

  [[nodiscard]] std::uint64_t payload_offset() const {
    return offset + kBlockHeaderBytes + std::uint64_t{objects} * kTableEntryBytes;
  }
  [[nodiscard]] std::uint64_t end() const { return payload_offset() + stored_size; }
};

struct PackTrailer {
  std::uint64_t footer_offset = 0;
  std::uint64_t blocks = 0;
  Digest name;
};

Bytes encode_pack_header(PackContent content);
/// The header and the table.
Bytes encode_block_header(codec::Codec codec, std::uint32_t stored_size, const std::vector<ObjectInfo>& objects);
Bytes encode_pack_footer(const std::vector<BlockPlace>& blocks);
Bytes encode_pack_trailer(const PackTrailer& trailer, ByteView footer);

/// Decoders take exactly the bytes of the thing. kCorrupt without a path and an offset in it: the caller knows where;
/// kUnsupported for versions, flags and codecs that this reader doesn't know.
Result<PackContent> decode_pack_header(ByteView bytes);
/// Sizes are within bounds afterwards; the check, which covers the table too, is decode_block_table()'s.
Result<BlockHeader> decode_block_header(ByteView bytes);
Result<std::vector<ObjectInfo>> decode_block_table(ByteView header_bytes, ByteView table);
Result<PackTrailer> decode_pack_trailer(ByteView bytes);
/// The blocks follow one another without gaps from the header to the footer.
Result<std::vector<BlockPlace>> decode_pack_footer(ByteView footer, const PackTrailer& trailer, ByteView trailer_bytes);

}  // namespace cowstore::store
