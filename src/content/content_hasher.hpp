// One pass over an open file: cut, hash, and hand on what was found.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.hpp"
#include "chunk/chunker.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "sys/fd.hpp"

namespace cowstore::content {

/// What a pass tells of each chunk, in file order. The view is valid during the call only.
using ChunkVisitor = std::function<Result<void>(const ChunkId& id, std::uint64_t offset, ByteView bytes)>;

/// For those who want the id alone: swallows the nodes of the chunk list.
class NoNodes final : public object::NodeSink {
 public:
  Result<void> put_node(object::NodeKind, const Digest&, ByteView) override { return {}; }
};

/// Reads `fd` from the front to `size` or to where it ends by then, holes skipped, and makes its chunk list in `nodes`.
/// The result's size is what was found: less than `size` if the file has become shorter. `visit` (may be empty) sees
/// every chunk but those inside of holes and runs of zeros, which are implied.
/// Chunks that lie in one buffer are hashed together. Memory: a read buffer that the thread keeps, and two chunks.
Result<object::FileRef> hash_content(const sys::Fd& fd, std::uint64_t size, const chunk::CutRule& rule,
                                     object::NodeSink& nodes, const ChunkVisitor& visit, std::string_view path);

}  // namespace cowstore::content
