// A pack, read block by block.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "store/pack_format.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::store {

/// A block's own table and its decompressed bytes.
struct PackBlock {
  std::vector<ObjectInfo> objects;
  Bytes bytes;  ///< the objects, one after the other
};

/// Thread-safe; move-only. Every error names the file and the offset. Nothing is allocated before the sizes that call
/// for it were checked against the bounds of the format and the file.
class PackReader {
 public:
  /// Opens "packs/<name>.pack" beneath the store's directory and checks its header. kNotFound if it isn't there.
  static Result<PackReader> open(const sys::Dir& store_dir, const Digest& name);

  [[nodiscard]] PackContent content() const { return content_; }
  [[nodiscard]] const std::string& path() const { return path_; }  ///< for messages

  /// The decompressed bytes of the block at `offset`; its table isn't read.
  Result<Bytes> read_block(std::uint64_t offset) const;
  /// Into `out`, the bytes that begin at `inner` of a decompressed block, if that needs no other buffer: they are the
  /// whole of it, or a large part of one that isn't compressed. Else false, and nothing is read.
  Result<bool> read_directly(std::uint64_t offset, std::uint32_t inner, std::span<std::uint8_t> out) const;

  /// For fsck and repair: all blocks, as the footer tells; the name in the trailer must be the file's.
  Result<std::vector<BlockPlace>> blocks() const;
  /// The same for a pack without a (good) end: walks from block to block, up to the first that isn't whole.
  Result<std::vector<BlockPlace>> salvage_blocks() const;
  /// A block's table, checked; its payload isn't read.
  Result<std::vector<ObjectInfo>> read_table(const BlockPlace& place) const;
  /// Table and bytes, each object verified against its id.
  Result<PackBlock> read_verified(const BlockPlace& place) const;
  /// Whether the tables add up to the file's name. Payloads are not read.
  Result<void> verify_name() const;

 private:
  PackReader(sys::Fd fd, std::string path, Digest name, std::uint64_t size, PackContent content);
  Result<BlockHeader> read_header(std::uint64_t offset) const;
  Result<void> read_payload(const BlockHeader& header, std::uint64_t offset, std::span<std::uint8_t> out) const;
  sys::Fd fd_;
  std::string path_;
  Digest name_;
  std::uint64_t size_ = 0;
  PackContent content_ = PackContent::kData;
};

/// kCorrupt unless the bytes have the id that the kind calls for.
Result<void> verify_object(ObjectKind kind, const Digest& id, ByteView bytes);

}  // namespace cowstore::store
