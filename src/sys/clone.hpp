// Sharing of blocks between files: FICLONE and its permission, the NOCOW attribute.
#pragma once

#include <string_view>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::sys {

/// Makes `to`, an empty file, share all of `from`'s blocks (ioctl FICLONE); a larger `to` is EINVAL. The Error's
/// sys_errno tells why not; after a failure `to` may hold a part (btrfs, on a fatal signal): use a temporary file.
Result<void> clone_file(const Fd& from, const Fd& to, std::string_view to_path);

/// Whether a file is marked NOCOW (chattr +C); false where the file system has no such attribute.
/// Btrfs refuses to clone between files that differ in it.
Result<bool> is_nocow(const Fd& file, std::string_view path);
/// Marks an empty file, or a directory for the files made in it.
Result<void> set_nocow(const Fd& file, std::string_view path);

/// Whether new files of `from` can be cloned into new files of `to`, found out by doing it once with temporary files
/// (removed again). A full disk or an I/O error is an error, not an answer.
Result<bool> can_clone(const Dir& from, const Dir& to);

}  // namespace cowstore::sys
