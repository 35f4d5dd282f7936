// Nodes in memory, for tests: checks what it hands out, and counts.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "object/node.hpp"

namespace cowstore::object {

class MemoryNodes : public NodeSource, public NodeSink {
 public:
  using Key = std::pair<NodeKind, Digest>;

  Result<NodeBytes> read_node(NodeKind kind, const Digest& id) override {
    std::lock_guard lock(mutex_);
    ++reads;
    read_ids.insert({kind, id});
    auto found = nodes.find({kind, id});
    if (found == nodes.end()) return Error{ErrorCode::kNotFound, 0, "read node", id.hex(), "no such node", ""};
    if (checks == Checks::kIds && node_id(kind, *found->second) != id) return corrupt_node(kind, id, "wrong bytes");
    return found->second;
  }

  Result<void> put_node(NodeKind kind, const Digest& id, ByteView encoding) override {
    std::lock_guard lock(mutex_);
    ++puts;
    if (puts == fail_at_put) return Error{ErrorCode::kNoSpace, 0, "write node", id.hex(), "full", ""};
    if (node_id(kind, encoding) != id) return Error{ErrorCode::kOther, 0, "write node", id.hex(), "wrong id", ""};
    bool inserted =
        nodes.emplace(Key{kind, id}, std::make_shared<const Bytes>(encoding.begin(), encoding.end())).second;
    if (inserted) order.push_back({kind, id});
    return {};
  }

  /// Hands out `encoding` for `id`, whatever its hash is.
  void plant(NodeKind kind, const Digest& id, Bytes encoding) {
    nodes[{kind, id}] = std::make_shared<const Bytes>(std::move(encoding));
  }
  /// Stores under the right id.
  Digest store(NodeKind kind, Bytes encoding) {
    Digest id = node_id(kind, encoding);
    plant(kind, id, std::move(encoding));
    return id;
  }
  [[nodiscard]] const Bytes& bytes(NodeKind kind, const Digest& id) const { return *nodes.at({kind, id}); }

  void reset_counts() {
    reads = 0;
    puts = 0;
    read_ids.clear();
    order.clear();
  }

  enum class Checks { kIds, kNothing } checks = Checks::kIds;
  std::size_t reads = 0;
  std::size_t puts = 0;
  std::size_t fail_at_put = 0;  ///< this put fails; the first is 1
  std::set<Key> read_ids;
  std::vector<Key> order;  ///< nodes that were new, in the order of their writing
  std::map<Key, NodeBytes> nodes;

 private:
  std::mutex mutex_;
};

}  // namespace cowstore::object
