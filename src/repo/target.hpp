// Where a new working copy is to be, and the directory in which it comes to be.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "sys/dir.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// A name in a directory, and what is there.
struct Target {
  sys::Dir parent;
  std::string parent_path;  ///< absolute
  std::string name;
  enum class Found : std::uint8_t { kNothing, kEmpty, kOccupied } found = Found::kNothing;
  [[nodiscard]] std::string path() const { return parent_path == "/" ? "/" + name : parent_path + "/" + name; }
};

/// Errors are of the operation `operation`. kConflict if it is no directory, kUsage if it has one of the names of
/// directories that come or go (staging.hpp).
Result<Target> look_at(std::string_view operation, const std::string& directory);

/// kUsage if the target lies in this session's store, or in anybody's `.cowstore`.
Result<void> expect_outside_of_stores(std::string_view operation, const Target& target, const Session& session);

/// Whether what is made in the target's directory takes its group or access list from that, and not from who makes it.
Result<bool> hands_down_access(const Target& target);

/// kConflict if somebody's working copy has the name that the build directory needs: only a directory that an
/// interrupted command left is replaced.
Result<void> expect_room_to_build(std::string_view operation, const Target& target, Session& session);

/// The directory in which a new working copy is built, beside the target, before it is renamed into place. Removed
/// again unless kept. Its name follows from the target's, so that what a crash left is found, and replaced, by the next
/// try. Locked, so that nobody takes it for that meanwhile: of several that make one at the same time at most one gets
/// it, the others get kBusy. Borrows the target.
class BuildDirectory {
 public:
  /// Empty but for a `.cowstore`; a subvolume where there are any, unless names are to be shared with other
  /// directories, which subvolumes don't do.
  enum class Kind : std::uint8_t { kSubvolume, kPlain };
  static Result<BuildDirectory> make(const Target& target, Kind kind = Kind::kSubvolume);
  /// A writable snapshot of the subvolume `source`. Nothing is written in it. An errno that says that this can't be is
  /// passed on (snapshot_subvolume).
  static Result<BuildDirectory> snapshot(const Target& target, const sys::Dir& source);

  BuildDirectory(BuildDirectory&& other) noexcept;
  BuildDirectory& operator=(BuildDirectory&&) = delete;
  ~BuildDirectory();

  /// Gives it its name. An empty directory that is there is replaced. kBusy if somebody took it away meanwhile.
  Result<void> move_to(const Target& target);

  sys::Dir dir;
  sys::Dir control;

 private:
  BuildDirectory(const sys::Dir& parent, std::string name) : parent_(&parent), name_(std::move(name)) {}

  [[nodiscard]] Result<bool> is_there() const;
  /// Opens and locks what was just made. kBusy, and nothing is removed, if another process was faster.
  Result<void> hold();

  const sys::Dir* parent_;
  std::string name_;
  std::optional<sys::DirLock> lock_;
};

}  // namespace cowstore::repo
