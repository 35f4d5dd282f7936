// The tasks of a scan, one for each directory, several for a large one. Private to the module.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "changes/clocks.hpp"
#include "changes/directory_visit.hpp"
#include "changes/failures.hpp"
#include "changes/scan.hpp"
#include "changes/scanned.hpp"
#include "changes/shared_inodes.hpp"
#include "cowstore/result.hpp"
#include "ignore/rule_file.hpp"
#include "index/stat_index.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// A task touches only the entry that it was started for and what is below it, or its part of a large directory; all
/// else is guarded or immutable.
/// A directory's entry that is left without a ScannedDirectory has vanished. What can't be read is kept, and listed.
class DirectoryScanner {
 public:
  /// All borrowed.
  DirectoryScanner(const sys::Dir& root, const index::StatIndex& index, const ScanOptions& options, Stamp stamp,
                   base::ThreadPool& pool)
      : root_(root), index_(index), shared_(index), options_(options), clocks_(stamp), group_(pool) {}

  /// Fills in everything below the root of `scan`, and what was skipped. To be called once.
  Result<void> run(Scan& scan);
  /// Paths that were listed, and not there when they were looked at. For use after run().
  [[nodiscard]] const std::vector<std::string>& vanished() const { return vanished_; }

 private:
  enum class Wanted : std::uint8_t { kNo, kYes, kTrackedPart };
  void start(ScannedEntry& entry, ScanScope scope);
  Result<void> scan_directory(ScannedEntry& entry, const ScanScope& scope);
  Result<void> scan_opened(std::optional<sys::Dir> opened, ScannedEntry& entry, const ScanScope& scope);
  Result<void> look_at(DirectoryVisit& visit);
  [[nodiscard]] bool knows_names(const DirectoryVisit& visit) const;
  [[nodiscard]] bool is_elsewhere(const sys::Stat& stat) const;
  [[nodiscard]] std::optional<SkipReason> reason_to_stay_out(const DirectoryVisit& visit) const;
  bool enter_rules(DirectoryVisit& visit, const ScanScope& scope);
  static Result<std::optional<ignore::RuleFile>> read_rules(const DirectoryVisit& visit);
  static void drop_unselected(DirectoryVisit& visit);
  Result<void> scan_piece(VisitPiece& piece);
  Result<void> add_listed(VisitPiece& piece, sys::ListedEntry& listed);
  [[nodiscard]] Result<sys::Stat> stat_of(const DirectoryVisit& visit, std::string_view name) const;
  Result<Wanted> wanted(const DirectoryVisit& visit, std::string_view name, bool is_directory) const;
  static void add_directory(VisitPiece& piece, std::string name, Wanted part);
  void add_file(VisitPiece& piece, std::string name, const sys::Stat& stat);
  Result<void> describe_link(const DirectoryVisit& visit, const index::IndexedEntry* known, ScannedEntry& entry);
  void describe_file(const index::IndexedEntry* known, ScannedEntry& entry) const;
  void describe_linked(const std::optional<index::IndexedEntry>& known, ScannedEntry& entry);
  void keep(VisitPiece& piece, std::string name, SkipReason reason, int sys_errno = 0);
  void finish_directory(DirectoryVisit& visit);
  void start_children(DirectoryVisit& visit);
  [[nodiscard]] bool full() const { return options_.attributes == store::AttributesPolicy::kFull; }
  void became_something_else(ScannedEntry& entry);
  void note_failure(Error error, ScannedEntry& entry);
  void note_failure(VisitPiece& piece, std::string name, Error error);
  void vanish(ScannedEntry& entry);
  void note_vanished(std::string path);
  void skip(std::string path, SkipReason reason, int sys_errno = 0);

  const sys::Dir& root_;
  const index::StatIndex& index_;
  SharedInodes shared_;
  const ScanOptions& options_;
  Clocks clocks_;
  std::optional<std::uint64_t> device_;  ///< of the root
  bool keeps_times_ = false;             ///< the root's file system, of directories
  Failures failures_;
  std::mutex mutex_;  ///< guards the next two
  std::vector<Skipped> skipped_;
  std::vector<std::string> vanished_;
  base::TaskGroup group_;  ///< last: its tasks use all of the above
};

}  // namespace cowstore::changes
