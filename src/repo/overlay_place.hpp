// The writable halves of working copies that are overlays of a template. In the store:
//
//   overlays/lock          held by who makes, mounts, unmounts or removes one
//   overlays/ID/upper      what differs from the template, and the working copy's `.cowstore`, which hides the
//   template's overlays/ID/work       the kernel's overlays/ID/at         the path of the mount point, for who finds
//   the rest of an interrupted command overlays/ID/mounted    the boot in which it was mounted last: whether it still
//   is, only the kernel knows
//
// ID is the working copy's. It is registered, with method "overlay" and its template's commit, before it can be seen.
// One that isn't registered is nobody's, under the lock. Its path is a mount point: a directory with nothing but a
// `.cowstore/home` that says so (Home::place), which the mount hides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/view.hpp"
#include "repo/session.hpp"
#include "repo/templates.hpp"
#include "sys/lock.hpp"
#include "sys/overlay.hpp"

namespace cowstore::repo {

inline constexpr const char* kOverlayMethod = "overlay";

Result<sys::FileLock> lock_overlays(const Session& session);

struct OverlayPlace {
  sys::Dir place;
  sys::Dir upper;
  sys::Dir work;
  sys::OverlayXattrs xattrs = sys::OverlayXattrs::kTrusted;
};

/// kUnsupported for who may not mount, with the way out.
Result<void> expect_may_mount(const std::string& path);

/// With the lock. The top of `upper` is as that of the template. kUnsupported, with the reason, where the store's file
/// system can't hold one. After an error nothing is left.
Result<OverlayPlace> make_overlay_place(const Session& session, const Home& home, const sys::Dir& lower);
/// kNotFound if there is none.
Result<OverlayPlace> open_overlay_place(const Session& session, const std::string& id);
/// Whether this process can read what the overlay notes there: else only a look through the mount tells what is what.
Result<bool> sees_overlay_notes(const OverlayPlace& place);
/// Notes where it is, or will be, mounted.
Result<void> note_mount_point(const OverlayPlace& place, const std::string& path);
/// With the lock; not mounted. Absent is fine.
Result<void> remove_overlay_place(const Session& session, const std::string& id);

/// With the lock, over a place that is nowhere mounted: else kBusy. Brings what its home says of the store up to date;
/// a home that somebody removed is made anew. Nobody sees it until it is attached.
Result<sys::OverlayMount> prepare_overlay(const Session& session, const std::string& id, const OverlayPlace& place,
                                          const Template& lower);

/// A place without a working copy: what an interrupted command left.
struct OrphanedOverlay {
  std::string id;
  std::string path;  ///< absolute
  std::string at;    ///< its mount point; "" if none was noted
};
/// With the lock, or for looking only.
Result<std::vector<OrphanedOverlay>> orphaned_overlays(const Session& session, const refs::View& view);

}  // namespace cowstore::repo
