#include "changes/list_bytes.hpp"

#include "base/try.hpp"
#include "chunk/stream_cutter.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"

namespace cowstore::changes {

namespace {

using ChunkVisitor = std::function<Result<void>(const ChunkId& id, ByteView bytes)>;

class NoSink final : public object::NodeSink {
 public:
  Result<void> put_node(object::NodeKind, const Digest&, ByteView) override { return {}; }
};

class Lister final : public chunk::ChunkSink {
 public:
  Lister(const chunk::CutRule& rule, object::NodeSink& nodes, const ChunkVisitor& visit)
      : rule_(rule), list_(nodes), visit_(visit) {}

  Result<void> chunk(ByteView bytes) override {
    const ChunkId id(hash::sha256(bytes));
    COWSTORE_TRY(visit_(id, bytes));
    return list_.add(id, bytes.size());
  }
  Result<void> zero_chunks(std::uint64_t count) override {
    return list_.add(ChunkId(hash::sha256(Bytes(rule_.max))), rule_.max, count);
  }
  Result<object::FileRef> finish() { return list_.finish(); }

 private:
  const chunk::CutRule& rule_;
  object::ChunkListBuilder list_;
  const ChunkVisitor& visit_;
};

}  // namespace

Result<object::FileRef> list_bytes(ByteView bytes, const chunk::CutRule& rule, object::NodeSink& nodes,
                                   const ChunkVisitor& visit) {
  Lister lister(rule, nodes, visit);
  chunk::StreamCutter cutter(rule, lister);
  COWSTORE_TRY(cutter.feed(bytes));
  COWSTORE_TRY(cutter.finish());
  return lister.finish();
}

Result<object::FileRef> hash_bytes(ByteView bytes, const chunk::CutRule& rule) {
  NoSink nowhere;
  return list_bytes(bytes, rule, nowhere, [](const ChunkId&, ByteView) -> Result<void> { return {}; });
}

}  // namespace cowstore::changes
