#include "sys/overlay.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include <cerrno>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

constexpr const char* kMountHint =
    "mounting takes root (CAP_SYS_ADMIN): run it as root, use another --method, or `cowstore run --at REV --method "
    "overlay -- COMMAND`, which mounts for that command alone";

Error failure_of(std::string_view operation, const Dir& upper, int error) {
  Error failure = system_error(operation, upper.path(), error);
  switch (error) {
    case EPERM:
    case EACCES:
      failure.code = ErrorCode::kUnsupported;
      failure.hint = kMountHint;
      break;
    case ENODEV:
    case ENOSYS:
      failure.code = ErrorCode::kUnsupported;
      failure.reason = "this kernel has no overlays";
      failure.hint = "load its module (`modprobe overlay`), or use another --method";
      break;
    case EINVAL:
    case EOPNOTSUPP:
      failure.code = ErrorCode::kUnsupported;
      failure.reason = "the kernel doesn't take this file system for an overlay; its log (`dmesg`) says why";
      failure.hint = "use another --method";
      break;
    default:
      break;
  }
  return failure;
}

/// The parameters of a file system that is being set up.
class Setup {
 public:
  static Result<Setup> begin(const Dir& upper) {
    Fd context(observed(Call::kMount, upper.path(), [] { return ::fsopen("overlay", FSOPEN_CLOEXEC); }));
    if (!context.valid()) return failure_of("set up an overlay over", upper, errno);
    return Setup(std::move(context), upper);
  }

  Result<void> set(const char* key, const std::string& value) {
    if (::fsconfig(context_.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0) return {};
    return failure(std::string("set ") + key + " of an overlay over");
  }

  Result<void> set(const char* key) {
    if (::fsconfig(context_.get(), FSCONFIG_SET_FLAG, key, nullptr, 0) == 0) return {};
    return failure(std::string("set ") + key + " of an overlay over");
  }

  /// By descriptor, so that no character of a path has a meaning, and no path is too long. Before Linux 6.13 by the
  /// descriptor's name, which is why `old_key` is another one there.
  Result<void> set_layer(const char* key, const char* old_key, const Dir& dir) {
    if (::fsconfig(context_.get(), FSCONFIG_SET_FD, key, nullptr, dir.fd()) == 0) return {};
    if (errno != EINVAL) return failure(std::string("set ") + key + " of an overlay over");
    return set(old_key, "/proc/self/fd/" + std::to_string(dir.fd()));
  }

  Result<void> set_layers(const OverlayLayers& layers, const Dir& work) {
    COWSTORE_TRY(set_layer("lowerdir+", "lowerdir", layers.lower));
    COWSTORE_TRY(set_layer("upperdir", "upperdir", layers.upper));
    return set_layer("workdir", "workdir", work);
  }

  Result<void> create() {
    int failed = observed(Call::kMount, upper_.path(),
                          [&] { return ::fsconfig(context_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0); });
    if (failed != 0) return failure("make an overlay over");
    return {};
  }

  Result<Fd> mount() {
    Fd mounted(observed(Call::kMount, upper_.path(), [&] { return ::fsmount(context_.get(), FSMOUNT_CLOEXEC, 0); }));
    if (!mounted.valid()) return failure("mount an overlay over");
    return mounted;
  }

 private:
  Setup(Fd context, const Dir& upper) : context_(std::move(context)), upper_(upper) {}
  [[nodiscard]] Error failure(std::string_view operation) const { return failure_of(operation, upper_, errno); }

  Fd context_;
  const Dir& upper_;
};

/// What the kernel's defaults (module parameters, which differ between distributions) would otherwise decide.
Result<void> set_options(Setup& setup, OverlayXattrs xattrs) {
  // No index: a store that was copied is another file system's, which an index refuses.
  COWSTORE_TRY(setup.set("index", "off"));
  COWSTORE_TRY(setup.set("nfs_export", "off"));
  // All layers are on one file system: inode numbers are its own as it is.
  COWSTORE_TRY(setup.set("xino", "off"));
  if (xattrs == OverlayXattrs::kUser) return setup.set("userxattr");  // which excludes the next two
  COWSTORE_TRY(setup.set("redirect_dir", "on"));
  return setup.set("metacopy", "on");
}

}  // namespace

Result<OverlayMount> OverlayMount::make(const OverlayLayers& layers, OverlayXattrs xattrs, const std::string& name) {
  Setup setup = COWSTORE_TRY(Setup::begin(layers.upper));
  COWSTORE_TRY(setup.set("source", name));
  COWSTORE_TRY(setup.set_layers(layers, layers.work));
  COWSTORE_TRY(set_options(setup, xattrs));
  COWSTORE_TRY(setup.create());
  return OverlayMount(COWSTORE_TRY(setup.mount()));
}

Result<void> OverlayMount::attach(const Dir& directory) const {
  int failed = observed(Call::kMount, directory.path(), [&] {
    return ::move_mount(mount_.get(), "", directory.fd(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  });
  if (failed == 0) return {};
  Error failure = system_error("mount at", directory.path(), errno);
  if (failure.sys_errno == EPERM) failure.hint = kMountHint;
  return failure;
}

Result<Dir> OverlayMount::root(const std::string& path) const {
  Fd top(observed(Call::kOpen, path,
                  [&] { return ::openat(mount_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW); }));
  if (!top.valid()) return system_error("open", path, errno);
  return Dir(std::move(top), path);
}

/// With an index the kernel refuses a second one; where there is none it goes on, and finds that the working directory
/// may not lie in the upper one. So nothing is ever mounted here.
Result<bool> is_upper_in_use(const OverlayLayers& layers, OverlayXattrs xattrs) {
  Setup setup = COWSTORE_TRY(Setup::begin(layers.upper));
  COWSTORE_TRY(setup.set_layers(layers, layers.upper));
  COWSTORE_TRY(setup.set("index", "on"));
  if (xattrs == OverlayXattrs::kUser) COWSTORE_TRY(setup.set("userxattr"));
  auto created = setup.create();
  if (created) return false;
  if (created.error().sys_errno == EBUSY) return true;
  if (created.error().sys_errno == EINVAL) return false;
  return std::move(created).error();
}

Result<bool> is_on_overlay(const Dir& dir) {
  struct statfs info {};
  if (observed(Call::kStat, dir.path(), [&] { return ::fstatfs(dir.fd(), &info); }) != 0)
    return system_error("look at the file system of", dir.path(), errno);
  return info.f_type == OVERLAYFS_SUPER_MAGIC;
}

Result<void> unmount(const Dir& parent, std::string_view name) {
  const std::string path = "/proc/self/fd/" + std::to_string(parent.fd()) + "/" + std::string(name);
  int failed = observed(Call::kMount, name, [&] { return ::umount2(path.c_str(), UMOUNT_NOFOLLOW); });
  if (failed == 0) return {};
  Error failure = system_error("unmount", parent.path_of(name), errno);
  if (failure.sys_errno == EBUSY) {
    failure.code = ErrorCode::kBusy;
    failure.reason = "something in it is in use";
    failure.hint = "end what works in it (`fuser -vm " + parent.path_of(name) + "` names it)";
  }
  if (failure.sys_errno == EPERM) failure.hint = "unmounting takes root (CAP_SYS_ADMIN)";
  return failure;
}

}  // namespace cowstore::sys
