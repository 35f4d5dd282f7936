#include "sys/subvolume.hpp"

#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/hex.hpp"
#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"
#include "sys/ownership.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

constexpr std::uint64_t kRootInode = 256;  // BTRFS_FIRST_FREE_OBJECTID
constexpr std::uint64_t kStubInode = 2;    // BTRFS_EMPTY_SUBVOL_DIR_OBJECTID
constexpr int kSetGroupId = 02000;

bool names_one_entry(std::string_view name) {
  return !name.empty() && name.size() <= BTRFS_VOL_NAME_MAX && name.find('/') == std::string_view::npos;
}

/// The arguments of a call that makes or removes the entry `name`.
Result<btrfs_ioctl_vol_args_v2> arguments_for(std::string_view operation, const Dir& parent, std::string_view name) {
  btrfs_ioctl_vol_args_v2 args;
  std::memset(&args, 0, sizeof args);
  if (!names_one_entry(name)) return system_error(operation, parent.path_of(name), EINVAL);
  std::memcpy(args.name, name.data(), name.size());
  return args;
}

/// Negative on failure. Success may be more than 0: Linux 6.18 answers a question for a subvolume with 1.
template <class Argument>
int control(const Dir& dir, unsigned long request, Argument* argument, std::string_view name) {
  return observed(Call::kSubvolume, name, [&] { return ::ioctl(dir.fd(), request, argument); });
}

std::string uuid_text(const std::uint8_t (&bytes)[BTRFS_UUID_SIZE]) {
  if (std::all_of(std::begin(bytes), std::end(bytes), [](std::uint8_t byte) { return byte == 0; })) return {};
  std::string text = base::to_hex(bytes);
  for (std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

Result<bool> is_on_btrfs_with_inode(const Dir& dir, std::uint64_t inode) {
  if (!COWSTORE_TRY(is_on_btrfs(dir))) return false;
  return COWSTORE_TRY(dir.stat_self()).inode == inode;
}

/// mkdir does this by itself. The kernel makes a subvolume's root as if it had no parent.
Result<void> inherit_group(const Dir& parent, std::string_view name) {
  Stat above = COWSTORE_TRY(parent.stat_self());
  if ((above.mode & kSetGroupId) == 0) return {};
  COWSTORE_TRY(set_group(parent, name, above.gid));
  Stat made = COWSTORE_TRY(parent.stat(name));
  return parent.set_mode(name, made.mode | kSetGroupId);
}

Result<std::string> path_of_child(const Dir& root, std::uint64_t directory, std::uint64_t subvolume) {
  auto args = std::make_unique<btrfs_ioctl_ino_lookup_user_args>();
  args->dirid = directory;
  args->treeid = subvolume;
  if (control(root, BTRFS_IOC_INO_LOOKUP_USER, args.get(), root.path()) < 0)
    return system_error("find the subvolumes in", root.path(), errno);
  // The path ends with a slash, or is empty.
  return std::string(args->path) + args->name;
}

}  // namespace

Result<bool> is_on_btrfs(const Dir& dir) {
  struct statfs info {};
  if (observed(Call::kStat, dir.path(), [&] { return ::fstatfs(dir.fd(), &info); }) != 0)
    return system_error("look at the file system of", dir.path(), errno);
  return info.f_type == BTRFS_SUPER_MAGIC;
}

Result<bool> is_subvolume(const Dir& dir) {
  return is_on_btrfs_with_inode(dir, kRootInode);
}

Result<bool> is_subvolume_stub(const Dir& dir) {
  return is_on_btrfs_with_inode(dir, kStubInode);
}

Result<SubvolumeInfo> subvolume_info(const Dir& dir) {
  auto args = std::make_unique<btrfs_ioctl_get_subvol_info_args>();
  if (control(dir, BTRFS_IOC_GET_SUBVOL_INFO, args.get(), dir.path()) < 0)
    return system_error("ask for the subvolume of", dir.path(), errno);
  SubvolumeInfo info;
  info.uuid = uuid_text(args->uuid);
  info.parent_uuid = uuid_text(args->parent_uuid);
  info.generation = args->generation;
  info.changed = args->ctransid;
  info.made = {static_cast<std::int64_t>(args->otime.sec), args->otime.nsec};
  // The flags are those on disk, where read-only is bit 0; BTRFS_SUBVOL_RDONLY is another bit, of the calls that set
  // it.
  if ((args->flags & 1U) != 0) info.access = SubvolumeAccess::kReadOnly;
  return info;
}

Result<void> create_subvolume(const Dir& parent, std::string_view name) {
  constexpr std::string_view kOperation = "make the subvolume";
  btrfs_ioctl_vol_args_v2 args = COWSTORE_TRY(arguments_for(kOperation, parent, name));
  if (control(parent, BTRFS_IOC_SUBVOL_CREATE_V2, &args, name) < 0)
    return system_error(kOperation, parent.path_of(name), errno);
  auto inherited = inherit_group(parent, name);
  if (!inherited) (void)remove_subvolume(parent, name);
  return inherited;
}

Result<void> make_subvolume_or_dir(const Dir& parent, std::string_view name) {
  if (COWSTORE_TRY(is_on_btrfs(parent))) {
    auto made = create_subvolume(parent, name);
    if (made || made.error().sys_errno == EEXIST) return made;
  }
  // Whatever was in the way there (a sandbox, say) may let a directory pass; if not, it says so itself.
  return parent.make_dir(name, 0777);
}

Result<void> snapshot_subvolume(const Dir& source, const Dir& parent, std::string_view name, SubvolumeAccess access) {
  std::string operation = "make a snapshot of " + source.path() + " as";
  btrfs_ioctl_vol_args_v2 args = COWSTORE_TRY(arguments_for(operation, parent, name));
  args.fd = source.fd();
  if (access == SubvolumeAccess::kReadOnly) args.flags = BTRFS_SUBVOL_RDONLY;
  if (control(parent, BTRFS_IOC_SNAP_CREATE_V2, &args, name) < 0)
    return system_error(operation, parent.path_of(name), errno);
  return {};
}

bool rules_out_snapshot(int sys_errno) {
  switch (sys_errno) {
    case EXDEV:       // two file systems
    case EPERM:       // another user's subvolume
    case EACCES:      // one that this user can't get to
    case EINVAL:      // not a subvolume's root
    case EOPNOTSUPP:  // no Btrfs
    case ENOTTY:
    case ENOSYS:
    case ENAMETOOLONG:  // one too deep to be named by the kernel
      return true;
    default:
      return false;
  }
}

Result<void> set_subvolume_access(const Dir& root, SubvolumeAccess access) {
  std::uint64_t flags = access == SubvolumeAccess::kReadOnly ? BTRFS_SUBVOL_RDONLY : 0;
  if (control(root, BTRFS_IOC_SUBVOL_SETFLAGS, &flags, root.path()) < 0)
    return system_error("change who may write to the subvolume", root.path(), errno);
  return {};
}

Result<void> destroy_subvolume(const Dir& parent, std::string_view name) {
  constexpr std::string_view kOperation = "remove the subvolume";
  btrfs_ioctl_vol_args_v2 args = COWSTORE_TRY(arguments_for(kOperation, parent, name));
  if (control(parent, BTRFS_IOC_SNAP_DESTROY_V2, &args, name) >= 0) return {};
  Error error = system_error(kOperation, parent.path_of(name), errno);
  if (error.sys_errno == EPERM)
    error.hint =
        "only root may do that here: mount the file system with user_subvol_rm_allowed, or remove what is in it first";
  return error;
}

Result<SubvolumeRemoval> remove_subvolume(const Dir& parent, std::string_view name) {
  // An ordinary user can't remove a read-only one by either way. What isn't a subvolume refuses, which is no matter.
  if (auto root = parent.open_dir(name)) (void)set_subvolume_access(*root, SubvolumeAccess::kWritable);
  auto found = parent.stat(name);
  bool mounted_on = found && found->mount_root;  // remove_tree refuses that; the kernel would detach it
  if (!mounted_on && destroy_subvolume(parent, name)) return SubvolumeRemoval::kDestroyed;
  COWSTORE_TRY(parent.remove_tree(name));
  return SubvolumeRemoval::kFileByFile;
}

Result<std::vector<std::string>> child_subvolumes(const Dir& root) {
  std::vector<std::string> paths;
  auto args = std::make_unique<btrfs_ioctl_get_subvol_rootref_args>();
  for (bool more = true; more;) {
    more = control(root, BTRFS_IOC_GET_SUBVOL_ROOTREF, args.get(), root.path()) < 0;
    // EOVERFLOW: the list is full, and min_treeid says where the next one begins.
    if (more && errno != EOVERFLOW) return system_error("list the subvolumes in", root.path(), errno);
    for (unsigned i = 0; i < args->num_items; ++i) {
      auto path = path_of_child(root, args->rootref[i].dirid, args->rootref[i].treeid);
      // Removed since it was listed.
      if (!path && path.error().sys_errno == ENOENT) continue;
      paths.push_back(COWSTORE_TRY(std::move(path)));
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace cowstore::sys
