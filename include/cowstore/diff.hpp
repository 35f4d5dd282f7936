// Differences between two versions, or a version and the working copy.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cowstore/entry.hpp"
#include "cowstore/result.hpp"

namespace cowstore {

enum class ChangeKind { kAdded, kModified, kDeleted };

/// One changed path; what it was and what it is (one of them absent when added or deleted).
struct EntryChange {
  std::string path;
  ChangeKind kind = ChangeKind::kModified;
  std::optional<EntryInfo> before;
  std::optional<EntryInfo> after;
  bool content_changed = false;  ///< else only the kind or the permission bits
};

/// Called for each change in path order; an error ends the walk and is passed on.
using ChangeSink = std::function<Result<void>(const EntryChange&)>;

/// Receives a file's content piece by piece, in order.
using ContentSink = std::function<Result<void>(const std::uint8_t* bytes, std::size_t size)>;

}  // namespace cowstore
