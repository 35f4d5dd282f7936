#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/try.hpp"
#include "sys/dir.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

namespace {

/// What getdents64 fills in, see getdents(2).
struct RawEntryHeader {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kNameOffset = 19;

bool kind_of_type(std::uint8_t type, FileKind& kind) {
  switch (type) {
    case DT_REG:
      kind = FileKind::kRegular;
      return true;
    case DT_DIR:
      kind = FileKind::kDirectory;
      return true;
    case DT_LNK:
      kind = FileKind::kSymlink;
      return true;
    case DT_FIFO:
      kind = FileKind::kFifo;
      return true;
    case DT_SOCK:
      kind = FileKind::kSocket;
      return true;
    case DT_CHR:
      kind = FileKind::kCharDevice;
      return true;
    case DT_BLK:
      kind = FileKind::kBlockDevice;
      return true;
    default:
      return false;
  }
}

/// A descriptor of its own: the position of a shared one would be shared as well. Owners leave no access time behind.
int open_to_list(int dir, std::string_view path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  int fd = detail::observed(Call::kOpen, path, [&] { return ::openat(dir, ".", kFlags | O_NOATIME); });
  return fd < 0 && errno == EPERM ? ::openat(dir, ".", kFlags) : fd;
}

void append_entries(const char* buffer, std::size_t size, std::vector<ListedEntry>& entries) {
  for (std::size_t at = 0; at < size;) {
    RawEntryHeader header;
    std::memcpy(&header, buffer + at, kNameOffset);
    const char* name = buffer + at + kNameOffset;
    at += header.length;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    ListedEntry entry;
    entry.name = name;
    entry.kind_known = kind_of_type(header.type, entry.kind);
    entries.push_back(std::move(entry));
  }
}

}  // namespace

Result<std::vector<ListedEntry>> Dir::list() const {
  Fd own(open_to_list(fd(), path_));
  if (!own.valid()) return system_error("list", path_, errno);
  std::vector<ListedEntry> entries;
  alignas(8) char buffer[32768];
  for (;;) {
    long size =
        detail::observed(Call::kList, path_, [&] { return syscall(SYS_getdents64, own.get(), buffer, sizeof buffer); });
    if (size < 0) return system_error("list", path_, errno);
    if (size == 0) return entries;
    append_entries(buffer, static_cast<std::size_t>(size), entries);
  }
}

}  // namespace cowstore::sys
