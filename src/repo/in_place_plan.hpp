// The plan of an in-place change, with all that it is made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "changes/scan.hpp"
#include "checkout/plan.hpp"
#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

struct Planned {
  changes::Scan scan;  ///< of the paths in question
  checkout::Plan plan;
  std::vector<Unrestored> unmade;  ///< devices of the target that this process can't make
};

/// Borrows all.
struct PlanRequest {
  const object::TreeRoots& from;
  const object::TreeRoots& to;
  /// `restore`: bring these paths to `to` even where `from` has the same. Nothing: only what differs between the two.
  const std::optional<std::vector<std::string>>& paths;
  Overwrite overwrite = Overwrite::kRefuse;
  /// kResumed: a command that was interrupted may have left entries half done, with their attributes missing.
  enum class Stage : std::uint8_t { kNew, kResumed } stage = Stage::kNew;
};

/// Looks at the working copy and changes nothing. Conflicts are in the plan; an error (kIo naming all) is what can't be
/// read, or a name that the directory takes for another's (kUnsupported).
Result<Planned> plan_in_place(Session& session, const index::StatIndex& index, const PlanRequest& request);

/// Whether a version has a directory of that path.
Result<bool> has_directory(Session& session, const object::TreeRoots& roots, const std::string& path);

}  // namespace cowstore::repo
