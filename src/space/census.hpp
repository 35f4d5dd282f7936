// Who shares what: directory trees that are measured together, by what the file system says of each file.
//
// A stretch of blocks that the file system doesn't call shared belongs to the one file that has it. Of those that it
// does, all are gathered, and who refers to each is counted: a stretch is exclusive to a tree if only that tree's files
// refer to it, at least twice, so that what was seen explains that it is called shared. Else others have it, in the
// list or not. Files with several names count likewise: exclusive if all names were seen in one tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "space/owner_sets.hpp"
#include "sys/dir.hpp"

namespace cowstore::space {

/// A directory with all below it, but for mount points and `without` (names at its top, or paths "a/b").
struct Tree {
  const sys::Dir* root = nullptr;
  std::vector<std::string> without;
};

/// Bytes, but for the counts.
struct Usage {
  std::uint64_t files = 0;  ///< regular ones, by name
  std::uint64_t unreadable =
      0;                       ///< files and directories that could not be measured; a file's blocks are exclusive then
  std::uint64_t apparent = 0;  ///< sizes of the files
  std::uint64_t exclusive = 0;  ///< what removing the tree would free
  std::uint64_t shared = 0;     ///< also used by others
  std::uint64_t inlined = 0;    ///< in the file system's own tables: whether shared isn't known
  std::uint64_t encoded = 0;    ///< of `exclusive` and `shared`: compressed, counted by the size that they stand for
};

/// Bytes that just these trees, and none else in the list, have in common.
struct Group {
  std::vector<Owner> owners;  ///< sorted
  enum class Others : std::uint8_t {
    kNone,
    kSome
  } others = Others::kNone;  ///< whether somebody not listed has them, too
  std::uint64_t bytes = 0;
};

struct Census {
  std::vector<Usage> usage;   ///< of each tree
  std::vector<Group> groups;  ///< of several trees, or with others; the largest first
  std::uint64_t on_disk = 0;  ///< of all trees together, each block once
  bool complete = true;       ///< false: too many stretches to tell all apart; the rest counts as shared
};

struct CensusOptions {
  std::size_t stretches = std::size_t{4} << 20;  ///< kept at most, some 64 bytes each
  Progress* progress = nullptr;
};

/// Reads no content and changes nothing. What vanishes meanwhile isn't counted. kIo where not a file but the process or
/// the machine is at fault.
Result<Census> take_census(const std::vector<Tree>& trees, base::ThreadPool& pool, const CensusOptions& options = {});

}  // namespace cowstore::space
