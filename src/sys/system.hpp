// Facts about the machine and the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {

/// Changes with each boot of the kernel.
Result<std::string> boot_id();
std::string user_name();  ///< of the real user id; its number where it has no name
std::string host_name();
Timestamp now();                       ///< wall clock
int utc_offset_minutes(Timestamp at);  ///< of the local time zone
std::size_t usable_cores();            ///< by the affinity mask, at least 1
/// How many descriptors this process may have open at once (RLIMIT_NOFILE, the soft limit).
std::size_t open_file_limit();
int process_id();
std::uint32_t effective_user_id();
std::uint32_t effective_group_id();
/// A number that differs between calls and processes, for names of temporary files.
std::string unique_name();
/// The file system clock's stamp: the mtime that a file changed now in `dir` would get. Makes and removes a file.
Result<Timestamp> file_system_now(const Dir& dir);
/// The same once the clock has ticked past `moment`, for which it waits a few milliseconds. Gives up where it doesn't
/// get there, since `moment` is far ahead: the caller compares.
Result<Timestamp> file_system_time_after(const Dir& dir, Timestamp moment);
/// The stamp by a file that never has a name, so that nothing shows in `dir`, not even in its times. Fails where `dir`
/// can't be written to, and on file systems without O_TMPFILE.
Result<Timestamp> file_system_now_unseen(const Dir& dir);
/// What an ordinary user may still take of a file system.
struct FreeSpace {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> files;  ///< inodes; nothing where their number has no limit (Btrfs)
  bool exact = false;  ///< a file takes what it has: the file system doesn't compress (ext4, XFS, tmpfs)
};
Result<FreeSpace> free_space(const Dir& dir);
/// Absolute, with links resolved.
Result<std::string> real_path(const std::string& path);

}  // namespace cowstore::sys
