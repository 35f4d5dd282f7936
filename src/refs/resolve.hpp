// From a revision to a commit.
#pragma once

#include <string>
#include <string_view>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "refs/commit_source.hpp"
#include "refs/operation.hpp"
#include "refs/revision.hpp"
#include "refs/view.hpp"

namespace cowstore::refs {

/// Borrows everything.
struct ResolveContext {
  const View& view;
  std::string_view worktree;  ///< id of this working copy; empty outside of one: then @ is kUsage
  CommitSource& commits;
  History& history;  ///< read for @{…} only
  Timestamp now;
  int utc_offset_minutes = 0;  ///< of dates without a zone
};

struct Resolved {
  CommitId commit;
  std::string branch;  ///< its name when the text is exactly a branch, which checkout then follows
  std::string tag;     ///< likewise
};

/// kNotFound when there is no such name, ancestor or earlier state, with the nearest names as the hint; kUsage when it
/// is ill-formed or the prefix of several ids, which the hint lists.
Result<Resolved> resolve(const Revision& revision, const ResolveContext& context);
Result<Resolved> resolve(std::string_view text, const ResolveContext& context);

}  // namespace cowstore::refs
