// What a directory can hold, and what a version records of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"

namespace cowstore {

enum class EntryKind : std::uint8_t {
  kFile = 1,
  kExecutable = 2,
  kSymlink = 3,
  kDirectory = 4,
  // Only where a repository keeps full attributes.
  kFifo = 5,
  kSocket = 6,
  kCharDevice = 7,
  kBlockDevice = 8,
};

/// "file", "executable", "symlink", "directory", "fifo", "socket", "character device", "block device".
const char* to_string(EntryKind kind);

struct FileOwner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool operator==(const FileOwner&) const = default;
};

/// One entry of a version. Paths and link targets are raw bytes; paths are relative, with '/' between names.
struct EntryInfo {
  std::string path;
  EntryKind kind = EntryKind::kFile;
  std::uint64_t size = 0;             ///< bytes of content; of the target for a link; 0 for a directory
  Digest id;                          ///< content of a file, tree of a directory; zero for a link
  std::string target;                 ///< of a link
  std::optional<std::uint16_t> mode;  ///< permission bits, where the repository records them
  std::optional<Timestamp> mtime;
  // Full attributes, where the repository keeps them.
  std::optional<FileOwner> owner;
  std::vector<std::string> xattrs;          ///< their names
  std::optional<std::uint64_t> link_group;  ///< entries of one version with the same number are one file
  std::uint32_t device_major = 0;           ///< of a device
  std::uint32_t device_minor = 0;
};

}  // namespace cowstore
