#include "repo/overlay_place.hpp"

#include <cerrno>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/registered.hpp"
#include "repo/waiting_lock.hpp"
#include "sys/file.hpp"
#include "sys/ownership.hpp"
#include "sys/xattr.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kOverlays = "overlays";
constexpr const char* kLock = "lock";
constexpr const char* kUpper = "upper";
constexpr const char* kHome = "home";
constexpr const char* kWork = "work";
constexpr const char* kAt = "at";
constexpr const char* kMounted = "mounted";
constexpr const char* kTrustedOpaque = "trusted.overlay.opaque";
constexpr const char* kUserOpaque = "user.overlay.opaque";
constexpr std::uint64_t kMaxNote = 1 << 16;

constexpr const char* kOperation = "make an overlay in";
constexpr const char* kOtherMethod = "use another --method";

Error unsupported(const sys::Dir& upper, const std::string& reason, const std::string& hint) {
  return {ErrorCode::kUnsupported, 0, kOperation, upper.path(), reason, hint};
}

/// The control directory of the template has no place in the working copy. Whether a note can be made decides whose
/// names the overlay keeps its own under.
Result<sys::OverlayXattrs> hide_control_of_template(const sys::Dir& upper) {
  auto noted = sys::set_xattr(upper, kControlName, kTrustedOpaque, "y");
  if (noted) return sys::OverlayXattrs::kTrusted;
  if (noted.error().sys_errno == EOPNOTSUPP)
    return unsupported(upper, "its file system has no extended attributes", kOtherMethod);
  if (noted.error().sys_errno != EPERM) return std::move(noted).error();
  // The right to mount is that of a user namespace: there is no such right to these names.
  COWSTORE_TRY(sys::set_xattr(upper, kControlName, kUserOpaque, "y"));
  return sys::OverlayXattrs::kUser;
}

Result<void> expect_kinds_in_listings(const sys::Dir& upper) {
  for (const sys::ListedEntry& entry : COWSTORE_TRY(upper.list())) {
    if (!entry.kind_known)
      return unsupported(upper, "its file system doesn't tell kinds of files in listings (d_type)", kOtherMethod);
  }
  return {};
}

bool is_of_overlays(const std::string& attribute) {
  return attribute.starts_with("trusted.overlay.") || attribute.starts_with("user.overlay.");
}

/// What the top of the working copy looks like. The time last: all else changes it.
Result<void> take_after(const sys::Dir& upper, const sys::Dir& lower) {
  const sys::Stat wanted = COWSTORE_TRY(lower.stat_self());
  const sys::Stat made = COWSTORE_TRY(upper.stat_self());
  if (made.uid != wanted.uid || made.gid != wanted.gid)
    COWSTORE_TRY(sys::set_owner(upper, ".", wanted.uid, wanted.gid));
  for (const std::string& attribute : COWSTORE_TRY(sys::list_xattrs(lower, "."))) {
    auto value = COWSTORE_TRY(sys::read_xattr(lower, ".", attribute));
    if (value && !is_of_overlays(attribute) && !attribute.starts_with("security."))
      COWSTORE_TRY(sys::set_xattr(upper, ".", attribute, *value));
  }
  COWSTORE_TRY(upper.set_mode(".", wanted.mode));
  return upper.set_mtime(".", wanted.mtime);
}

Result<sys::Dir> open_all(const Session& session) {
  return session.store->dir().open_dir(kOverlays);
}

Result<OverlayPlace> fill(sys::Dir place, const Home& home, const sys::Dir& lower) {
  OverlayPlace made;
  COWSTORE_TRY(place.make_dir(kWork, 0700));
  COWSTORE_TRY(place.make_dir(kUpper, 0700));
  made.upper = COWSTORE_TRY(place.open_dir(kUpper));
  made.work = COWSTORE_TRY(place.open_dir(kWork));
  COWSTORE_TRY(made.upper.make_dir(kControlName, 0777));
  COWSTORE_TRY(expect_kinds_in_listings(made.upper));
  made.xattrs = COWSTORE_TRY(hide_control_of_template(made.upper));
  COWSTORE_TRY(write_home(COWSTORE_TRY(made.upper.open_dir(kControlName)), home));
  COWSTORE_TRY(take_after(made.upper, lower));
  made.place = std::move(place);
  return made;
}

/// A file of one line. Not synced: it only helps.
Result<void> write_note(const sys::Dir& place, const char* name, const std::string& text) {
  const std::string fresh = std::string(name) + ".new";
  COWSTORE_TRY(place.remove_tree(fresh));
  sys::Fd file = COWSTORE_TRY(place.create_new(fresh, 0600));
  COWSTORE_TRY(sys::write_at(file, as_bytes(text), 0, place.path_of(fresh)));
  return place.rename(fresh, place, name);
}

std::string read_note(const sys::Dir& place, const char* name) {
  auto file = place.open_read(name);
  auto bytes = file ? sys::read_all(*file, kMaxNote, place.path_of(name)) : Result<Bytes>(file.error());
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

/// Somebody has removed it through the mount (`rm -rf` of all): without it nothing could look at what is left, nor be
/// rid of it.
Result<void> restore_home(const Session& session, const std::string& id, const OverlayPlace& place) {
  auto control = place.upper.open_dir(kControlName);
  if (control && control->exists(kHome)) return {};
  if (!control && !is_absent(control.error())) return std::move(control).error();
  if (!control) {
    COWSTORE_TRY(place.upper.remove_tree(kControlName));  // the overlay's note that it was removed
    COWSTORE_TRY(place.upper.make_dir(kControlName, 0777));
    COWSTORE_TRY(hide_control_of_template(place.upper));
    control = COWSTORE_TRY(place.upper.open_dir(kControlName));
  }
  Home home;
  home.id = id;
  home.store = session.copy.store_path();
  return write_home(*control, home);
}

/// While it was nowhere mounted nobody else wrote in it.
Result<void> refresh_home(const Session& session, const std::string& id, const OverlayPlace& place) {
  COWSTORE_TRY(restore_home(session, id, place));
  sys::Dir control = COWSTORE_TRY(place.upper.open_dir(kControlName));
  Home home = COWSTORE_TRY(read_home(control));
  const std::string store = session.copy.store_path();
  if (home.store == store) return {};
  home.store = store;
  const sys::Stat top = COWSTORE_TRY(place.upper.stat_self());
  COWSTORE_TRY(write_home(control, home));
  return place.upper.set_mtime(".", top.mtime);
}

}  // namespace

Result<sys::FileLock> lock_overlays(const Session& session) {
  auto made = session.store->dir().make_dirs(kOverlays, 0777);
  if (!made) return explain_read_only(std::move(made).error());
  sys::Dir all = COWSTORE_TRY(open_all(session));
  return acquire_or_wait(all, kLock, session.context, "that mounts");
}

Result<void> expect_may_mount(const std::string& path) {
  if (sys::privileges().trusted_attributes) return {};  // the same capability
  return Error{ErrorCode::kUnsupported,
               0,
               "mount at",
               path,
               "that takes root (CAP_SYS_ADMIN)",
               "run it as root, use another --method, or run one command in an overlay of its own: `cowstore run --at "
               "REV --method overlay -- COMMAND`"};
}

Result<OverlayPlace> make_overlay_place(const Session& session, const Home& home, const sys::Dir& lower) {
  sys::Dir all = COWSTORE_TRY(open_all(session));
  COWSTORE_TRY(all.make_dir(home.id, 0700));
  auto place = all.open_dir(home.id);
  auto filled = place ? fill(std::move(*place), home, lower) : Result<OverlayPlace>(place.error());
  auto synced = filled ? all.sync() : Result<void>();
  if (filled && synced) return filled;
  (void)all.remove_tree(home.id);
  return filled ? std::move(synced).error() : std::move(filled).error();
}

Result<OverlayPlace> open_overlay_place(const Session& session, const std::string& id) {
  OverlayPlace found;
  sys::Dir all = COWSTORE_TRY(open_all(session));
  found.place = COWSTORE_TRY(all.open_dir(id));
  found.upper = COWSTORE_TRY(found.place.open_dir(kUpper));
  found.work = COWSTORE_TRY(found.place.open_dir(kWork));
  auto user = COWSTORE_TRY(sys::read_xattr(found.upper, kControlName, kUserOpaque));
  if (user) found.xattrs = sys::OverlayXattrs::kUser;
  return found;
}

Result<bool> sees_overlay_notes(const OverlayPlace& place) {
  const char* noted = place.xattrs == sys::OverlayXattrs::kUser ? kUserOpaque : kTrustedOpaque;
  return COWSTORE_TRY(sys::read_xattr(place.upper, kControlName, noted)).has_value();
}

Result<void> note_mount_point(const OverlayPlace& place, const std::string& path) {
  return write_note(place.place, kAt, path);
}

Result<void> remove_overlay_place(const Session& session, const std::string& id) {
  auto all = open_all(session);
  if (!all && all.error().code == ErrorCode::kNotFound) return {};
  if (!all) return std::move(all).error();
  return all->remove_tree(id);
}

Result<sys::OverlayMount> prepare_overlay(const Session& session, const std::string& id, const OverlayPlace& place,
                                          const Template& lower) {
  // Mounted are directories of this mount namespace, which may be a newer one than that in which they were opened.
  sys::Dir lower_layer = COWSTORE_TRY(sys::Dir::open(lower.tree.path()));
  sys::Dir upper_layer = COWSTORE_TRY(sys::Dir::open(place.upper.path()));
  sys::Dir work_layer = COWSTORE_TRY(sys::Dir::open(place.work.path()));
  const sys::OverlayLayers layers{lower_layer, upper_layer, work_layer};
  // Not asked in vain: each question leaves a line in the kernel's log.
  const bool may_be_mounted = read_note(place.place, kMounted) == session.boot_id;
  if (may_be_mounted && COWSTORE_TRY(sys::is_upper_in_use(layers, place.xattrs))) {
    return Error{ErrorCode::kBusy,
                 0,
                 "mount",
                 place.upper.path(),
                 "it is mounted already, here or in another mount namespace (a container, a service, `cowstore run`)",
                 "end what uses it there, or unmount it"};
  }
  COWSTORE_TRY(refresh_home(session, id, place));
  COWSTORE_TRY(write_note(place.place, kMounted, session.boot_id));
  return sys::OverlayMount::make(layers, place.xattrs, "cowstore-" + id);
}

Result<std::vector<OrphanedOverlay>> orphaned_overlays(const Session& session, const refs::View& view) {
  std::vector<OrphanedOverlay> orphans;
  auto all = open_all(session);
  if (!all && all.error().code == ErrorCode::kNotFound) return orphans;
  if (!all) return std::move(all).error();
  for (const sys::ListedEntry& entry : COWSTORE_TRY(all->list())) {
    if (entry.name == kLock || view.contains(refs::worktree_key(entry.name, "path"))) continue;
    auto place = all->open_dir(entry.name);
    orphans.push_back({entry.name, all->path_of(entry.name), place ? read_note(*place, kAt) : std::string()});
  }
  return orphans;
}

}  // namespace cowstore::repo
