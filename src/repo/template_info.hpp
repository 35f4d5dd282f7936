// What a template says of itself: the file `info` beside its tree.
#pragma once

#include <cstdint>
#include <string>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "sys/dir.hpp"

namespace cowstore::repo {

/// By what a tree is known again, without looking into it. Of a read-only subvolume: any change of anything in it that
/// has reached the disk since then shows. Of a directory: that it isn't a copy, and that the names at its top are the
/// same; no more.
struct TreeMark {
  std::string uuid;           ///< of the read-only subvolume that it is; empty: a directory
  std::uint64_t changed = 0;  ///< of a subvolume: sys::SubvolumeInfo::changed
  std::uint64_t inode = 0;    ///< of a directory
  Timestamp ctime;            ///< of a directory
  bool operator==(const TreeMark&) const = default;
};
/// A subvolume that may be written to counts as a directory.
Result<TreeMark> mark_of(const sys::Dir& tree);

struct TemplateInfo {
  CommitId commit;
  std::uint64_t files = 0;  ///< files and links in the tree
  TreeMark mark;
};

/// Replaces nothing: `place` has no info yet. Not synced.
Result<void> write_template_info(const sys::Dir& place, const TemplateInfo& info);
/// kCorrupt if it isn't readable as such.
Result<TemplateInfo> read_template_info(const sys::Dir& place);

}  // namespace cowstore::repo
