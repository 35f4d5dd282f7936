// One directory of a version: what, and what is recorded beside it, side by side. Private to the module.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/cursor.hpp"
#include "object/entry.hpp"
#include "object/named_node.hpp"
#include "object/node.hpp"
#include "store/config.hpp"

namespace cowstore::changes {

struct VersionEntry {
  object::TreeEntry entry;
  std::optional<std::uint16_t> mode;  ///< of a directory these are its own, known once it has been read
  std::optional<Timestamp> mtime;
  std::optional<AttributesId> attributes;          ///< of a directory
  std::shared_ptr<const object::Attributes> full;  ///< as in Before; of a directory its own
};

/// Reads the entries one after the other, so that memory doesn't grow with their number. Not thread-safe.
class VersionDirectory {
 public:
  /// With kFull all attributes are kept, and special files are entries of their kinds. The source must outlive it.
  static Result<VersionDirectory> open(object::NodeSource& source, const TreeId& tree,
                                       const std::optional<AttributesId>& attributes, store::AttributesPolicy policy);

  /// Puts what is recorded of the directory itself into the entry.
  void fill_own(VersionEntry& entry) const;

  /// The next entry by name, valid until the one after it is asked for; null at the end.
  Result<const VersionEntry*> next();
  /// Whether the attributes of all that next() has passed, the end included, say nothing but times and permission bits,
  /// which is all that a scan can compare.
  [[nodiscard]] bool plain() const { return plain_; }

 private:
  using TreeCursor = object::Cursor<object::DirectoryNode>;
  using AttributesCursor = object::Cursor<object::AttributesNode>;

  VersionDirectory(TreeCursor tree, AttributesCursor attributes, store::AttributesPolicy policy)
      : tree_(std::move(tree)), attributes_(std::move(attributes)), full_(policy == store::AttributesPolicy::kFull) {}

  Result<void> read_own();
  bool take_recorded();
  void fill(VersionEntry& entry, const object::Attributes& attributes) const;

  TreeCursor tree_;
  AttributesCursor attributes_;
  std::optional<object::Attributes> own_;
  VersionEntry entry_;
  bool full_;
  bool plain_ = true;
};

}  // namespace cowstore::changes
