// Every result as text for people. Each function returns whole lines.
#pragma once

#include <string>
#include <vector>

#include "cli/decorations.hpp"
#include "cli/paint.hpp"
#include "cowstore/checkout.hpp"
#include "cowstore/clone.hpp"
#include "cowstore/commit.hpp"
#include "cowstore/diff.hpp"
#include "cowstore/entry.hpp"
#include "cowstore/fsck.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/repository.hpp"
#include "cowstore/space.hpp"
#include "cowstore/status.hpp"
#include "cowstore/worktree.hpp"

namespace cowstore::cli {

enum class Detail { kNormal, kVerbose };

std::string text_of(const InitReport& report);
std::string text_of(const Status& status, const Paint& paint);
/// Only the changed paths, "A\tpath" each, ended by NUL.
std::string null_terminated(const Status& status);

std::string text_of(const CloneReport& report, Detail detail);
std::string text_of(const CommitReport& report, const std::string& message, Detail detail);

std::string text_of(const CommitInfo& commit, const Decorations& decorations, const Paint& paint);
std::string one_line(const CommitInfo& commit, const Decorations& decorations, const Paint& paint);
/// The first line of a message, safe for a terminal.
std::string subject_of(const std::string& message);

std::string text_of_switch(const CheckoutReport& report, Execution execution, Detail detail);
std::string text_of_new_copy(const CheckoutReport& report, const std::string& revision, Execution execution,
                             Detail detail);
std::string text_of_restore(const CheckoutReport& report, Execution execution, Detail detail);
/// "cloned 59,812 · linked 0 · copied 188 (small) · 3.1 MiB written", then why larger files were copied, if they were.
std::string text_of(const SharingReport& sharing);

enum class Terminator { kNewline, kNull };
enum class ListFormat { kShort, kLong };
std::string text_of(const EntryInfo& entry, ListFormat format, Terminator terminator);
/// "A  path": the first letter of what happened.
std::string name_status(const EntryChange& change, Terminator terminator, const Paint& paint);

/// Sizes before and after, per path and in all.
class DiffStat {
 public:
  std::string add(const EntryChange& change, const Paint& paint);  ///< the line of this change
  [[nodiscard]] std::string summary() const;

 private:
  std::uint64_t counts_[3] = {0, 0, 0};  ///< by ChangeKind
  std::uint64_t bytes_before_ = 0;
  std::uint64_t bytes_after_ = 0;
};

std::string text_of(const FsckReport& report, Detail detail, const Paint& paint);

/// A table, cut to `width` (0: as wide as it gets).
std::string text_of(const std::vector<WorktreeInfo>& infos, Timestamp now, std::size_t width, Detail detail);
std::string text_of(const DiskUse& use, std::size_t width, Detail detail);
std::string text_of(const WorktreeRemoveReport& report);
std::string text_of(const WorktreeMoveReport& report);
std::string text_of_mounted(const WorktreeMountReport& report);
std::string text_of_unmounted(const WorktreeMountReport& report);
std::string text_of(const WorktreePruneReport& report, WorktreePruneOptions::Run run);
std::string text_of(const WorktreeRepairReport& report);

std::string text_of(const OperationInfo& operation, Detail detail, const Paint& paint);
std::string text_of(const UndoReport& report, Detail detail);

}  // namespace cowstore::cli
