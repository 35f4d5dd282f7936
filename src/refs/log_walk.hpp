// The history backwards: from a record to the one before it, across generations.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/log_file.hpp"
#include "refs/operation.hpp"
#include "sys/dir.hpp"

namespace cowstore::refs {

/// The generations in a log directory, ascending.
Result<std::vector<std::uint64_t>> list_generations(const sys::Dir& dir);

/// Steps over operations, the newest first. Borrows the directory and the notes. What it walks over never changes, so
/// that writers don't matter to it.
class LogWalker {
 public:
  struct Step {
    std::shared_ptr<const LogFile> file;
    Record record;
  };

  /// Begins with the record at `offset`, which must hold the operation `head` or be the base record behind it.
  LogWalker(const sys::Dir& dir, std::shared_ptr<const LogFile> file, std::uint64_t offset, const OperationId& head,
            LogNotes& notes);
  /// The next operation's record, as far as `parts`; nothing behind the first one. kCorrupt if the chain breaks.
  Result<std::optional<Step>> next(Parts parts);

 private:
  Result<void> enter_previous_generation();
  const sys::Dir& dir_;
  std::shared_ptr<const LogFile> file_;
  std::uint64_t offset_;
  Digest expected_;
  LogNotes& notes_;
};

}  // namespace cowstore::refs
