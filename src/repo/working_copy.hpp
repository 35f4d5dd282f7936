// A directory with a `.cowstore`: where it is, which store it belongs to, and its lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cowstore/context.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

inline constexpr const char* kControlName = ".cowstore";
inline constexpr const char* kStoreName = "store";  ///< in the control directory of the working copy that holds it

/// The file `home` of the control directory. What is checked out is repeated here so that a working copy whose
/// registration was interrupted can be registered again; after that the view counts alone.
struct Home {
  std::string id;
  std::string store;  ///< path of the store: absolute, or relative to the control directory
  /// Absolute, beside a relative `store`, in a subvolume: a snapshot of that holds no store, and looks here.
  std::optional<std::string> store_at;
  std::optional<CommitId> commit;
  std::optional<std::string> branch;
  /// kMountPoint: the working copy of that id is an overlay, and shows here when it is mounted.
  enum class Place : std::uint8_t { kWorkingCopy, kMountPoint } place = Place::kWorkingCopy;
};

/// The id in the home of a template, which no working copy has: a snapshot or copy of one is known by that as a working
/// copy that has yet to be registered.
inline constexpr const char* kTemplateId = "0000000000000000";

Result<void> write_home(const sys::Dir& control, const Home& home);
Result<Home> read_home(const sys::Dir& control);

/// Open directories of one working copy.
struct WorkingCopy {
  std::string path;  ///< absolute
  sys::Dir root;
  sys::Dir control;
  Home home;
  std::string uuid;  ///< of the Btrfs subvolume that `root` is the root of; empty if it isn't one
  /// Whether the store lies below the working copy and `home` names it so, and not elsewhere.
  enum class StorePlace : std::uint8_t { kWithin, kElsewhere } store_place = StorePlace::kWithin;

  [[nodiscard]] std::string store_path() const;  ///< absolute
  /// What the view says of `uuid`: nothing if there is none.
  [[nodiscard]] std::optional<std::string> recorded_uuid() const {
    return uuid.empty() ? std::nullopt : std::optional(uuid);
  }
};

/// What stands where an overlay isn't mounted; nothing if there is none.
std::optional<Home> mount_point_at(const std::string& path);
/// The nearest directory, the one named or one above it, that has a `.cowstore`. Absolute. kNotFound if none has.
Result<std::string> find_control(const std::string& directory);

/// The working copy that `directory` is in: it, or the nearest directory above that has a `.cowstore`. kNotFound if
/// none has, and where there is an overlay that isn't mounted.
Result<WorkingCopy> find_working_copy(const std::string& directory);
Result<WorkingCopy> open_working_copy(const std::string& path);

/// The UUID of the Btrfs subvolume that `root` is the root of; empty if it isn't one, or has none.
Result<std::string> subvolume_uuid(const sys::Dir& root);

/// A new working copy's id: 16 random hexadecimal digits.
std::string new_working_copy_id();

/// `error`, with the way out where it says that somewhere nothing may be written.
Error explain_read_only(Error error);

/// The lock that every command holds that changes a working copy's files, index or journal. Waits, and says for whom.
Result<sys::FileLock> lock_working_copy(const WorkingCopy& copy, const Context& context);
/// Nothing if somebody else has it.
Result<std::optional<sys::FileLock>> try_lock_working_copy(const WorkingCopy& copy, const Context& context);

/// `path` as the user gave it (relative to the absolute directory `from`, or absolute), relative to `root`, "" for the
/// root itself; "." and ".." are resolved by name. kUsage if it is outside.
Result<std::string> path_within(const std::string& root, const std::string& from, const std::string& path);

}  // namespace cowstore::repo
