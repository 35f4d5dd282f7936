#include "object/node.hpp"

#include <string>

#include "hash/sha256.hpp"

namespace cowstore::object {

const char* to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::kChunkList:
      return "chunk list";
    case NodeKind::kDirectory:
      return "directory";
    case NodeKind::kAttributes:
      return "attributes";
    case NodeKind::kCommit:
      return "commit";
  }
  return "unknown";
}

Digest node_id(NodeKind kind, ByteView encoding) {
  using namespace std::string_view_literals;
  std::uint8_t kind_byte = static_cast<std::uint8_t>(kind);
  return hash::sha256({as_bytes("cowstore-node-v1\0"sv), ByteView(&kind_byte, 1), encoding});
}

Error corrupt_node(NodeKind kind, const Digest& id, std::string_view reason) {
  return {ErrorCode::kCorrupt, 0, std::string("read ") + to_string(kind) + " node", id.hex(), std::string(reason), ""};
}

}  // namespace cowstore::object
