// A further working copy that is what another one is now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/sharing.hpp"

namespace cowstore {

enum class CloneMethod : std::uint8_t { kAuto, kSnapshot, kReflink, kHardlink, kCopy };
enum class CloneHead : std::uint8_t {
  kSame,
  kDetached
};  ///< kSame: follows the same branch, if the source follows one

struct CloneOptions {
  CloneMethod method = CloneMethod::kAuto;
  CowPolicy cow = CowPolicy::kAllowCopies;
  CloneHead head = CloneHead::kSame;
  /// A branch that is made at the source's commit and followed by the clone. kConflict if it exists.
  std::optional<std::string> new_branch;
};

struct CloneReport {
  std::optional<CommitId> commit;       ///< none before the first one
  std::optional<std::string> branch;    ///< none when detached
  std::string path;                     ///< of the clone, absolute
  std::string source;                   ///< absolute
  std::string method;                   ///< what was used: "snapshot", "reflink", "hardlink", "copy", or "none"
  SharingReport sharing;                ///< all zero for a snapshot, which shares everything
  std::uint64_t created = 0;            ///< files, links and special files; 0 for a snapshot, which counts none
  std::vector<std::string> subvolumes;  ///< with a snapshot: those within the source, of which others were taken
  std::vector<Unrestored> unrestored;   ///< what couldn't be copied of some paths; sorted by path
};

}  // namespace cowstore
