// One open repository: what all use cases share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "changes/scan.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/commit.hpp"
#include "object/entry.hpp"
#include "refs/operation_log.hpp"
#include "refs/resolve.hpp"
#include "repo/working_copy.hpp"
#include "store/store.hpp"
#include "store/variants.hpp"

namespace cowstore::repo {

/// What a working copy has checked out.
struct Head {
  std::optional<CommitId> commit;     ///< none before the first commit
  std::optional<std::string> branch;  ///< none when detached
  object::TreeRoots roots;            ///< absent ids before the first commit
};

struct Session {
  Context context;
  WorkingCopy copy;
  std::shared_ptr<store::Store> store;
  refs::OperationLog log;
  std::string boot_id;

  Session(Context context_in, WorkingCopy copy_in, std::shared_ptr<store::Store> store_in, refs::OperationLog log_in,
          std::string boot_id_in);

  /// Started when first needed.
  base::ThreadPool& pool();

  /// The store's sources of hard links; made when first needed.
  store::Variants& variants();

  /// The working copy's key in the view: "worktrees/<id>/<field>".
  [[nodiscard]] std::string key(const std::string& field) const;
  /// The newest state. Where this working copy couldn't be registered, its home stands in for what the view lacks.
  Result<std::shared_ptr<const refs::State>> state();
  Result<Head> head();
  Result<object::TreeRoots> roots_of(const CommitId& commit);
  Result<refs::Resolved> resolve(const std::string& revision);
  /// An operation of this working copy, by this user, now; without changes yet.
  [[nodiscard]] refs::NewOperation new_operation() const;
  /// Appends, and says for whom it waits. A working copy that was moved is noted first, in an operation of its own.
  Result<refs::Operation> append(const refs::NewOperation& operation,
                                 refs::Durability durability = refs::Durability::kNow);
  /// Notes in the view where this working copy is, and as which subvolume, if it has been moved or replaced.
  Result<void> note_place();

  [[nodiscard]] index::StatIndex load_index() const;
  /// For scans: whether a path is in `roots`.
  [[nodiscard]] changes::Tracked tracked_in(const object::TreeRoots& roots) const;
  [[nodiscard]] const chunk::CutRule& cut_rule() const;

 private:
  [[nodiscard]] bool is_also_at(const std::string& path) const;
  Result<refs::Operation> append_alone(const refs::NewOperation& operation, refs::Durability durability);
  std::unique_ptr<base::ThreadPool> pool_;
  std::unique_ptr<store::Variants> variants_;
};

/// Changes of the view that make this working copy's HEAD that commit and branch.
std::vector<refs::Change> head_changes(const Session& session, const Head& now, const std::optional<CommitId>& commit,
                                       const std::optional<std::string>& branch);

}  // namespace cowstore::repo
