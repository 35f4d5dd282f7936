// One file or link against what the version has in its place. Pure; private to the module.
#pragma once

#include <optional>

#include "changes/compare.hpp"
#include "changes/scanned.hpp"

namespace cowstore::changes {

struct LeafVerdict {
  std::optional<ChangeKind> kind;  ///< kModified or kTouched; nothing if there is no difference to report
  Content content = Content::kSame;
  bool undecided = false;       ///< only the content can tell, and it isn't known yet
  bool same_tree = true;        ///< whether a tree of this would have the version's id
  bool same_attributes = true;  ///< likewise its attributes
};

/// Neither side is a directory. `seen`, with `before.full`: what the disk says within the process's reach, all of which
/// counts then.
LeafVerdict compare_leaf(const ScannedEntry& now, const Before& before, const object::Attributes* seen = nullptr);

/// Whether owner, extended attributes, permission bits or the kind of a special file differ that both sides have.
bool differs_in_full(const object::Attributes& seen, const object::Attributes& before);

/// Whether permission bits differ that both sides have; of links they never count.
bool mode_differs(const ScannedEntry& now, const Before& before);
/// Whether both times are known and differ.
bool mtime_differs(const ScannedEntry& now, const Before& before);
/// Whether a commit that records times and permission bits would record what the version has.
bool same_attributes(const ScannedEntry& now, const Before& before);

}  // namespace cowstore::changes
