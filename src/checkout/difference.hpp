// What differs between two versions at one path, as far as a plan asks: small, since there may be very many.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "diff/diff.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::checkout {

/// What the target has at a path. A special file is an entry of its kind.
struct Wanted {
  object::EntryKind kind = object::EntryKind::kFile;
  std::optional<std::uint16_t> mode;  ///< where recorded. Of a directory: its own, as all attributes
  std::optional<Timestamp> mtime;
  object::FileRef file;  ///< of a file
  /// What most files don't have.
  struct More {
    std::string target;             ///< of a link
    object::Attributes attributes;  ///< all of them
  };
  std::shared_ptr<const More> more;  ///< null where there is no target, and mode and mtime are all that is recorded

  [[nodiscard]] bool has_owner() const { return more != nullptr && more->attributes.owner.has_value(); }
  [[nodiscard]] std::optional<std::uint64_t> link_group() const;
  [[nodiscard]] object::Attributes attributes() const;
  /// Without a name, which is the path's last one, and without the tree of a directory.
  [[nodiscard]] object::TreeEntry entry() const;
};

/// Whether both may be names of one inode: content, kind and attributes are the same.
bool same_file(const Wanted& a, const Wanted& b);

/// What the version before has there.
struct Former {
  std::optional<object::EntryKind> kind;  ///< absent: no such path
  std::optional<std::uint16_t> mode;      ///< where recorded
};

struct Difference {
  std::string path;  ///< relative to the root; empty for the root itself
  Former from;
  std::shared_ptr<const Wanted> to;  ///< null: no such path. Shared with the plan
};

Difference difference_of(diff::Change change);

/// Two versions of one store. Borrows all.
struct VersionPair {
  object::NodeSource& source;
  const object::TreeRoots& from;
  const object::TreeRoots& to;
};

/// All between two versions, each directory and everything below it, in the order of diff::TreeDiff.
Result<std::vector<Difference>> differences_between(const VersionPair& versions);

/// The same as they are in the versions, one by one: for who needs more of them, or doesn't keep them.
Result<void> for_each_difference(const VersionPair& versions,
                                 const std::function<Result<void>(diff::Change&&)>& function);

}  // namespace cowstore::checkout
