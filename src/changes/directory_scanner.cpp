#include "changes/directory_scanner.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/try.hpp"
#include "changes/depth.hpp"
#include "changes/path_text.hpp"
#include "changes/sort_listed.hpp"
#include "sys/file.hpp"

namespace cowstore::changes {

namespace {

constexpr std::string_view kControlName = ".cowstore";
constexpr std::string_view kRulesName = ".cowignore";
constexpr std::uint64_t kMaxRulesBytes = std::uint64_t{4} << 20;
/// What Btrfs gives the stub that stands in a snapshot for a subvolume (BTRFS_EMPTY_SUBVOL_DIR_OBJECTID). Elsewhere 2
/// is at most the root of a file system.
constexpr std::uint64_t kSubvolumeStubInode = 2;
/// Nothing is older than this: where a file system's own time isn't known, nothing can be proven.
constexpr Timestamp kNever{std::numeric_limits<std::int64_t>::min(), 0};

bool lists(const std::vector<sys::ListedEntry>& listed, std::string_view name) {
  auto at =
      std::lower_bound(listed.begin(), listed.end(), name,
                       [](const sys::ListedEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return at != listed.end() && at->name == name;
}

std::optional<SkipReason> reason_to_skip(sys::FileKind kind) {
  switch (kind) {
    case sys::FileKind::kFifo:
      return SkipReason::kFifo;
    case sys::FileKind::kSocket:
      return SkipReason::kSocket;
    case sys::FileKind::kCharDevice:
    case sys::FileKind::kBlockDevice:
      return SkipReason::kDevice;
    default:
      return std::nullopt;
  }
}

bool is_gone(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ESTALE;
}

/// Opening a directory that is one no longer.
bool is_no_directory(const Error& error) {
  return error.sys_errno == ENOTDIR || error.sys_errno == ELOOP;
}

bool same_attributes(const index::IndexedDirectory& known, const sys::Stat& stat) {
  return known.mode() == stat.mode && known.mtime() == stat.mtime && known.ctime() == stat.ctime;
}

std::unique_ptr<const index::Recorded> copy_recorded(const index::Recorded& recorded) {
  return recorded.empty() ? nullptr : std::make_unique<const index::Recorded>(recorded);
}

}  // namespace

Result<void> DirectoryScanner::run(Scan& scan) {
  start(scan.root, ScanScope{nullptr, &options_.paths.root(), ScanScope::Only::kAll, 0});
  COWSTORE_TRY(group_.wait());
  COWSTORE_TRY(failures_.result());
  std::sort(skipped_.begin(), skipped_.end(), [](const Skipped& a, const Skipped& b) { return a.path < b.path; });
  scan.skipped = std::move(skipped_);
  return {};
}

void DirectoryScanner::start(ScannedEntry& entry, ScanScope scope) {
  group_.add([this, &entry, scope = std::move(scope)] { return scan_directory(entry, scope); });
}

/// Opened by its path, so that tasks that wait hold no descriptors.
Result<void> DirectoryScanner::scan_directory(ScannedEntry& entry, const ScanScope& scope) {
  if (entry.directory->path.empty()) return scan_opened(std::nullopt, entry, scope);
  if (scope.depth > kMaxDepth) return too_deep(root_.path_of(entry.directory->path));
  auto dir = root_.open_dir(entry.directory->path);
  if (dir) return scan_opened(std::move(dir).value(), entry, scope);
  if (is_no_directory(dir.error())) {
    became_something_else(entry);
  } else {
    note_failure(std::move(dir).error(), entry);
  }
  return {};
}

Result<void> DirectoryScanner::scan_opened(std::optional<sys::Dir> opened, ScannedEntry& entry,
                                           const ScanScope& scope) {
  const auto visit = std::make_shared<DirectoryVisit>(std::move(opened), root_, *entry.directory, scope);
  auto stat = visit->dir().stat_self();
  auto listed = stat ? visit->dir().list() : Result<std::vector<sys::ListedEntry>>(stat.error());
  if (!listed) {
    note_failure(std::move(listed).error(), entry);
    return {};
  }
  visit->directory.stat = *stat;
  visit->directory.stamp = stat->device == stamp_.device ? stamp_.now : kNever;
  visit->listed = std::move(listed).value();
  sort_by_name(visit->listed);
  if (auto reason = reason_to_stay_out(*visit)) {
    visit->directory.coverage = Coverage::kOpaque;
    skip(visit->directory.path, *reason);
    return {};
  }
  visit->directory.coverage = visit->selection.whole() ? Coverage::kWhole : Coverage::kPartial;
  enter_rules(*visit, scope);
  visit->known = index_.find_directory(visit->directory.path);
  drop_unselected(*visit);
  visit->cut_into_pieces();
  // Before all other directories: only so many of these are open, and listed, as there are threads.
  for (std::size_t i = 1; i < visit->pieces.size(); ++i) {
    group_.add([this, visit, i] { return scan_piece(visit->pieces[i]); }, base::Turn::kNext);
  }
  return scan_piece(visit->pieces.front());
}

std::optional<SkipReason> DirectoryScanner::reason_to_stay_out(const DirectoryVisit& visit) const {
  if (visit.directory.path.empty()) return std::nullopt;
  const sys::Stat& stat = visit.directory.stat;
  if (stat.mount_root && options_.mount_points == MountPoints::kOpaque) return SkipReason::kMountPoint;
  if (lists(visit.listed, kControlName)) return SkipReason::kNestedRepository;
  const bool is_stub = stat.inode == kSubvolumeStubInode && !stat.mount_root && visit.listed.empty();
  return is_stub ? std::optional(SkipReason::kForeignSubvolume) : std::nullopt;
}

void DirectoryScanner::enter_rules(DirectoryVisit& visit, const ScanScope& scope) {
  if (options_.ignore == IgnoreRules::kNone || scope.only == ScanScope::Only::kTracked) return;
  std::optional<ignore::RuleFile> file = read_rules(visit);
  visit.rules = scope.rules == nullptr
                    ? ignore::RuleChain::root(std::move(file))
                    : ignore::RuleChain::extend(scope.rules, last_name(visit.directory.path), std::move(file));
}

/// A link or a directory of that name is an entry like any other.
std::optional<ignore::RuleFile> DirectoryScanner::read_rules(const DirectoryVisit& visit) {
  if (!lists(visit.listed, kRulesName)) return std::nullopt;
  auto stat = visit.dir().stat(kRulesName);
  if (!stat || stat->kind != sys::FileKind::kRegular) return std::nullopt;
  auto fd = visit.dir().open_read(kRulesName);
  auto text = fd ? sys::read_all(*fd, kMaxRulesBytes, visit.dir().path_of(kRulesName)) : Result<Bytes>(fd.error());
  if (text) return ignore::RuleFile::parse(as_text(*text));
  if (!is_gone(text.error())) failures_.add(std::move(text).error());
  return std::nullopt;
}

/// So that a large directory costs no more than what was asked for.
void DirectoryScanner::drop_unselected(DirectoryVisit& visit) {
  std::erase_if(visit.listed, [&visit](const sys::ListedEntry& listed) {
    return visit.selection.child(listed.name) == nullptr || (visit.depth == 0 && listed.name == kControlName);
  });
}

Result<void> DirectoryScanner::scan_piece(VisitPiece& piece) {
  DirectoryVisit& visit = piece.visit;
  while (piece.next < piece.end) COWSTORE_TRY(add_listed(piece, visit.listed[piece.next++]));
  if (options_.progress != nullptr) options_.progress->advance(piece.taken, 0);
  if (--visit.unfinished == 0) finish_directory(visit);
  return {};
}

Result<void> DirectoryScanner::add_listed(VisitPiece& piece, sys::ListedEntry& listed) {
  const DirectoryVisit& visit = piece.visit;
  // The listing tells directories from the rest; where it doesn't, and for all that isn't one, stat is asked.
  bool is_directory = listed.kind_known && listed.kind == sys::FileKind::kDirectory;
  Wanted part = listed.kind_known ? COWSTORE_TRY(wanted(visit, listed.name, is_directory)) : Wanted::kYes;
  if (part == Wanted::kNo) return {};
  std::optional<sys::Stat> stat;
  if (!is_directory) {
    auto found = visit.dir().stat_plain(listed.name);
    if (!found && !is_gone(found.error())) failures_.add(std::move(found).error());
    if (!found) return {};
    stat = *found;
    is_directory = stat->kind == sys::FileKind::kDirectory;
  }
  if (!listed.kind_known) part = COWSTORE_TRY(wanted(visit, listed.name, is_directory));
  if (part == Wanted::kNo) return {};
  if (is_directory) {
    add_directory(piece, std::move(listed.name), part);
  } else if (visit.selection.child(listed.name)->whole()) {
    add_file(piece, std::move(listed.name), *stat);
  }
  return {};
}

/// What is ignored counts if the version has something of that sort there; then that alone counts below it.
Result<DirectoryScanner::Wanted> DirectoryScanner::wanted(const DirectoryVisit& visit, std::string_view name,
                                                          bool is_directory) const {
  const auto kind = is_directory ? ignore::EntryKind::kDirectory : ignore::EntryKind::kFile;
  const bool ignored =
      visit.only == ScanScope::Only::kTracked || (visit.rules != nullptr && visit.rules->ignores(name, kind));
  if (!ignored) return Wanted::kYes;
  if (!options_.tracked) return Wanted::kNo;
  const auto tracked = COWSTORE_TRY(options_.tracked(join_path(visit.directory.path, name)));
  const bool is_tracked = tracked && (*tracked == object::EntryKind::kDirectory) == is_directory;
  return is_tracked ? Wanted::kTrackedPart : Wanted::kNo;
}

void DirectoryScanner::add_directory(VisitPiece& piece, std::string name, Wanted part) {
  const DirectoryVisit& visit = piece.visit;
  const auto known = piece.find_known(name);
  if (known && known->kind == object::EntryKind::kDirectory) ++piece.same;
  const auto only = part == Wanted::kTrackedPart ? ScanScope::Only::kTracked : ScanScope::Only::kAll;
  piece.children.push_back({visit.rules, visit.selection.child(name), only, visit.depth + 1});
  ScannedEntry& entry = piece.take_place();
  entry.kind = object::EntryKind::kDirectory;
  entry.directory = std::make_unique<ScannedDirectory>();
  entry.directory->path = join_path(visit.directory.path, name);
  entry.name = std::move(name);
}

void DirectoryScanner::add_file(VisitPiece& piece, std::string name, const sys::Stat& stat) {
  const auto kind = index::entry_kind(stat);
  if (!kind) {
    piece.has_special_files = true;
    return skip(join_path(piece.visit.directory.path, name), *reason_to_skip(stat.kind));
  }
  const auto known = piece.find_known(name);
  ScannedEntry& entry = piece.take_place();
  entry.name = std::move(name);
  entry.stat = stat;
  entry.kind = *kind;
  const index::IndexedEntry* relevant =
      known && index_.judge(*known, stat) != index::Trust::kChanged ? &*known : nullptr;
  if (*kind != object::EntryKind::kSymlink) {
    describe_file(relevant, entry);
  } else if (!describe_link(piece.visit, relevant, entry)) {
    return piece.give_back_place();
  }
  const bool same = relevant != nullptr && entry.state == ScannedEntry::State::kKnown && entry.target == known->target;
  if (same) ++piece.same;
}

/// `known` is what the index has of an equal stat. What it knows from before the machine was started, under a time that
/// nothing since has left: that content, whatever it is, came from the disk.
void DirectoryScanner::describe_file(const index::IndexedEntry* known, ScannedEntry& entry) const {
  if (known == nullptr) return;
  entry.file = known->file;
  entry.sharing = known->sharing;
  entry.recorded = copy_recorded(known->recorded);
  entry.durability = index_.of_earlier_boot() ? index::Durability::kSynced : known->durability;
  if (index_.judge(*known, entry.stat) != index::Trust::kClean) return;
  entry.state = ScannedEntry::State::kKnown;
  entry.origin = ScannedEntry::Origin::kIndex;
  entry.proof = known->proof;
  entry.durability = known->durability;
}

/// False if it isn't a link any more.
bool DirectoryScanner::describe_link(const DirectoryVisit& visit, const index::IndexedEntry* known,
                                     ScannedEntry& entry) {
  describe_file(known, entry);
  if (entry.state == ScannedEntry::State::kKnown) {
    entry.target = known->target;
    return true;
  }
  auto target = visit.dir().read_link(entry.name);
  if (!target) {
    // EINVAL: something else has its name by now, which the next scan will find.
    if (!is_gone(target.error()) && target.error().sys_errno != EINVAL) failures_.add(std::move(target).error());
    return false;
  }
  entry.target = std::move(target).value();
  entry.proof = index::prove(entry.stat, visit.directory.stamp);
  const bool confirmed = known != nullptr && entry.target == known->target;
  entry.settle(confirmed ? ScannedEntry::Confirmed::kYes : ScannedEntry::Confirmed::kNo);
  return true;
}

/// Of the last piece. Only now, when the entries have found their places, others may look at them.
void DirectoryScanner::finish_directory(DirectoryVisit& visit) {
  visit.close_gaps();
  ScannedDirectory& directory = visit.directory;
  std::size_t same = 0;
  bool has_special_files = false;
  for (const VisitPiece& piece : visit.pieces) {
    same += piece.same;
    has_special_files = has_special_files || piece.has_special_files;
  }
  const bool as_known = visit.known && directory.coverage == Coverage::kWhole && same == visit.known->size() &&
                        same == directory.entries.size();
  if (as_known) {
    directory.known_tree = visit.known->tree();
    if (!has_special_files && same_attributes(*visit.known, directory.stat)) {
      directory.known_attributes = visit.known->attributes();
    }
  }
  start_children(visit);
}

void DirectoryScanner::start_children(DirectoryVisit& visit) {
  auto entry = visit.directory.entries.begin();
  for (VisitPiece& piece : visit.pieces) {
    for (ScanScope& scope : piece.children) {
      while (entry->directory == nullptr) ++entry;
      start(*entry++, std::move(scope));
    }
  }
}

/// Between the listing and the opening, a file or a link has taken the directory's place.
void DirectoryScanner::became_something_else(ScannedEntry& entry) {
  const std::string path = std::move(entry.directory->path);
  entry.directory.reset();
  auto stat = root_.stat(path);
  if (!stat) return note_failure(std::move(stat).error(), entry);
  const auto kind = index::entry_kind(*stat);
  if (!kind) return skip(path, *reason_to_skip(stat->kind));
  if (*kind == object::EntryKind::kDirectory) {
    return failures_.add({ErrorCode::kBusy, 0, "scan", root_.path_of(path), "it changes while it is scanned", ""});
  }
  if (*kind == object::EntryKind::kSymlink) {
    auto target = root_.read_link(path);
    if (!target) return note_failure(std::move(target).error(), entry);
    entry.target = std::move(target).value();
    entry.state = ScannedEntry::State::kKnown;
  }
  entry.stat = *stat;
  entry.kind = *kind;
}

/// What is gone just isn't there.
void DirectoryScanner::note_failure(Error error, ScannedEntry& entry) {
  entry.directory.reset();
  if (!is_gone(error) && !is_no_directory(error)) failures_.add(std::move(error));
}

void DirectoryScanner::skip(std::string path, SkipReason reason) {
  std::lock_guard lock(mutex_);
  skipped_.push_back({std::move(path), reason});
}

}  // namespace cowstore::changes
