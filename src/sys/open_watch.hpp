// Notices whether anybody opened certain files (inotify): who hasn't opened a file can't have written to it.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_set>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::sys {

/// Follows files, not names: they may be renamed and linked meanwhile. What is done by path without opening a file
/// counts too if it changes the content (truncation) or the mtime, not if it changes the mode. Thread-safe.
/// Ending it costs some ten milliseconds, in which the kernel waits for all its readers.
class OpenWatch {
 public:
  /// For files on the file system of `place`. kUnsupported where others than this kernel's processes may write to it,
  /// as over a network, or where that isn't known; an error of the system where there are too many watches.
  static Result<OpenWatch> start(const Dir& place);

  /// Watches the regular file `dir/name` from now on; gives its number, the same for the same file. ENOSPC where the
  /// user watches as much as he may.
  Result<int> add(const Dir& dir, std::string_view name) const;

  /// The numbers of the files that were opened, or changed by path, since they were added; nothing if that isn't known,
  /// since too much happened.
  Result<std::optional<std::unordered_set<int>>> opened() const;

 private:
  explicit OpenWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace cowstore::sys
