// Everything that commits reach: is it there, is it whole, and who would miss it?
#pragma once

#include <unordered_set>
#include <vector>

#include "cowstore/fsck.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "maint/findings.hpp"
#include "object/references.hpp"
#include "store/store.hpp"

namespace cowstore::maint {

/// Follows every reference from the commits, each object once, and checks the trees as object::Verifier does.
/// Faults say through which commit and path they are reached.
class Reachability {
 public:
  Reachability(store::Store& store, FsckReport& report, Findings& findings)
      : store_(store), report_(report), findings_(findings) {}

  /// Parents are followed, too.
  void mark(const std::vector<CommitId>& commits);
  [[nodiscard]] const std::unordered_set<Digest, DigestHash>& reached() const { return reached_; }

 private:
  struct Step;
  void visit(const Step& step, std::vector<Step>& open);
  void visit_chunk(const Step& step);
  void check_length(const Step& step, const object::Reference& chunk);
  bool is_readable(const store::ObjectInfo& info);
  void verify_structure(const std::vector<CommitId>& commits);

  store::Store& store_;
  FsckReport& report_;
  Findings& findings_;
  std::unordered_set<Digest, DigestHash> reached_;
  std::unordered_set<Digest, DigestHash> lost_;  ///< missing or damaged
};

/// Where a lost object is missed: "COMMIT:path" of the first file, link list or directory of the commit that needs one
/// of them. Reads whole trees: only for a store with faults.
void locate_losses(store::Store& store, const std::vector<CommitId>& commits, FsckReport& report);

}  // namespace cowstore::maint
