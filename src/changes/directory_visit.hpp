// A directory while it is scanned, and the pieces into which a large one is cut. Private to the module.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "changes/path_selection.hpp"
#include "changes/scanned.hpp"
#include "ignore/rule_chain.hpp"
#include "index/stat_index.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// What the walk hands down to a directory. The node belongs to the selection, which outlives the scan.
struct ScanScope {
  std::shared_ptr<const ignore::RuleChain> rules;  ///< of the directory above; null where none apply
  const PathSelection::Node* selection = nullptr;
  enum class Only : std::uint8_t { kAll, kTracked } only = Only::kAll;  ///< kTracked: inside of an ignored directory
  std::size_t depth = 0;
};

struct DirectoryVisit;

/// The names of a listing from `next` to `end`, which one task looks at. Of as many places in `directory.entries`,
/// those that count take the first ones.
struct VisitPiece {
  DirectoryVisit& visit;
  std::size_t next;
  std::size_t end;
  std::span<ScannedEntry> places;
  std::size_t next_known = 0;  ///< both lists are sorted, so they are walked side by side
  std::size_t taken = 0;
  std::size_t same = 0;               ///< entries that are as the index knows them
  std::size_t special_files = 0;      ///< of which the index knows nothing
  std::size_t relinked = 0;           ///< of `same`, those whose ctime alone is another: attributes may be, too
  std::vector<ScanScope> children{};  ///< of those that are directories, in order

  [[nodiscard]] ScannedEntry& take_place() { return places[taken++]; }
  void give_back_place() { places[--taken] = ScannedEntry{}; }
  /// To be asked in the order of the names.
  std::optional<index::IndexedEntry> find_known(std::string_view name);
};

/// Set up by one task. Once its pieces are started, nobody changes it but the last of them.
struct DirectoryVisit {
  std::optional<sys::Dir> opened;  ///< nothing for the root
  const sys::Dir& root;
  ScannedDirectory& directory;
  const PathSelection::Node& selection;
  ScanScope::Only only = ScanScope::Only::kAll;
  std::size_t depth = 0;
  std::shared_ptr<const ignore::RuleChain> rules;
  std::optional<index::IndexedDirectory> known;
  std::vector<sys::ListedEntry> listed;  ///< sorted
  std::vector<VisitPiece> pieces;
  std::atomic<std::size_t> unfinished;  ///< pieces

  DirectoryVisit(std::optional<sys::Dir> opened_in, const sys::Dir& root_in, ScannedDirectory& directory_in,
                 const ScanScope& scope)
      : opened(std::move(opened_in)),
        root(root_in),
        directory(directory_in),
        selection(*scope.selection),
        only(scope.only),
        depth(scope.depth) {}
  [[nodiscard]] const sys::Dir& dir() const { return opened ? *opened : root; }

  /// Makes the places of the entries, and the pieces, at least one.
  void cut_into_pieces();
  /// When all pieces are done: the entries without the places that nobody took.
  void close_gaps();
};

}  // namespace cowstore::changes
