// The walk behind compare(): a scan against a version. Private to the module.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "changes/compare.hpp"
#include "changes/disk_attributes.hpp"
#include "changes/failures.hpp"
#include "changes/file_hasher.hpp"
#include "changes/leaf.hpp"
#include "changes/scanned.hpp"
#include "changes/version_directory.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"

namespace cowstore::changes {

/// Walks in order and notes what differs. What takes a hash to decide is noted as open and settled batch by batch, so
/// that memory doesn't grow with the files that turn out to be unchanged.
class Comparison {
 public:
  Comparison(Scan& scan, const CompareTools& tools, const CompareOptions& options)
      : scan_(scan), tools_(tools), options_(options) {}
  /// To be called once.
  Result<std::vector<Change>> run(const object::TreeRoots& version);

 private:
  /// A directory that both sides have, and whether it may still turn out to be equal.
  struct Frame {
    ScannedDirectory* directory;
    std::size_t parent;
    object::TreeRoots version;
    bool same_tree;
    bool same_attributes;
  };
  /// A change, or a file that may be one.
  struct Candidate {
    Change change;
    ScannedEntry* entry;
    std::size_t frame;
    bool open;
  };
  /// Where the walk is. Views are of what the caller holds.
  struct Place {
    std::size_t frame;
    const PathSelection::Node* selection;
    std::string_view parent;
    std::string_view name;
    std::size_t depth;
    [[nodiscard]] std::string path() const;
  };

  Result<void> compare_entry(ScannedEntry& now, const VersionEntry& before, const Place& place);
  Result<void> compare_directory(ScannedEntry& now, const VersionEntry& before, const Place& place);
  Result<void> compare_directory_itself(ScannedEntry& now, const VersionEntry& before, const Place& place,
                                        std::size_t frame);
  Result<LeafVerdict> judge_leaf(const ScannedEntry& now, const Before& before) const;
  Result<std::optional<object::Attributes>> seen_of_leaf(const ScannedEntry& now, const Before& before) const;
  Result<std::optional<object::Attributes>> seen_of_directory(const ScannedDirectory& now, const Before& before) const;
  [[nodiscard]] LargeValue large_value() const;
  [[nodiscard]] bool full() const { return scan_.attributes == store::AttributesPolicy::kFull; }
  [[nodiscard]] Result<std::unique_ptr<VersionDirectory>> open_version(const VersionEntry& directory) const;
  Result<void> merge(ScannedDirectory& now, VersionDirectory& before, const Place& place, std::size_t frame);
  Result<void> change_kind(ScannedEntry& now, const VersionEntry& before, const Place& place);
  Result<void> compare_file(ScannedEntry& now, const VersionEntry& before, const Place& place);
  Result<void> recognise_variant(ScannedEntry& now, const Before& before) const;

  std::size_t add(ScannedEntry& now, const Place& place);
  std::size_t add_contents(ScannedDirectory& now, const Place& place);
  Result<std::size_t> remove(const VersionEntry& before, const Place& place);
  Result<std::size_t> remove_contents(const VersionEntry& before, const Place& place);
  [[nodiscard]] std::shared_ptr<const Before> told(Before before) const;
  void note(Change change, ScannedEntry* entry, std::size_t frame);

  Result<void> settle_open();
  Result<bool> settle(Candidate& candidate, const HashJob& job);
  void apply(const LeafVerdict& verdict, std::size_t frame);
  void note_known_ids();

  Scan& scan_;
  const CompareTools& tools_;
  const CompareOptions& options_;
  Failures failures_;
  std::vector<Skipped> unreadable_;
  std::vector<Frame> frames_;         ///< parents before children; the first stands above the root
  std::deque<Candidate> candidates_;  ///< in the order of the walk
  std::size_t settled_ = 0;           ///< none before this one is open
  std::size_t open_ = 0;
};

}  // namespace cowstore::changes
