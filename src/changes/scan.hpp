// Looking at a working copy: one stat per file, no file opened, parallel by directory.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/thread_pool.hpp"
#include "changes/path_selection.hpp"
#include "changes/scanned.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "store/config.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// Whether `.cowignore` files are obeyed.
enum class IgnoreRules { kApply, kNone };
/// kOpaque leaves out what other file systems show inside of the working copy: mount points, bind mounts of files
/// included, and Btrfs subvolumes.
enum class MountPoints { kEnter, kOpaque };

/// What the compared version has at a path, nothing if there is no such path. Asked of ignored paths only: rules apply
/// to what isn't tracked. Thread-safe.
using Tracked = std::function<Result<std::optional<object::EntryKind>>(std::string_view path)>;

struct ScanOptions {
  IgnoreRules ignore = IgnoreRules::kApply;
  Tracked tracked;  ///< may be empty: then nothing is tracked
  /// With kFull special files are entries, extended attributes are read where the index can't vouch for them, and the
  /// names of one inode are found. Else none of that costs a system call.
  store::AttributesPolicy attributes = store::AttributesPolicy::kTimes;
  MountPoints mount_points = MountPoints::kEnter;
  PathSelection paths;
  Progress* progress = nullptr;  ///< advanced by the entries of each directory; may be null
};

/// Scans the directory `root`, whose own `.cowstore` is left out. `control` is the working copy's control directory:
/// its file system's clock is the stamp (where it can't be written, nothing new can be proven).
///
/// Links are not followed. What vanishes meanwhile isn't there; what becomes something else is what it was found to be.
/// Where directories are moved or replaced meanwhile, all is looked at again, a few times; then it is kBusy.
/// What can't be read is kept (kKept, kOpaque) and listed in `skipped`: see require_readable().
/// An ignored directory that the version tracks is entered, but only what is tracked below it counts.
/// Errors: kIo where not a file but the process or the machine is at fault; kUnsupported for directories nested more
/// than 2,048 deep; those of `tracked`. The index outlives the call, not the result.
Result<Scan> scan(const sys::Dir& root, const sys::Dir& control, const index::StatIndex& index, base::ThreadPool& pool,
                  const ScanOptions& options = {});

}  // namespace cowstore::changes
