// What reading a log has to say about its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cowstore::refs {

/// One finding, located.
struct LogNote {
  enum class Kind : std::uint8_t {
    kTornTail,     ///< bytes after the last record, left by a writer that died: harmless, the next append removes them
    kDamagedCopy,  ///< one copy of a record or header is bad, its twin is whole: nothing is lost
    kDamagedView,  ///< a recorded full view is bad in both copies: rebuilt from the operations
    kCorrupt       ///< something is lost or contradicts itself
  };
  Kind kind = Kind::kCorrupt;
  std::string file;          ///< name in log/
  std::uint64_t offset = 0;  ///< bytes from its beginning
  std::string text;          ///< for people
  bool operator==(const LogNote&) const = default;
};

/// What OperationLog::verify found.
struct LogCheck {
  std::uint64_t generations = 0;
  std::uint64_t operations = 0;  ///< records that hold one
  std::uint64_t bytes = 0;       ///< read
  std::vector<LogNote> notes;

  [[nodiscard]] bool intact() const {  ///< nothing worse than a torn tail
    for (const LogNote& note : notes)
      if (note.kind != LogNote::Kind::kTornTail) return false;
    return true;
  }
};

}  // namespace cowstore::refs
