#include "sys/clone.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/observed.hpp"
#include "sys/system.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

/// Whether a failed clone says that these two places can't share blocks, rather than that something broke.
bool says_never(int error) {
  switch (error) {
    case EOPNOTSUPP:  // no reflinks on this file system
    case ENOTTY:      // nor this ioctl
    case ENOSYS:
    case EXDEV:   // two file systems
    case EINVAL:  // NOCOW against COW on Btrfs, unequal real-time flags on XFS
    case EPERM:   // a sandbox that doesn't know the ioctl
    case EACCES:
      return true;
    default:
      return false;
  }
}

/// Writes what is larger than file systems keep inline, so that there is a block to share, and clones it.
Result<bool> try_clone(const Fd& source, const std::string& source_path, const Fd& target,
                       const std::string& target_path) {
  COWSTORE_TRY(write_at(source, Bytes(16384, 0x5a), 0, source_path));
  auto cloned = clone_file(source, target, target_path);
  if (!cloned && !says_never(cloned.error().sys_errno)) return std::move(cloned).error();
  return cloned.ok();
}

}  // namespace

Result<void> clone_file(const Fd& from, const Fd& to, std::string_view to_path) {
  // Not repeated after EINTR, which only a fatal signal brings.
  if (fault::injected(Call::kClone, 0, to_path) || ::ioctl(to.get(), FICLONE, from.get()) != 0) {
    return system_error("clone to", to_path, errno);
  }
  return {};
}

Result<bool> is_nocow(const Fd& file, std::string_view path) {
  int flags = 0;
  int failed = observed(Call::kFlags, path, [&] { return ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags); });
  if (failed == 0) return (flags & FS_NOCOW_FL) != 0;
  if (errno == ENOTTY || errno == EOPNOTSUPP || errno == EINVAL) return false;
  return system_error("read the flags of", path, errno);
}

Result<void> set_nocow(const Fd& file, std::string_view path) {
  int flags = 0;
  int failed = observed(Call::kFlags, path, [&] { return ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags); });
  if (failed != 0) return system_error("read the flags of", path, errno);
  flags |= FS_NOCOW_FL;
  failed = observed(Call::kFlags, path, [&] { return ::ioctl(file.get(), FS_IOC_SETFLAGS, &flags); });
  if (failed != 0) return system_error("set the NOCOW flag of", path, errno);
  return {};
}

Result<bool> can_clone(const Dir& from, const Dir& to) {
  std::string source_name = ".cowstore-probe-" + unique_name();
  std::string target_name = ".cowstore-probe-" + unique_name();
  Fd source = COWSTORE_TRY(from.create_new(source_name, 0600));
  auto target = to.create_new(target_name, 0600);
  Result<bool> answer = target ? try_clone(source, from.path_of(source_name), *target, to.path_of(target_name))
                               : Result<bool>(target.error());
  if (target) (void)to.unlink(target_name);
  (void)from.unlink(source_name);
  return answer;
}

}  // namespace cowstore::sys
