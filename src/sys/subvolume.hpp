// Btrfs subvolumes and snapshots. Nothing here needs root's powers but removing a subvolume at once, and even that has
// a way round. A subvolume's root has inode 256; where a snapshot would hold a child subvolume it has an empty
// directory with inode 2, a stub, in which nothing can be made and which rmdir removes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {

enum class SubvolumeAccess : std::uint8_t { kWritable, kReadOnly };
enum class SubvolumeRemoval : std::uint8_t { kDestroyed, kFileByFile };

struct SubvolumeInfo {
  std::string uuid;              ///< 36 characters, as `btrfs subvolume show` prints it; empty if it has none
  std::string parent_uuid;       ///< of what it is a snapshot of; empty if of nothing
  std::uint64_t generation = 0;  ///< grows with each change that reached the disk, and with each snapshot of it
  std::uint64_t changed = 0;     ///< grows with each change of a file or directory in it, when that reaches the disk
  Timestamp made;                ///< when it was created, or snapshot, by the file system's clock
  SubvolumeAccess access = SubvolumeAccess::kWritable;
};

/// Whether the directory is the root of a Btrfs subvolume, a file system's own root included.
Result<bool> is_subvolume(const Dir& dir);
/// Whether it lies on Btrfs, so that subvolumes can be tried.
Result<bool> is_on_btrfs(const Dir& dir);
/// Whether the directory stands where a child subvolume of the source of a snapshot was.
Result<bool> is_subvolume_stub(const Dir& dir);

/// Of the subvolume that `dir` lies in. kUnsupported where there is none, or on Linux before 4.18.
Result<SubvolumeInfo> subvolume_info(const Dir& dir);

/// As make_dir with mode 0777: what a set-group-ID parent hands down is handed down. `name` has no '/'. An occupied
/// name is EEXIST, a file system without subvolumes ENOTTY (kUnsupported).
Result<void> create_subvolume(const Dir& parent, std::string_view name);

/// A subvolume where one can be made, else a directory: for what later snapshots are to be made of, or are not to
/// carry.
Result<void> make_subvolume_or_dir(const Dir& parent, std::string_view name);

/// `name` in `parent` becomes a snapshot of the subvolume that `source` is the root of. What was written to the source
/// before is in it, and both are on disk when this returns. A source that isn't a subvolume's root is EINVAL, one of
/// another user EPERM, of another file system EXDEV.
Result<void> snapshot_subvolume(const Dir& source, const Dir& parent, std::string_view name, SubvolumeAccess access);

/// Whether an errno of snapshot_subvolume() says that no snapshot can be made of that, there, rather than that
/// something broke.
bool rules_out_snapshot(int sys_errno);

Result<void> set_subvolume_access(const Dir& root, SubvolumeAccess access);

/// Removes a subvolume with all that is in it, at once. EPERM for an ordinary user where the file system isn't mounted
/// with user_subvol_rm_allowed; ENOTEMPTY if another subvolume lies in it.
Result<void> destroy_subvolume(const Dir& parent, std::string_view name);

/// The same by any way that works: at once, else file by file (subvolumes within included), which needs no right but
/// that to the files. A plain directory goes file by file, too; an absent one is fine.
Result<SubvolumeRemoval> remove_subvolume(const Dir& parent, std::string_view name);

/// Paths below `root`, which is a subvolume's root, of the subvolumes directly in it (not of those within them),
/// sorted. EACCES if one lies where this user may not look, ENAMETOOLONG if its path has more than 3,800 bytes.
Result<std::vector<std::string>> child_subvolumes(const Dir& root);

}  // namespace cowstore::sys
