// One pass over an open file: cut, hash, and hand on what was found.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "chunk/chunker.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "store/transaction.hpp"
#include "sys/fd.hpp"

namespace cowstore::commit {

/// What a pass tells of each chunk, in file order. The view is valid during the call only.
using ChunkVisitor = std::function<Result<void>(const ChunkId& id, std::uint64_t offset, ByteView bytes)>;

/// Reads `fd` from the front to `size` or to where it ends by then, holes skipped, and makes its chunk list in `nodes`.
/// `visit` sees every chunk but those inside of holes and runs of zeros, which are implied. Memory: one read buffer and
/// one chunk.
Result<object::FileRef> hash_content(const sys::Fd& fd, std::uint64_t size, chunk::Profile profile,
                                     object::NodeSink& nodes, const ChunkVisitor& visit, std::string_view path);

}  // namespace cowstore::commit
