// What differs between the working copy and its commit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/scope.hpp"

namespace cowstore {

struct StatusOptions {
  enum class Times { kHide, kShow } times = Times::kHide;  ///< also find files of which only the mtime differs
  FileSystems file_systems = FileSystems::kAll;
};

/// Paths are relative to the working copy, in byte order. A new directory is listed by its files, an empty one by
/// itself.
struct Status {
  std::optional<std::string> branch;  ///< none on a detached HEAD
  std::optional<CommitId> commit;     ///< none before the first commit
  std::vector<std::string> added;
  std::vector<std::string> modified;  ///< content, kind or permission bits
  std::vector<std::string> deleted;
  std::vector<std::string> touched;     ///< only the mtime differs (StatusOptions::Times::kShow)
  std::vector<std::string> skipped;     ///< not looked at: nested repositories, special files, each with the reason
  std::vector<std::string> unreadable;  ///< paths of those that can't be read: whether they have changed is unknown
  std::vector<std::string> damaged;     ///< written by a checkout shortly before the machine went down, and not intact
  [[nodiscard]] bool clean() const {
    return added.empty() && modified.empty() && deleted.empty() && unreadable.empty();
  }
};

}  // namespace cowstore
