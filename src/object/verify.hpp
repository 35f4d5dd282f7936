// The checks that need more than one node, for fsck: what no reader pays for on every read.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// Walks trees and reports every node that is missing, damaged, or not the one that its parent or the split rule calls
/// for: levels, last names, sizes, nodes that end where the rule wouldn't, runs that go on in the next node, roots with
/// a single child. A node seen before in the same place is not read again, so that many versions which share almost
/// everything are verified at little more than the cost of one. Chunks are not read. Not thread-safe.
class Verifier {
 public:
  using Problem = std::function<void(const Error&)>;
  /// The source must outlive the verifier.
  Verifier(NodeSource& source, Problem problem);
  ~Verifier();
  Verifier(Verifier&&) noexcept;
  Verifier& operator=(Verifier&&) noexcept;

  /// A commit with its trees. Parents are not followed.
  void commit(const CommitId& id);
  /// A directory with everything below it, lists of files included.
  void directory(const TreeId& id);
  /// The attributes of a directory and of everything below it.
  void attributes(const AttributesId& id);
  void file(const FileRef& file);
  [[nodiscard]] std::size_t nodes_read() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cowstore::object
