// Nodes of the store and of a transaction that isn't published yet, as one.
#pragma once

#include <mutex>
#include <unordered_map>

#include "cowstore/ids.hpp"
#include "object/node.hpp"
#include "store/store.hpp"
#include "store/transaction.hpp"

namespace cowstore::commit {

/// What is put here goes to the transaction and can be read again at once. Keeps it all in memory: for edits of a few
/// paths, not for whole trees. Thread-safe. Borrows both.
class StagedNodes final : public object::NodeSource, public object::NodeSink {
 public:
  StagedNodes(store::Store& store, store::Transaction& transaction) : store_(store), transaction_(transaction) {}
  Result<object::NodeBytes> read_node(object::NodeKind kind, const Digest& id) override;
  Result<void> put_node(object::NodeKind kind, const Digest& id, ByteView encoding) override;

 private:
  store::Store& store_;
  store::Transaction& transaction_;
  std::mutex mutex_;
  std::unordered_map<Digest, object::NodeBytes, DigestHash> staged_;
};

}  // namespace cowstore::commit
