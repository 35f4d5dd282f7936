// One directory of a version: what, and what is recorded beside it, side by side. Private to the module.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
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

struct VersionDirectory {
  std::optional<std::uint16_t> mode;  ///< of the directory itself
  std::optional<Timestamp> mtime;
  std::shared_ptr<const object::Attributes> full;
  std::vector<VersionEntry> entries;  ///< sorted by name
  /// Whether the attributes say nothing but times and permission bits, which is all that a scan can compare.
  bool plain = true;
};

/// With kFull all attributes are kept, and special files are entries of their kinds.
Result<VersionDirectory> read_version_directory(object::NodeSource& source, const TreeId& tree,
                                                const std::optional<AttributesId>& attributes,
                                                store::AttributesPolicy policy);

}  // namespace cowstore::changes
