#include "sys/nodes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"
#include "sys/system.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

bool is_path(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

mode_t type_bits(FileKind kind) {
  switch (kind) {
    case FileKind::kFifo:
      return S_IFIFO;
    case FileKind::kSocket:
      return S_IFSOCK;
    case FileKind::kCharDevice:
      return S_IFCHR;
    case FileKind::kBlockDevice:
      return S_IFBLK;
    default:
      return 0;
  }
}

}  // namespace

Result<void> make_link(const Dir& from_dir, std::string_view from, const Dir& to_dir, std::string_view to) {
  if (is_path(from)) {
    ParentAndName split = COWSTORE_TRY(open_parent(from_dir, from));
    return make_link(split.parent, split.name, to_dir, to);
  }
  if (is_path(to)) {
    ParentAndName split = COWSTORE_TRY(open_parent(to_dir, to));
    return make_link(from_dir, from, split.parent, split.name);
  }
  std::string old_name(from);
  std::string new_name(to);
  int failed = observed(Call::kLink, to,
                        [&] { return ::linkat(from_dir.fd(), old_name.c_str(), to_dir.fd(), new_name.c_str(), 0); });
  if (failed != 0) return system_error("make the hard link", to_dir.path_of(to), errno);
  return {};
}

Result<std::optional<int>> why_no_links(const Dir& from, const Dir& to) {
  const std::string name = ".cowstore-probe-" + unique_name();
  COWSTORE_TRY(from.create_new(name, 0400));
  auto linked = make_link(from, name, to, name);
  if (linked) (void)to.unlink(name);
  (void)from.unlink(name);
  if (linked) return std::optional<int>();
  switch (linked.error().sys_errno) {
    case EXDEV:
    case EPERM:
    case EACCES:
    case EOPNOTSUPP:
    case ENOSYS:
    case EMLINK:
      return std::optional(linked.error().sys_errno);
    default:
      return std::move(linked).error();
  }
}

Result<void> make_special(const Dir& dir, std::string_view name, FileKind kind, int mode, std::uint32_t device_major,
                          std::uint32_t device_minor) {
  if (is_path(name)) {
    ParentAndName split = COWSTORE_TRY(open_parent(dir, name));
    return make_special(split.parent, split.name, kind, mode, device_major, device_minor);
  }
  // Without a type mknod makes an ordinary file.
  if (type_bits(kind) == 0) return system_error("make the special file", dir.path_of(name), EINVAL);
  std::string terminated(name);
  int failed = observed(Call::kMakeSpecial, name, [&] {
    return ::mknodat(dir.fd(), terminated.c_str(), type_bits(kind) | static_cast<mode_t>(mode),
                     makedev(device_major, device_minor));
  });
  if (failed != 0) return system_error("make the special file", dir.path_of(name), errno);
  return {};
}

}  // namespace cowstore::sys
