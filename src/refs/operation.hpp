// An operation: one atomic step of the view, with who did it, when, and by which command.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/operation.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "refs/view.hpp"

namespace cowstore::refs {

/// SHA-256 of the operation's canonical JSON, which holds its parent's id.
using cowstore::OperationId;

/// When an operation is to survive a power cut.
enum class Durability {
  kNow,
  kWithTheNext,  ///< with the next operation of anybody; until then it may vanish as if it had never been appended
};

/// What the caller of OperationLog::append knows.
struct NewOperation {
  Timestamp time;
  int utc_offset_minutes = 0;  ///< of the user's time zone
  std::string user;
  std::string command;   ///< the command line, for people
  std::string worktree;  ///< id of the working copy that it ran in; empty if in none
  std::vector<Change> changes;
  std::string details = "{}";  ///< a JSON object, kept in canonical form; "" counts as {}
};

/// What the log holds.
struct Operation : NewOperation {
  OperationId id;
  OperationId parent;        ///< all zero for the first one
  std::uint64_t number = 0;  ///< 1 for the first one
};

/// A top-level string of an operation's details; nothing if there is no such key or it holds no string.
std::optional<std::string> detail(const NewOperation& operation, std::string_view key);
/// Sets a top-level string of `details` (a JSON object or ""). kUsage if `details` isn't an object or `value` isn't
/// UTF-8.
Result<std::string> with_detail(const std::string& details, std::string_view key, std::string_view value);

enum class Walk { kContinue, kStop };
using OperationVisitor = std::function<Walk(const Operation&)>;

/// Where operations come from: the log, or a test.
class History {
 public:
  virtual ~History() = default;
  /// Visits every operation, the newest first, until the visitor has enough. Reads only what it visits.
  virtual Result<void> newest_first(const OperationVisitor& visit) = 0;
};

}  // namespace cowstore::refs
