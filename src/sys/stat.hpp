// What the file system says of one file.
#pragma once

#include <cstdint>

#include "cowstore/time.hpp"

namespace cowstore::sys {

enum class FileKind : std::uint8_t { kRegular, kDirectory, kSymlink, kFifo, kSocket, kCharDevice, kBlockDevice };

struct Stat {
  FileKind kind = FileKind::kRegular;
  std::uint16_t mode = 0;  ///< permission, setuid, setgid and sticky bits (07777)
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t blocks = 0;  ///< 512-byte units that are allocated
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t links = 0;
  std::uint32_t device_major = 0;  ///< what a device file stands for; 0 of others
  std::uint32_t device_minor = 0;
  bool mount_root = false;  ///< a file system, or a bind mount, begins here
  Timestamp mtime;
  Timestamp ctime;
};

}  // namespace cowstore::sys
