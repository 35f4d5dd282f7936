// The seam at which tests watch and break system calls: every wrapper in sys asks here first.
#pragma once

#include <cstdint>
#include <string_view>

namespace cowstore::sys {

enum class Call : std::uint8_t {
  kOpen,
  kCreate,  ///< opening that may make the file
  kRead,
  kWrite,
  kStat,
  kList,
  kMakeDir,
  kRename,
  kUnlink,
  kLink,
  kSymlink,
  kReadLink,
  kClone,
  kExtents,
  kSync,
  kTruncate,
  kAllocate,
  kSetTimes,
  kSetMode,
  kLock,
  kMap,
  kFlags,
  kWriteback,
  kSetOwner,
  kReadXattr,
  kSetXattr,
  kMakeSpecial,
  kWatch,
  kSubvolume,
  kMount
};

/// Called before each system call, from any thread. Returns 0 to let it happen or the errno that it fails with.
/// `bytes` is what a read or write asks for, else 0; `name` is the last thing known about the target, possibly empty.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual int before(Call call, std::uint64_t bytes, std::string_view name) = 0;
  /// Shortens a write: the number of bytes to pass on, at most `bytes`.
  virtual std::uint64_t allow(std::uint64_t bytes) { return bytes; }
};

/// Installs an observer for the process, nullptr removes it. The caller keeps it alive.
void set_observer(Observer* observer);

namespace fault {
/// What wrappers call: true, with errno set, when the call must fail.
bool injected(Call call, std::uint64_t bytes = 0, std::string_view name = {});
std::uint64_t allowed(std::uint64_t bytes);
}  // namespace fault

}  // namespace cowstore::sys
