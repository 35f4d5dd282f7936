#include "sys/clone.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/fault.hpp"
#include "sys/file.hpp"
#include "sys/system.hpp"

namespace cowstore::sys {

Result<void> clone_file(const Fd& from, const Fd& to, std::string_view to_path) {
  if (fault::injected(Call::kClone, 0, to_path) || ::ioctl(to.get(), FICLONE, from.get()) != 0) {
    return system_error("clone to", to_path, errno);
  }
  return {};
}

Result<bool> is_nocow(const Fd& file, std::string_view path) {
  int flags = 0;
  if (fault::injected(Call::kFlags, 0, path)) return system_error("read the flags of", path, errno);
  if (::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) != 0) {
    if (errno == ENOTTY || errno == EOPNOTSUPP || errno == EINVAL) return false;
    return system_error("read the flags of", path, errno);
  }
  return (flags & FS_NOCOW_FL) != 0;
}

Result<void> set_nocow(const Fd& file, std::string_view path) {
  int flags = 0;
  if (fault::injected(Call::kFlags, 0, path) || ::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) != 0) {
    return system_error("read the flags of", path, errno);
  }
  flags |= FS_NOCOW_FL;
  if (::ioctl(file.get(), FS_IOC_SETFLAGS, &flags) != 0) return system_error("set the NOCOW flag of", path, errno);
  return {};
}

Result<bool> can_clone(const Dir& from, const Dir& to) {
  std::string source_name = ".cowstore-probe-" + unique_name();
  std::string target_name = ".cowstore-probe-" + unique_name();
  Fd source = COWSTORE_TRY(from.create_new(source_name, 0600));
  auto target = to.create_new(target_name, 0600);
  Result<bool> answer = false;
  if (target) {
    // Larger than what file systems keep inline, so that there is a block to share.
    Bytes block(16384, 0x5a);
    auto written = write_at(source, block, 0, from.path_of(source_name));
    auto cloned = written ? clone_file(source, *target, to.path_of(target_name)) : written;
    answer = cloned.ok();
    (void)to.unlink(target_name);
  } else {
    answer = target.error();
  }
  (void)from.unlink(source_name);
  return answer;
}

}  // namespace cowstore::sys
