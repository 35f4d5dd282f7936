// What a node refers to: for marking what is reachable, and for fetching what is missing.
#pragma once

#include <functional>
#include <vector>

#include "object/node.hpp"

namespace cowstore::object {

enum class ReferenceTarget : std::uint8_t { kChunk, kNode };

struct Reference {
  ReferenceTarget target = ReferenceTarget::kNode;
  NodeKind kind = NodeKind::kDirectory;  ///< of a node
  Digest id;
  std::uint64_t length = 0;  ///< of a chunk: how many bytes it is said to have
  bool operator==(const Reference&) const = default;
};

/// All that the node names directly, in order, each as often as it is named: child nodes, chunks, files, trees,
/// attributes, parents. The empty file is nothing that is stored, hence not named. The node is decoded and checked as
/// it stands alone.
Result<std::vector<Reference>> references_of(NodeKind kind, const Digest& id, ByteView encoding);

}  // namespace cowstore::object
