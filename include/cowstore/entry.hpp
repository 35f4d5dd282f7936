// What a directory can hold, and what a version records of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"

namespace cowstore {

enum class EntryKind : std::uint8_t { kFile = 1, kExecutable = 2, kSymlink = 3, kDirectory = 4 };

/// "file", "executable", "symlink", "directory".
const char* to_string(EntryKind kind);

/// One entry of a version. Paths and link targets are raw bytes; paths are relative, with '/' between names.
struct EntryInfo {
  std::string path;
  EntryKind kind = EntryKind::kFile;
  std::uint64_t size = 0;             ///< bytes of content; of the target for a link; 0 for a directory
  Digest id;                          ///< content of a file, tree of a directory; zero for a link
  std::string target;                 ///< of a link
  std::optional<std::uint16_t> mode;  ///< permission bits, where the repository records them
  std::optional<Timestamp> mtime;
};

}  // namespace cowstore
