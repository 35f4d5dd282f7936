// Commits: making one, and what one says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/scope.hpp"
#include "cowstore/sharing.hpp"
#include "cowstore/time.hpp"

namespace cowstore {

struct CommitInfo {
  CommitId id;
  TreeId tree;
  std::optional<AttributesId> attributes;  ///< none where the repository keeps none
  std::vector<CommitId> parents;
  std::string author;
  Timestamp time;
  int utc_offset_minutes = 0;
  std::string message;
  std::string chunking;  ///< "default", "fine" or "bulk"
  std::string meta;      ///< a JSON object as text
};

struct CommitOptions {
  std::string message;
  std::vector<std::pair<std::string, std::string>> meta;  ///< become string members of the commit's `meta`
  std::vector<std::string> paths;                         ///< relative to the working copy; empty: everything
  enum class Times { kIgnoreAlone, kCount } times = Times::kIgnoreAlone;  ///< whether changed times alone make a commit
  Scope scope;
};

struct CommitStats {
  std::uint64_t files_scanned = 0;
  std::uint64_t files_hashed = 0;  ///< the others were known from the stat index and not opened
  std::uint64_t bytes_hashed = 0;
  std::uint64_t added = 0;  ///< paths, as `status` would have listed them
  std::uint64_t modified = 0;
  std::uint64_t deleted = 0;
  std::uint64_t chunks_new = 0;
  std::uint64_t chunks_known = 0;
  std::uint64_t bytes_stored = 0;  ///< what was written to packs, compressed
  SharingReport sharing;           ///< how content came into the store
};

struct CommitReport {
  CommitId commit;          ///< the new one, or HEAD when there was nothing to commit
  bool has_commit = false;  ///< false only in a repository without any commit and nothing to commit
  bool created = false;
  TreeId tree;
  std::optional<std::string> branch;  ///< none on a detached HEAD
  CommitStats stats;
  std::vector<std::string> skipped;  ///< named and left out: nested repositories, special files, each with the reason
  std::vector<std::string> unreadable;  ///< paths of those that were left out because they can't be read
};

}  // namespace cowstore
