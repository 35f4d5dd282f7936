// Copies a whole directory as it is now, parallel by directory: what `cowstore clone` does where no snapshot can.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "provider/copy_file.hpp"
#include "provider/source_files.hpp"
#include "share/ladder.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::provider {

/// One name in a copied directory. Of a subdirectory only name and kind count.
struct CopiedEntry {
  std::string name;
  sys::Stat source;  ///< what the content belongs to
  sys::Stat copy;
  std::string target;                                  ///< of a symlink
  bool exists = false;                                 ///< false for what vanished while it was copied
  index::Sharing sharing = index::Sharing::kOwnInode;  ///< of the copy
  std::optional<std::uint16_t> recorded_mode;          ///< what a shared one is to have in a version
};

struct CopiedDirectory {
  std::string path;  ///< "" for the root
  sys::Stat source;
  sys::Stat copy;
  std::vector<CopiedEntry> entries;  ///< sorted by name
};

/// A path, and what of it couldn't be copied.
struct Incomplete {
  std::string path;
  std::vector<std::string> what;
};

struct CopiedTree {
  std::vector<CopiedDirectory> directories;  ///< in no particular order
  std::uint64_t files = 0;                   ///< whatever isn't a directory
  std::uint64_t linked = 0;                  ///< of these, further names of a file that has several
  std::vector<Incomplete> incomplete;        ///< in no particular order
};

/// All borrowed; `progress` may be null.
struct CopyTreeTools {
  const FileCopier& copier;
  share::Ladder& ladder;
  share::Ladder& elsewhere;  ///< for what is mounted within the source, from which nothing may be shared
  base::ThreadPool& pool;
  Progress* progress;
  SourceFiles* known = nullptr;  ///< may be null: then everything is copied as it is
};

/// Makes `to`, an empty directory that nobody else writes to, a copy of `from` with all that is below it, but for the
/// name `left_out` at its top. What vanishes meanwhile is left out; what is mounted or a subvolume within is copied
/// like any directory. What `known` links is linked, and copies of what lacks write bits for being a link have them
/// again. Names of one file become names of one file. Times of directories are set last. After an error
/// `to` holds a part: remove it.
Result<CopiedTree> copy_tree(const CopyTreeTools& tools, const sys::Dir& from, const sys::Dir& to,
                             std::string_view left_out);

}  // namespace cowstore::provider
