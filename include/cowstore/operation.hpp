// The operation log as users see it: every command that changed what the repository's names say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"

namespace cowstore {

using OperationId = Id<struct OperationTag>;

struct RefChange {
  std::string name;  ///< "branches/main", "tags/v1", "worktrees/<id>/commit", …
  std::optional<std::string> before;
  std::optional<std::string> after;
};

struct OperationInfo {
  OperationId id;
  Timestamp time;
  int utc_offset_minutes = 0;
  std::string user;
  std::string command;
  std::vector<RefChange> changes;
  std::optional<OperationId> undoes;
};

struct UndoReport {
  OperationInfo undone;
  OperationId operation;              ///< the new one
  std::vector<std::string> restored;  ///< paths in the working copy that were brought back or changed
  std::vector<std::string> removed;   ///< paths that are gone again
};

}  // namespace cowstore
