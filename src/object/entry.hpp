// What a directory holds: names, and what they stand for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/coding.hpp"
#include "cowstore/entry.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// Chunks are never longer, whatever the profile; nor files than an offset can say.
inline constexpr std::uint64_t kMaxChunkBytes = std::uint64_t{16} << 20;
inline constexpr std::uint64_t kMaxFileBytes = (std::uint64_t{1} << 63) - 1;
inline constexpr std::size_t kMaxNameBytes = 255;
inline constexpr std::size_t kMaxTargetBytes = 4095;

/// A file's content. Depth 0: the file is one chunk and `id` is the chunk's; an empty file has size 0 and the SHA-256
/// of nothing, and no chunk is stored for it. Depth n: `id` is the root of a chunk list, a node of level n-1.
struct FileRef {
  std::uint8_t depth = 0;
  std::uint64_t size = 0;
  FileId id;
  bool operator==(const FileRef&) const = default;

  static FileRef empty();
  /// The file that is this chunk alone. length >= 1.
  static FileRef single_chunk(const ChunkId& chunk, std::uint64_t length);
  /// Of depth 0 only.
  [[nodiscard]] ChunkId chunk() const { return ChunkId(id.digest()); }
};

using cowstore::EntryKind;
using cowstore::to_string;

/// One name of a directory. The field that the kind calls for is meaningful, the others keep their defaults.
struct TreeEntry {
  std::string name;
  EntryKind kind = EntryKind::kFile;
  FileRef file;        ///< kFile, kExecutable
  std::string target;  ///< kSymlink: 1 to kMaxTargetBytes bytes without NUL
  TreeId tree;         ///< kDirectory
  bool operator==(const TreeEntry&) const = default;
};

inline bool is_file(EntryKind kind) {
  return kind == EntryKind::kFile || kind == EntryKind::kExecutable;
}

/// Fifos, sockets and devices. No tree holds them: they stand in the attributes alone. Where entries of both are
/// handled side by side they are TreeEntries of these kinds, without content.
inline bool is_special(EntryKind kind) {
  return kind >= EntryKind::kFifo;
}

/// The two trees of a version: what, and when and whose. Absent means nothing: no directory at all, no attributes
/// recorded.
struct TreeRoots {
  std::optional<TreeId> tree;
  std::optional<AttributesId> attributes;
  bool operator==(const TreeRoots&) const = default;
};

/// Why the bytes can't be the name of an entry, nullptr if they can: 1 to 255 bytes without '/' and NUL,
/// and not ".", ".." or ".cowstore".
const char* name_problem(std::string_view name);
/// Why the reference can't be one, nullptr if it can: sizes in range, the empty file in its only form.
const char* file_problem(const FileRef& file);
/// Why the entry can't stand in a directory (its name, target or file), nullptr if it can.
const char* entry_problem(const TreeEntry& entry);

/// Depth (u8), size (varint), id (32 bytes): as directories and attributes hold it.
void encode_file_ref(const FileRef& file, base::Writer& out);
Result<FileRef> decode_file_ref(base::Reader& in);
Result<Digest> decode_digest(base::Reader& in);

}  // namespace cowstore::object
