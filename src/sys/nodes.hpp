// Names for what isn't an ordinary file of its own: hard links, fifos, sockets, devices.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::sys {

/// Gives what `from` names (a symlink itself, too; nothing is followed) another name, which must not exist. Both may be
/// paths. EMLINK where it has as many as the file system allows, EPERM where links are forbidden.
Result<void> make_link(const Dir& from_dir, std::string_view from, const Dir& to_dir, std::string_view to);

/// Whether files of `from` can be linked into `to`, found out by doing it once with a temporary file (removed again).
/// Nothing if they can, else the errno that says why not; a full disk or an I/O error is an error.
Result<std::optional<int>> why_no_links(const Dir& from, const Dir& to);

/// Makes a fifo, a socket that nobody listens on, or a device; mode before umask. Devices are EPERM without CAP_MKNOD.
Result<void> make_special(const Dir& dir, std::string_view name, FileKind kind, int mode, std::uint32_t device_major,
                          std::uint32_t device_minor);

}  // namespace cowstore::sys
