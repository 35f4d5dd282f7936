// What a working copy had checked out in the past.
#pragma once

#include <optional>
#include <string>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "refs/operation.hpp"
#include "refs/view.hpp"

namespace cowstore::repo {

struct PastHead {
  std::optional<CommitId> commit;
  std::optional<std::string> branch;
};

/// As of `moment`, by the times that the operations since then carry; `view` is the state after the newest of them.
/// What was so when the working copy was registered counts for all the time before.
Result<PastHead> head_at(refs::History& history, const refs::View& view, const std::string& id, Timestamp moment);

}  // namespace cowstore::repo
