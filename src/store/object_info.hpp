// What an index says of an object and of the files that hold objects.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::store {

/// As on disk. Nodes keep the numbers of object::NodeKind.
enum class ObjectKind : std::uint8_t { kChunk = 0, kChunkList = 1, kDirectory = 2, kAttributes = 3, kCommit = 4 };

/// "chunk", "chunk list", "directory", "attributes", "commit".
const char* to_string(ObjectKind kind);
constexpr ObjectKind object_kind(object::NodeKind kind) {
  return static_cast<ObjectKind>(kind);
}
/// Nothing for a chunk.
std::optional<object::NodeKind> node_kind(ObjectKind kind);
/// Nothing for a number that no kind has.
std::optional<ObjectKind> object_kind_of_byte(std::uint8_t byte);

/// Nothing that is stored as one piece is larger: chunks and commits alike. A reader refuses before it allocates.
inline constexpr std::uint32_t kMaxObjectBytes = std::uint32_t{16} << 20;
static_assert(kMaxObjectBytes >= object::kMaxChunkBytes && kMaxObjectBytes >= object::kMaxCommitBytes);

struct ObjectInfo {
  Digest id;
  ObjectKind kind = ObjectKind::kChunk;
  std::uint32_t length = 0;  ///< bytes
  bool operator==(const ObjectInfo&) const = default;
};

/// As on disk.
enum class ContainerKind : std::uint8_t { kPack = 1, kLoose = 2 };

/// A file that holds objects, as a segment lists it. One loose file may be listed by several records that differ in
/// what was seen of it: it is intact if it agrees with one of them.
struct ContainerRecord {
  ContainerKind kind = ContainerKind::kPack;
  Digest name;             ///< of a pack see pack_format.hpp; of a loose file its FileId
  std::uint8_t depth = 0;  ///< loose: depth of the FileRef
  std::uint64_t size = 0;  ///< loose: bytes; this and the following as recorded when it was published
  Timestamp mtime{};
  std::uint64_t inode = 0;
  auto operator<=>(const ContainerRecord&) const = default;

  /// Relative to the store: "packs/<hex>.pack" or "loose/ab/cdef…".
  [[nodiscard]] std::string path() const;
};

/// Where an object lies.
struct Location {
  std::uint32_t container = 0;  ///< number in its segment's table
  std::uint64_t offset = 0;     ///< of the block in the pack, or of the chunk in the loose file
  std::uint32_t inner = 0;      ///< of the object in the decompressed block; 0 in a loose file
  std::uint32_t length = 0;
  ObjectKind kind = ObjectKind::kChunk;
  bool operator==(const Location&) const = default;
};

/// The chunks of zeros that a run of zeros is cut into (one length for each profile). They are never stored: every
/// reader knows them, every look-up finds them.
bool is_implied_zero_chunk(const Digest& id);
/// Its length, 0 if it isn't one.
std::uint32_t implied_zero_chunk_length(const Digest& id);

}  // namespace cowstore::store
