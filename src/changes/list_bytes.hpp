// Content that is in memory, as a reference.
#pragma once

#include <functional>

#include "base/bytes.hpp"
#include "chunk/chunker.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::changes {

/// Cuts the bytes, tells `visit` of each chunk (but those that are implied, of zeros), and makes the list in `nodes`:
/// the same reference that a file of these bytes has.
Result<object::FileRef> list_bytes(ByteView bytes, const chunk::CutRule& rule, object::NodeSink& nodes,
                                   const std::function<Result<void>(const ChunkId& id, ByteView bytes)>& visit);

/// The reference alone; nothing is stored.
Result<object::FileRef> hash_bytes(ByteView bytes, const chunk::CutRule& rule);

}  // namespace cowstore::changes
