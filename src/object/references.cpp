#include "object/references.hpp"

#include "base/try.hpp"
#include "object/commit.hpp"
#include "object/named_node.hpp"
#include "object/run_node.hpp"

namespace cowstore::object {

namespace {

class Collector {
 public:
  void chunk(const Digest& id, std::uint64_t length) {
    found_.push_back({ReferenceTarget::kChunk, NodeKind::kChunkList, id, length});
  }
  void node(NodeKind kind, const Digest& id) { found_.push_back({ReferenceTarget::kNode, kind, id}); }
  void file(const FileRef& file) {
    if (file.size == 0) return;
    if (file.depth == 0) {
      chunk(file.id.digest(), file.size);
    } else {
      node(NodeKind::kChunkList, file.id.digest());
    }
  }

  void entry(const TreeEntry& entry) {
    if (is_file(entry.kind)) file(entry.file);
    if (entry.kind == EntryKind::kDirectory) node(NodeKind::kDirectory, entry.tree.digest());
  }
  void entry(const AttributesEntry& entry) {
    for (const ExtendedAttribute& xattr : entry.attributes.xattrs) {
      if (const auto* value = std::get_if<FileRef>(&xattr.value)) file(*value);
    }
    if (entry.children) node(NodeKind::kAttributes, entry.children->digest());
  }

  template <class Entry>
  Result<void> named(ByteView encoding) {
    auto tree_node = COWSTORE_TRY(NamedNode<Entry>::decode(encoding));
    for (std::size_t i = 0; i < tree_node.size(); ++i) {
      if (tree_node.level() == 0) {
        entry(tree_node.entry(i));
      } else {
        node(NamedNode<Entry>::kKind, tree_node.child(i));
      }
    }
    return {};
  }

  Result<void> chunk_list(ByteView encoding) {
    RunNode list = COWSTORE_TRY(RunNode::decode(encoding));
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list.level() == 0) {
        chunk(list.child(i), list.run(i).length);
      } else {
        node(NodeKind::kChunkList, list.child(i));
      }
    }
    return {};
  }

  Result<void> commit(ByteView encoding) {
    Commit commit = COWSTORE_TRY(decode_commit(encoding));
    node(NodeKind::kDirectory, commit.tree.digest());
    if (commit.attributes) node(NodeKind::kAttributes, commit.attributes->digest());
    for (const CommitId& parent : commit.parents) node(NodeKind::kCommit, parent.digest());
    return {};
  }

  Result<void> of(NodeKind kind, ByteView encoding) {
    switch (kind) {
      case NodeKind::kChunkList:
        return chunk_list(encoding);
      case NodeKind::kDirectory:
        return named<TreeEntry>(encoding);
      case NodeKind::kAttributes:
        return named<AttributesEntry>(encoding);
      case NodeKind::kCommit:
        return commit(encoding);
    }
    return Error{ErrorCode::kCorrupt, 0, "read node", "", "a node of no known kind", ""};
  }

  std::vector<Reference> found_;
};

}  // namespace

Result<std::vector<Reference>> references_of(NodeKind kind, const Digest& id, ByteView encoding) {
  Collector collector;
  Result<void> decoded = collector.of(kind, encoding);
  if (decoded) return std::move(collector.found_);
  if (decoded.error().code != ErrorCode::kCorrupt) return std::move(decoded).error();
  return corrupt_node(kind, id, decoded.error().reason);
}

}  // namespace cowstore::object
