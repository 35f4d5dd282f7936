// Carrying out a plan in a working copy that other programs may be using.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "checkout/plan.hpp"
#include "checkout/unrestored.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "provider/file_maker.hpp"
#include "sys/dir.hpp"
#include "sys/open_watch.hpp"
#include "sys/stat.hpp"

namespace cowstore::checkout {

/// Something that is on disk now because the plan said so. Borrows from the plan.
struct Done {
  std::string_view path;
  const Wanted* wanted = nullptr;  ///< null for a directory
  std::optional<Timestamp> mtime;  ///< as recorded, of something that was made
  sys::Stat stat;
  std::optional<int> watched;                    ///< its number, from before others could reach it
  index::Proof proof = index::Proof::kUnproven;  ///< set by prove()
};

/// Valid as long as the plan.
struct Execution {
  std::vector<Done> made;
  std::vector<std::string> removed;    ///< files and directories that are gone
  std::uint64_t linked = 0;            ///< of `made`, names that were given to a file that was made before
  std::vector<Unrestored> unrestored;  ///< sorted by path
  std::vector<std::string> untouched;  ///< changed by somebody after the plan was made: left as they are
};

/// All borrowed; `progress` may be null. `scratch` is a directory of the working copy's own, for files under
/// construction. With a `watch`, which may be null, the files that are made are watched.
struct ExecuteTools {
  const sys::Dir& root;
  const sys::Dir& scratch;
  const provider::FileMaker& maker;
  base::ThreadPool& pool;
  Progress* progress;
  const sys::OpenWatch* watch = nullptr;
};

/// Removals first, then directories, then files, parallel by directory, then further names of files (of those that are
/// made, names of one link group with the same content become one inode), then permissions. Each file is built under a
/// temporary name and moved in: a new name only where there is none, a replacement by exchange. What it replaces must
/// be what the plan saw, its ctime included (but of a file with several names: we change that ourselves, with another
/// one). What comes out by the exchange must be so, too, but for the ctime, which the exchange changes; if it isn't, it
/// is put back and listed as untouched. What is removed is moved out and looked at in the same way. What can't be put
/// back because its name is taken again is kept beside it, as `.cowstore-saved-…`, and listed. A file that finds the
/// disk full is tried again when the others are made: what they displace may be what it needs. Nothing is synced. After
/// an error a part is done, and no file under construction is left; executing a plan that is made anew between the same
/// versions does the rest.
Result<Execution> execute(const ExecuteTools& tools, const Plan& plan);

}  // namespace cowstore::checkout
