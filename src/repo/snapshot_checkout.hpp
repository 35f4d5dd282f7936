// A new working copy of a version as a Btrfs snapshot of the nearest tree that there is, under its staging name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "repo/target.hpp"
#include "share/ladder.hpp"

namespace cowstore::repo {

/// Borrows all.
struct SnapshotRequest {
  const Target& target;
  const CommitId& commit;
  const object::TreeRoots& version;
  const CheckoutOptions& options;
  share::Ladder& ladder;  ///< for what differs
};

struct SnapshotBuild {
  BuildDirectory directory;
  std::string uuid;
  SnapshotSource source = {};
  std::uint64_t files = 0;  ///< and links in it
  /// kWhole: nothing was written in it, and all of it is durable; its home is a template's. kPatched: the files are the
  /// version's and the stat index knows them, but its home and journal are the source's.
  enum class State : std::uint8_t { kWhole, kPatched } state = State::kWhole;
  object::TreeRoots from = {};  ///< of kPatched: what is durable in it
};

/// Tried in this order: a template of the commit; the template that differs least, if that is little. Then only what
/// differs is written. With CheckoutMethod::kSnapshot a template is made where there is nothing near.
/// Nothing if the files are to be made one by one: that, or any errno which says that no snapshot can be made, is
/// kUnsupported, with the reason and the way out, under kSnapshot. A template that turns out to be damaged isn't used.
/// After a failure nothing is left.
Result<std::optional<SnapshotBuild>> build_by_snapshot(Session& session, const SnapshotRequest& request);

/// Whether a tree with so many files, or so many that were made in it, is worth a template: making a snapshot costs the
/// file system a commit of its own.
bool is_worth_keeping(std::uint64_t files_made);

}  // namespace cowstore::repo
