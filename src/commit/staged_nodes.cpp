#include "commit/staged_nodes.hpp"

#include <memory>

namespace cowstore::commit {

Result<object::NodeBytes> StagedNodes::read_node(object::NodeKind kind, const Digest& id) {
  {
    std::lock_guard lock(mutex_);
    auto found = staged_.find(id);
    if (found != staged_.end()) return found->second;
  }
  return store_.read_node(kind, id);
}

Result<void> StagedNodes::put_node(object::NodeKind kind, const Digest& id, ByteView encoding) {
  {
    std::lock_guard lock(mutex_);
    staged_.emplace(id, std::make_shared<const Bytes>(encoding.begin(), encoding.end()));
  }
  return transaction_.put_node(kind, id, encoding);
}

}  // namespace cowstore::commit
