// A scanned working copy against a version: what `status` shows, `diff` explains and `checkout` must not lose.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "changes/scanned.hpp"
#include "chunk/chunker.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "store/variants.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

enum class ChangeKind : std::uint8_t {
  kAdded,
  kModified,  ///< content, kind or permission bits; with full attributes the owner and extended attributes, too
  kDeleted,
  kTouched,  ///< nothing but the mtime, or which names are one inode; only on request
};

/// What is known of the content on both sides of a change. kUnread: not decided, since something else was.
enum class Content : std::uint8_t { kSame, kDifferent, kUnread };

/// What the version has at a path.
struct Before {
  object::TreeEntry entry;
  std::optional<std::uint16_t> mode;  ///< where recorded
  std::optional<Timestamp> mtime;
  /// All that is recorded; null unless the scan was made for full attributes and the version has some here.
  std::shared_ptr<const object::Attributes> full;
};

struct Change {
  std::string path;  ///< "" is the root directory itself
  ChangeKind kind = ChangeKind::kModified;
  Content content = Content::kDifferent;
  std::shared_ptr<const Before> before;  ///< null if added, or if it was not asked for
  const ScannedEntry* now = nullptr;     ///< null if deleted; points into the scan, until that is changed
};

enum class Times : std::uint8_t { kIgnore, kReport };

/// Whether changes say what the version has. Without it a change takes a quarter of the memory.
enum class Detail : std::uint8_t { kWithBefore, kPathsOnly };

struct CompareOptions {
  Times times = Times::kIgnore;
  Detail detail = Detail::kWithBefore;
};

/// What a comparison works with; all borrowed.
struct CompareTools {
  const sys::Dir& root;  ///< the directory that was scanned
  object::NodeSource& source;
  const chunk::CutRule& rule;  ///< under which the version's files were cut
  base::ThreadPool& pool;
  Progress* progress = nullptr;  ///< advanced by each file that is hashed; may be null
  /// The store's sources of hard links, which tell of files that the index knows nothing of; may be null.
  store::Variants* variants = nullptr;
};

/// The changes within the scan's selection, by the bytes of the names, component by component, a directory before what
/// is in it.
///
/// A directory that only one side has is told by its files, an empty one by itself. What became a directory, or was
/// one, is kModified at its path, then its contents as added or deleted. Permission bits count where the version
/// recorded them, of files and directories; never of links. Opaque directories are unchanged, whatever the version has
/// there, and so is what can't be read. An absent tree is an empty one.
///
/// After a scan for full attributes, owner, extended attributes and special files count as well, wherever the version
/// recorded them; but what this process couldn't have restored is no change: see within_reach().
///
/// Files that the index can't vouch for are hashed, in parallel, where neither size nor kind nor mode decides; what was
/// found is put into the scan: reference, stat, proof, and the known ids of directories that turned out to be equal.
/// A file that keeps changing while it is read is modified (Content::kUnread), one that vanishes is deleted. One that
/// can't be read becomes kKept, and is listed in the scan as skipped: see require_readable().
/// Directories whose known ids are the version's cost nothing, no node of them is read.
/// Errors: kIo where not a file but the process or the machine is at fault; kUnsupported for a version whose
/// directories are nested more than 2,048 deep; those of the source.
Result<std::vector<Change>> compare(Scan& scan, const object::TreeRoots& version, const CompareTools& tools,
                                    const CompareOptions& options = {});

}  // namespace cowstore::changes
