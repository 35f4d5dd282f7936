// Working copies that are overlays of a template: made, mounted, taken down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "cowstore/worktree.hpp"
#include "refs/resolve.hpp"
#include "repo/overlay_place.hpp"
#include "repo/registered.hpp"
#include "repo/session.hpp"
#include "repo/target.hpp"

namespace cowstore::repo {

/// A new one, mounted at the target, which is missing or empty. Registered before it shows: killed at any point it is
/// nowhere, or whole and perhaps not mounted, or a place that `prune` finds.
Result<CheckoutReport> checkout_overlay(Session& session, const CheckoutOptions& options, const Target& target,
                                        const refs::Resolved& revision);

/// Mounts one. What is missing of its mount point is made; kConflict if something else is there. Gives false if it was
/// mounted already.
Result<bool> mount_overlay(Session& session, const Registered& registered);

/// A registered overlay that nobody can see: taken from its mount point if it was mounted, so that nobody changes it
/// any more. Holds the lock of all overlays. Destroyed, it stays unmounted.
class HiddenOverlay {
 public:
  /// `found` is what look_at() says of it. kBusy if something in it is in use.
  static Result<HiddenOverlay> take(Session& session, const Registered& registered, Found found);

  /// What it was before.
  [[nodiscard]] bool was_mounted() const { return was_mounted_; }
  /// The working copy, for looking at and for commits in it. What comes of it has ended before put_back() or remove().
  Result<WorkingCopy> look();
  /// Mounted again if it was, at `path`, where its mount point is by now.
  Result<void> put_back(const std::string& path);
  /// Its mount point and its place in the store, once nothing is registered any more.
  Result<void> remove();

 private:
  HiddenOverlay(Session& session, const Registered& registered, sys::FileLock lock)
      : session_(&session), registered_(registered), lock_(std::move(lock)) {}
  Session* session_;
  Registered registered_;
  sys::FileLock lock_;
  bool was_mounted_ = false;
  std::optional<sys::OverlayMount> mount_;
};

/// What is left of one that is registered no longer: its mount point, if that still is it, and its place.
Result<void> remove_orphan(Session& session, const std::string& id, const std::string& mount_point);

}  // namespace cowstore::repo
