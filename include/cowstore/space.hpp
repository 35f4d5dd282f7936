// How much space working copies, versions and the store take, and who shares it with whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"

namespace cowstore {

/// Of a directory tree, by the file system's own answer. Bytes, but for the counts.
struct SpaceUse {
  std::uint64_t files = 0;
  std::uint64_t unreadable = 0;  ///< could not be measured; their blocks count as exclusive
  std::uint64_t apparent = 0;    ///< sizes of the files
  std::uint64_t exclusive = 0;   ///< what removing the tree would free
  std::uint64_t shared = 0;      ///< in use by others, too
  std::uint64_t inlined = 0;     ///< small files within the file system's own tables: whether shared isn't known
  std::uint64_t encoded = 0;     ///< of exclusive and shared: compressed, counted by the size that it stands for
};

struct WorktreeSpace {
  std::string id;
  std::string path;  ///< absolute
  bool main = false;
  bool current = false;
  SpaceUse use;  ///< of the main one: without the store; without working copies inside of it
};

struct StoreSpace {
  std::string part;  ///< "loose", "packs", "index", "log", "templates", "other"
  SpaceUse use;
};

/// Bytes that just these have in common.
struct SharedSpace {
  std::vector<std::string> owners;  ///< paths of working copies, "store/loose", "store/packs", …
  bool others = false;              ///< and somebody who isn't in the list
  std::uint64_t bytes = 0;
};

struct CommitSpace {
  CommitId commit;
  Timestamp time;
  int utc_offset_minutes = 0;
  std::string message;
  std::uint64_t files = 0;
  std::uint64_t apparent = 0;
  std::uint64_t exclusive = 0;  ///< in containers of the store that only this commit reaches
  std::uint64_t shared = 0;     ///< in containers that other commits reach, too
};

struct DiskUseOptions {
  std::uint64_t commits = 10;  ///< of the newest ones; 0: none
};

struct DiskUse {
  std::vector<WorktreeSpace> worktrees;  ///< the main one first, then by path
  std::vector<StoreSpace> store;
  std::vector<SharedSpace> sharing;   ///< the largest first
  std::vector<CommitSpace> commits;   ///< the newest first
  std::uint64_t commits_in_all = 0;   ///< that branches, tags and working copies reach
  std::uint64_t on_disk = 0;          ///< of working copies and store together, each block once
  bool complete = true;               ///< false: too fragmented to tell all apart; the rest counts as shared
  std::vector<std::string> left_out;  ///< working copies that could not be measured: path and reason
};

}  // namespace cowstore
