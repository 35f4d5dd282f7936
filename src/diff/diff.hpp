// Tree against tree: what is different between two versions, reading only what differs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::diff {

using object::TreeRoots;

enum class ChangeKind : std::uint8_t {
  kAdded,
  kRemoved,
  kModified,  ///< content, kind or permission bits; owner and extended attributes where both sides recorded them
  kTimes,     ///< nothing but the modification time; only on request
};

/// "added", "removed", "modified", "times".
const char* to_string(ChangeKind kind);

/// One side of a change.
struct Side {
  std::optional<object::TreeEntry> entry;        ///< absent: no such path, or a special file (attributes->special)
  std::optional<object::Attributes> attributes;  ///< absent: nothing recorded. Of a directory: its own
  std::optional<AttributesId> attributes_id;     ///< of a directory: its attributes tree
};

struct Change {
  std::string path;  ///< relative to the root; empty for the root itself
  ChangeKind kind = ChangeKind::kModified;
  Side from;
  Side to;
};

/// How a directory is told that only one side has.
enum class WholeDirectory : std::uint8_t {
  kContents,  ///< each file below it; a directory only if it is empty
  kItself,    ///< the directory, and nothing below it
  kBoth,      ///< the directory, then everything below it
};

enum class Times : std::uint8_t { kIgnore, kReport };

struct DiffOptions {
  WholeDirectory whole_directory = WholeDirectory::kContents;
  Times times = Times::kIgnore;
};

/// The changes one by one, in the order of paths: by the bytes of the names, component by component, a directory before
/// what is in it.
///
/// A directory on both sides is reported itself when its permissions (or, on request, times) differ; its content is
/// what is below it. Something that became a directory, or was one, is one kModified at its path, then its former or
/// present contents as removed or added. Permissions and times are compared where both sides recorded them; of symlinks
/// the permissions never count, and numbers of hard-link groups never do. A special file is a path whose entry is
/// absent and whose attributes say what it is. Equal subtrees are never read. Memory grows with the depth of the
/// directories, not with their size. Not thread-safe.
class TreeDiff {
 public:
  /// Reads nothing yet. The source must outlive the diff. An absent tree is an empty one.
  TreeDiff(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to, const DiffOptions& options = {});
  ~TreeDiff();
  TreeDiff(TreeDiff&&) noexcept;
  TreeDiff& operator=(TreeDiff&&) noexcept;

  /// Nothing at the end. After an error, only destroy it.
  Result<std::optional<Change>> next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Calls the function with each change; its error ends the walk and is returned.
Result<void> diff_trees(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to,
                        const DiffOptions& options, const std::function<Result<void>(Change&&)>& function);

}  // namespace cowstore::diff
