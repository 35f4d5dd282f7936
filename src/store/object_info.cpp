#include "store/object_info.hpp"

#include "chunk/chunker.hpp"
#include "hash/sha256.hpp"

namespace cowstore::store {

namespace {

struct ZeroChunk {
  Digest id;
  std::uint32_t length;
};

ZeroChunk zero_chunk_of(chunk::Profile profile) {
  std::uint32_t length = chunk::rule_of(profile).max;
  return {hash::sha256(Bytes(length, 0)), length};
}

const std::array<ZeroChunk, 3>& zero_chunks() {
  static const std::array<ZeroChunk, 3> kChunks = {zero_chunk_of(chunk::Profile::kDefault),
                                                   zero_chunk_of(chunk::Profile::kFine),
                                                   zero_chunk_of(chunk::Profile::kBulk)};
  return kChunks;
}

}  // namespace

const char* to_string(ObjectKind kind) {
  auto node = node_kind(kind);
  return node ? object::to_string(*node) : "chunk";
}

std::optional<object::NodeKind> node_kind(ObjectKind kind) {
  if (kind == ObjectKind::kChunk) return std::nullopt;
  return static_cast<object::NodeKind>(kind);
}

std::optional<ObjectKind> object_kind_of_byte(std::uint8_t byte) {
  if (byte > static_cast<std::uint8_t>(ObjectKind::kCommit)) return std::nullopt;
  return static_cast<ObjectKind>(byte);
}

std::string ContainerRecord::path() const {
  std::string hex = name.hex();
  if (kind == ContainerKind::kPack) return "packs/" + hex + ".pack";
  return "loose/" + hex.substr(0, 2) + "/" + hex.substr(2);
}

bool is_implied_zero_chunk(const Digest& id) {
  return implied_zero_chunk_length(id) != 0;
}

std::uint32_t implied_zero_chunk_length(const Digest& id) {
  for (const ZeroChunk& chunk : zero_chunks()) {
    if (chunk.id == id) return chunk.length;
  }
  return 0;
}

}  // namespace cowstore::store
