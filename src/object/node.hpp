// Nodes: what the Merkle trees of files, directories and attributes are made of, and where they are read from and
// written to.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"

namespace cowstore::object {

/// Part of what is hashed: bytes of one kind can never be taken for another kind.
enum class NodeKind : std::uint8_t { kChunkList = 1, kDirectory = 2, kAttributes = 3, kCommit = 4 };

/// "chunk list", "directory", "attributes", "commit".
const char* to_string(NodeKind kind);

/// SHA-256 of "cowstore-node-v1\0", the kind's byte and the encoding.
Digest node_id(NodeKind kind, ByteView encoding);

/// No tree is higher: a node of level 31 has billions of billions of leaves under it.
inline constexpr std::uint8_t kMaxLevel = 31;
/// No node of a tree is larger than this, nor a commit larger than that; readers refuse before they read.
inline constexpr std::size_t kMaxNodeBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxCommitBytes = std::size_t{16} << 20;

using NodeBytes = std::shared_ptr<const Bytes>;

/// Where nodes come from. Thread-safe. The implementation checks that the bytes have the id that was asked for,
/// and fails with kNotFound for one that it doesn't have, kCorrupt for one whose bytes are wrong. What reads trees
/// turns the former into kCorrupt, since there every node is named by something that promises it.
class NodeSource {
 public:
  virtual ~NodeSource() = default;
  virtual Result<NodeBytes> read_node(NodeKind kind, const Digest& id) = 0;
};

/// Where nodes go. Thread-safe and idempotent: a node that is there already is not written again.
class NodeSink {
 public:
  virtual ~NodeSink() = default;
  virtual Result<void> put_node(NodeKind kind, const Digest& id, ByteView encoding) = 0;
};

/// kCorrupt, located: which node, and what is wrong with it.
Error corrupt_node(NodeKind kind, const Digest& id, std::string_view reason);

}  // namespace cowstore::object
