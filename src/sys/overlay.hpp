// Overlay mounts: a writable directory (upper) over one that is only read (lower). What was never written to is the
// lower directory's; what is written is copied to the upper one first, by the kernel.
//
// Every mount over one upper directory must be made with the same options, since they decide what is left in it and how
// that is read; so they are chosen here (docs/design/021-overlays.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::sys {

/// Under which names the overlay keeps its notes in the upper directory. kTrusted takes CAP_SYS_ADMIN in the initial
/// user namespace. With kUser, directories of the lower one can't be renamed (EXDEV), and a file is copied whole when
/// only its permissions change.
enum class OverlayXattrs : std::uint8_t { kTrusted, kUser };

/// Borrowed until the mount is made. `upper` and `work` lie on one file system, `work` is empty at first, and neither
/// lies in another.
struct OverlayLayers {
  const Dir& lower;
  const Dir& upper;
  const Dir& work;
};

/// A mount that nobody sees yet: every error but that of the place has been met. Destroyed unattached, it is gone.
class OverlayMount {
 public:
  /// `name` is what /proc/mounts shows as the device, at most 255 bytes. kUnsupported, with the reason, where mounting
  /// isn't allowed, the kernel has no overlays, or the file system can't be an upper one. Doesn't notice that `upper`
  /// is mounted elsewhere: see is_upper_in_use().
  static Result<OverlayMount> make(const OverlayLayers& layers, OverlayXattrs xattrs, const std::string& name);
  /// On top of the directory, for everybody in this mount namespace (and those that it propagates to).
  Result<void> attach(const Dir& directory) const;
  /// Its top, with which all can be done without its being attached. Messages call it `path`.
  [[nodiscard]] Result<Dir> root(const std::string& path) const;

 private:
  explicit OverlayMount(Fd mount) : mount_(std::move(mount)) {}
  Fd mount_;
};

/// Whether any overlay, in any mount namespace, writes to that directory. Two would destroy each other's files. Costs
/// a line in the kernel's log; who wants to mount holds a lock of its own from this call on.
Result<bool> is_upper_in_use(const OverlayLayers& layers, OverlayXattrs xattrs);

/// Whether the directory lies on an overlay.
Result<bool> is_on_overlay(const Dir& dir);

/// Takes away what is mounted on top of `name` in `parent`. kBusy while something in it is in use.
Result<void> unmount(const Dir& parent, std::string_view name);

}  // namespace cowstore::sys
