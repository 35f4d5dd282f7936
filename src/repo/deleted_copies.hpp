// What the operation log says of working copies that are gone: which directories may be deleted.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "repo/staging.hpp"

namespace cowstore::repo {

/// A working copy whose directory was put aside to be deleted, with all that was in it kept.
struct DeletedCopy {
  std::string id;
  std::string uuid;  ///< of the subvolume that it was; "" if it was none
  std::string path;  ///< where it had been, absolute
};

/// All whose removal is the last that the log says of their place: not those that were registered again, dropped or
/// forgotten since. Reads the whole log.
Result<std::vector<DeletedCopy>> deleted_copies(Session& session);

/// Whether a leftover is what remains of it. One that has lost its home counts only in the place where it was left.
bool is_left_of(const DeletedCopy& deleted, const Leftover& leftover);

}  // namespace cowstore::repo
