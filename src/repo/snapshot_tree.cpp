#include "repo/snapshot_tree.hpp"

#include <algorithm>
#include <cerrno>

#include "base/try.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::repo {

namespace {

Error impossible(const WorkingCopy& source, std::string reason, std::string hint) {
  return {ErrorCode::kUnsupported, 0, "make a snapshot of", source.path, std::move(reason), std::move(hint)};
}

Error no_subvolume(const WorkingCopy& source) {
  auto on_btrfs = sys::is_on_btrfs(source.root);
  if (on_btrfs && *on_btrfs)
    return impossible(source, "it is a plain directory, not a subvolume",
                      "leave out --method: files share their blocks all the same, one by one");
  return impossible(source, "only Btrfs has snapshots", "leave out --method, or put it on Btrfs");
}

Error explained(const WorkingCopy& source, Error error) {
  if (!sys::rules_out_snapshot(error.sys_errno)) return error;
  error.code = ErrorCode::kUnsupported;
  error.reason = error.sys_errno == EXDEV ? "the target is on another file system than " + source.path
                                          : "it, or a subvolume in it, isn't this user's";
  error.hint = "leave out --method: the files are then cloned or copied one by one";
  return error;
}

/// The stub of `child` in `copy`, which is a snapshot of `source`, makes place for a snapshot of it, and so do those in
/// that. The directory around it keeps its time.
Result<void> fill_stub(const sys::Dir& source, const sys::Dir& copy, const std::string& child) {
  sys::ParentAndName place = COWSTORE_TRY(sys::open_parent(copy, child));
  const sys::Stat before = COWSTORE_TRY(place.parent.stat_self());
  sys::Dir original = COWSTORE_TRY(source.open_dir(child));
  COWSTORE_TRY(place.parent.remove_dir(place.name));
  COWSTORE_TRY(sys::snapshot_subvolume(original, place.parent, place.name, sys::SubvolumeAccess::kWritable));
  COWSTORE_TRY(place.parent.set_mtime(".", before.mtime));
  sys::Dir made = COWSTORE_TRY(place.parent.open_dir(place.name));
  for (const std::string& below : COWSTORE_TRY(sys::child_subvolumes(original)))
    COWSTORE_TRY(fill_stub(original, made, below));
  return {};
}

Result<std::vector<std::string>> subvolumes_within(const WorkingCopy& source) {
  std::vector<std::string> children = COWSTORE_TRY(sys::child_subvolumes(source.root));
  if (source.store_place == WorkingCopy::StorePlace::kWithin)
    std::erase(children, std::string(kControlName) + "/" + source.home.store);
  return children;
}

Result<SnapshotTree> take(const WorkingCopy& source, const Target& target) {
  std::vector<std::string> children = COWSTORE_TRY(subvolumes_within(source));
  BuildDirectory made = COWSTORE_TRY(BuildDirectory::snapshot(target, source.root));
  for (const std::string& child : children) COWSTORE_TRY(fill_stub(source.root, made.dir, child));
  return SnapshotTree{std::move(made), std::move(children)};
}

/// In a snapshot the store must become a stub.
Result<bool> carries_its_store(const WorkingCopy& source) {
  if (source.store_place != WorkingCopy::StorePlace::kWithin) return false;
  return !COWSTORE_TRY(sys::is_subvolume(COWSTORE_TRY(source.control.open_dir(source.home.store))));
}

}  // namespace

Result<SnapshotTree> snapshot_tree(const WorkingCopy& source, const Target& target) {
  if (source.uuid.empty()) return no_subvolume(source);
  if (COWSTORE_TRY(carries_its_store(source)))
    return impossible(source, "its store is a plain directory in it, which a snapshot would carry along",
                      "leave out --method: files share their blocks all the same, one by one");
  auto taken = take(source, target);
  if (!taken) return explained(source, std::move(taken).error());
  return taken;
}

}  // namespace cowstore::repo
