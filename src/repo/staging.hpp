// Directories that stand beside a working copy's place while it comes or goes, under names of their own, so that nobody
// sees half a working copy.
//
//   .NAME.cowstore-partial     is being made: nothing in it is anybody's work
//   .NAME.cowstore-removing    is being removed: whole as long as it is registered, a leftover afterwards
//
// Who works on one holds a lock, which the kernel releases when the process ends: who makes one on the directory
// itself, who removes one in its control directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "repo/registered.hpp"
#include "sys/dir.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// The name under which a directory of that name is removed.
std::string removing_name(const std::string& name);
/// The name that a directory had; nothing if this isn't the name of one that is being removed.
std::optional<std::string> name_before_removing(const std::string& name);

/// Whether it is a name of one of the two kinds, which no working copy in use may have.
bool is_staging_name(const std::string& name);

/// Whether the working copy waits beside its place, whole, for the rest of its removal.
bool is_half_removed(const Registered& registered);
/// That one. kNotFound if there is none.
Result<WorkingCopy> open_half_removed(const Registered& registered);

/// One that an interrupted command left.
struct Leftover {
  enum class Kind { kPartial, kRemoving } kind = Kind::kPartial;
  std::string directory;  ///< absolute
  std::string name;
  std::string home_id;                                                   ///< "" if it can't be told any more
  std::string uuid;                                                      ///< of the subvolume, if it is one
  enum class Use { kNone, kBusy, kForeign, kUnknown } use = Use::kNone;  ///< kForeign: another store's
  std::optional<sys::DirLock> directory_lock;
  std::optional<sys::FileLock> lock;  ///< held while this lives, unless it is in use or too little is left of it
};
/// Those in a directory (absolute), by name. Empty if it can't be read. Move-only, since they hold locks.
std::vector<Leftover> leftovers_in(const std::string& directory, const std::string& store_path, const Context& context);

}  // namespace cowstore::repo
