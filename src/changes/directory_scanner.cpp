#include "changes/directory_scanner.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "changes/depth.hpp"
#include "changes/path_text.hpp"
#include "changes/read_xattrs.hpp"
#include "changes/sort_listed.hpp"
#include "changes/unreadable.hpp"
#include "sys/file.hpp"
#include "sys/native.hpp"

namespace cowstore::changes {

namespace {

constexpr std::string_view kControlName = ".cowstore";
constexpr std::string_view kRulesName = ".cowignore";
constexpr std::uint64_t kMaxRulesBytes = std::uint64_t{4} << 20;
/// What Btrfs gives the stub that stands in a snapshot for a subvolume (BTRFS_EMPTY_SUBVOL_DIR_OBJECTID). Elsewhere 2
/// is at most the root of a file system.
constexpr std::uint64_t kSubvolumeStubInode = 2;
bool lists(const std::vector<sys::ListedEntry>& listed, std::string_view name) {
  auto at =
      std::lower_bound(listed.begin(), listed.end(), name,
                       [](const sys::ListedEntry& entry, std::string_view wanted) { return entry.name < wanted; });
  return at != listed.end() && at->name == name;
}

/// Of what isn't a directory stat is asked anyway, so that it doesn't matter which it is.
std::vector<sys::ListedEntry> names_in(const index::IndexedDirectory& directory) {
  std::vector<sys::ListedEntry> listed;
  listed.reserve(directory.size());
  for (std::size_t i = 0; i < directory.size(); ++i) {
    const bool is_directory = directory.kind(i) == object::EntryKind::kDirectory;
    listed.push_back(
        {std::string(directory.name(i)), true, is_directory ? sys::FileKind::kDirectory : sys::FileKind::kRegular});
  }
  return listed;
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

object::EntryKind special_kind(sys::FileKind kind) {
  switch (kind) {
    case sys::FileKind::kFifo:
      return object::EntryKind::kFifo;
    case sys::FileKind::kSocket:
      return object::EntryKind::kSocket;
    case sys::FileKind::kCharDevice:
      return object::EntryKind::kCharDevice;
    default:
      return object::EntryKind::kBlockDevice;
  }
}

ScannedEntry special_entry(std::string name, const sys::Stat& stat) {
  ScannedEntry entry;
  entry.name = std::move(name);
  entry.stat = stat;
  entry.kind = special_kind(stat.kind);
  entry.state = ScannedEntry::State::kKnown;
  return entry;
}

std::unique_ptr<const index::Recorded> copy_recorded(const index::Recorded& recorded) {
  return recorded.empty() ? nullptr : std::make_unique<const index::Recorded>(recorded);
}

}  // namespace

Result<void> DirectoryScanner::run(Scan& scan) {
  device_ = COWSTORE_TRY(root_.stat_self()).device;
  auto native = sys::is_native(root_);
  keeps_times_ = native && *native;
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

/// The directory's own stat, then what is in it, unless that is on another file system and not wanted.
Result<void> DirectoryScanner::look_at(DirectoryVisit& visit) {
  sys::Stat stat = COWSTORE_TRY(visit.dir().stat_self());
  visit.directory.stamp = clocks_.stamp_of(visit.dir(), stat.device);
  // A stamp proves only what was looked at after it had been taken.
  if (stat.device != device_) stat = COWSTORE_TRY(visit.dir().stat_self());
  visit.directory.stat = stat;
  if (is_elsewhere(stat) && !visit.directory.path.empty()) return {};
  visit.known = index_.find_directory(visit.directory.path);
  if (knows_names(visit)) {
    visit.listed = names_in(*visit.known);
    return {};
  }
  visit.listed = COWSTORE_TRY(visit.dir().list());
  sort_by_name(visit.listed);
  return {};
}

/// Whether the directory need not be listed. A mount shows in the device or the inode.
bool DirectoryScanner::knows_names(const DirectoryVisit& visit) const {
  const sys::Stat& stat = visit.directory.stat;
  return keeps_times_ && stat.device == device_ && visit.known && index_.lists(*visit.known, stat);
}

Result<void> DirectoryScanner::scan_opened(std::optional<sys::Dir> opened, ScannedEntry& entry,
                                           const ScanScope& scope) {
  const auto visit = std::make_shared<DirectoryVisit>(std::move(opened), root_, *entry.directory, scope);
  auto looked = look_at(*visit);
  if (!looked) {
    note_failure(std::move(looked).error(), entry);
    return {};
  }
  if (auto reason = reason_to_stay_out(*visit)) {
    visit->directory.coverage = Coverage::kOpaque;
    skip(visit->directory.path, *reason);
    return {};
  }
  visit->directory.coverage = visit->selection.whole() ? Coverage::kWhole : Coverage::kPartial;
  if (!enter_rules(*visit, scope)) return {};
  drop_unselected(*visit);
  visit->cut_into_pieces();
  // Before all other directories: only so many of these are open, and listed, as there are threads.
  for (std::size_t i = 1; i < visit->pieces.size(); ++i) {
    group_.add([this, visit, i] { return scan_piece(visit->pieces[i]); }, base::Turn::kNext);
  }
  return scan_piece(visit->pieces.front());
}

bool DirectoryScanner::is_elsewhere(const sys::Stat& stat) const {
  return options_.mount_points == MountPoints::kOpaque && (stat.mount_root || stat.device != device_);
}

std::optional<SkipReason> DirectoryScanner::reason_to_stay_out(const DirectoryVisit& visit) const {
  if (visit.directory.path.empty()) return std::nullopt;
  const sys::Stat& stat = visit.directory.stat;
  if (is_elsewhere(stat)) return stat.mount_root ? SkipReason::kMountPoint : SkipReason::kOtherFileSystem;
  if (lists(visit.listed, kControlName)) return SkipReason::kNestedRepository;
  const bool is_stub = stat.inode == kSubvolumeStubInode && !stat.mount_root && visit.listed.empty();
  return is_stub ? std::optional(SkipReason::kForeignSubvolume) : std::nullopt;
}

/// False if nobody can tell what is ignored here: then nothing is known of the directory, either.
bool DirectoryScanner::enter_rules(DirectoryVisit& visit, const ScanScope& scope) {
  if (options_.ignore == IgnoreRules::kNone || scope.only == ScanScope::Only::kTracked) return true;
  auto file = read_rules(visit);
  const bool kept = !file && is_unreadable(file.error()) && !visit.directory.path.empty();
  if (kept) {
    visit.directory.coverage = Coverage::kOpaque;
    skip(join_path(visit.directory.path, kRulesName), SkipReason::kUnreadable, file.error().sys_errno);
    return false;
  }
  if (!file) {
    failures_.add(std::move(file).error());
    return false;
  }
  visit.rules = scope.rules == nullptr
                    ? ignore::RuleChain::root(std::move(*file))
                    : ignore::RuleChain::extend(scope.rules, last_name(visit.directory.path), std::move(*file));
  return true;
}

/// A link or a directory of that name is an entry like any other.
Result<std::optional<ignore::RuleFile>> DirectoryScanner::read_rules(const DirectoryVisit& visit) {
  const std::optional<ignore::RuleFile> none;
  if (!lists(visit.listed, kRulesName)) return none;
  auto stat = visit.dir().stat(kRulesName);
  if (!stat || stat->kind != sys::FileKind::kRegular) return none;
  auto fd = visit.dir().open_read(kRulesName);
  auto text = fd ? sys::read_all(*fd, kMaxRulesBytes, visit.dir().path_of(kRulesName)) : Result<Bytes>(fd.error());
  if (text) return std::optional(ignore::RuleFile::parse(as_text(*text)));
  if (is_gone(text.error())) return none;
  return std::move(text).error();
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
    auto found = stat_of(visit, listed.name);
    if (!found) {
      note_failure(piece, std::move(listed.name), std::move(found).error());
      return {};
    }
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

/// Whether something is mounted on a file matters only to those who stay out.
Result<sys::Stat> DirectoryScanner::stat_of(const DirectoryVisit& visit, std::string_view name) const {
  return options_.mount_points == MountPoints::kOpaque ? visit.dir().stat(name) : visit.dir().stat_plain(name);
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
    ++piece.special_files;
    if (!full()) return skip(join_path(piece.visit.directory.path, name), *reason_to_skip(stat.kind));
    piece.take_place() = special_entry(std::move(name), stat);
    return;
  }
  if (is_elsewhere(stat) && stat.mount_root) return keep(piece, std::move(name), SkipReason::kMountPoint);
  const auto known = piece.find_known(name);
  ScannedEntry& entry = piece.take_place();
  entry.name = std::move(name);
  entry.stat = stat;
  entry.kind = *kind;
  const index::IndexedEntry* relevant =
      known && index_.judge(*known, stat) != index::Trust::kChanged ? &*known : nullptr;
  if (*kind != object::EntryKind::kSymlink) {
    describe_file(relevant, entry);
    if (relevant == nullptr) describe_linked(known, entry);
  } else if (auto described = describe_link(piece.visit, relevant, entry); !described) {
    std::string failed_name = std::move(entry.name);
    piece.give_back_place();
    return note_failure(piece, std::move(failed_name), std::move(described).error());
  }
  const bool same = relevant != nullptr && entry.state == ScannedEntry::State::kKnown && entry.target == known->target;
  if (same) ++piece.same;
  if (same && known->ctime != stat.ctime) ++piece.relinked;
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

/// A hard-linked file that was moved, or edited: programs that replace a file give the new one the old permissions.
/// Those that it was given on purpose are still not what the version is to have. `known` is what the index has under
/// its name.
void DirectoryScanner::describe_linked(const std::optional<index::IndexedEntry>& known, ScannedEntry& entry) {
  if (known && known->recorded.mode && known->mode == entry.stat.mode) {
    entry.recorded = copy_recorded({known->recorded.mode, std::nullopt});
    return;
  }
  // `chmod +x` on a file without write bits says nothing of those that the version has.
  if (known && known->recorded.mode && known->inode == entry.stat.inode && !is_writable(entry.stat.mode)) {
    const auto mode = static_cast<std::uint16_t>(entry.stat.mode | (*known->recorded.mode & kWriteBits));
    entry.recorded = copy_recorded({mode, std::nullopt});
    return;
  }
  if (!is_read_only_link(entry.stat)) return;
  const auto found = shared_.find(entry.stat.inode);
  if (!found || found->mode != entry.stat.mode) return;
  if (index_.judge(*found, entry.stat) != index::Trust::kChanged) return describe_file(&*found, entry);
  entry.recorded = copy_recorded({found->recorded.mode, std::nullopt});
}

/// An error if it can't be read as a link.
Result<void> DirectoryScanner::describe_link(const DirectoryVisit& visit, const index::IndexedEntry* known,
                                             ScannedEntry& entry) {
  describe_file(known, entry);
  if (entry.state == ScannedEntry::State::kKnown) {
    entry.target = known->target;
    return {};
  }
  entry.target = COWSTORE_TRY(visit.dir().read_link(entry.name));
  entry.proof = index::prove(entry.stat, visit.directory.stamp);
  const bool confirmed = known != nullptr && entry.target == known->target;
  entry.settle(confirmed ? ScannedEntry::Confirmed::kYes : ScannedEntry::Confirmed::kNo);
  return {};
}

void DirectoryScanner::keep(VisitPiece& piece, std::string name, SkipReason reason, int sys_errno) {
  skip(join_path(piece.visit.directory.path, name), reason, sys_errno);
  ScannedEntry& entry = piece.take_place();
  entry.name = std::move(name);
  entry.state = ScannedEntry::State::kKept;
}

/// Of what was listed in the directory and isn't one itself.
void DirectoryScanner::note_failure(VisitPiece& piece, std::string name, Error error) {
  if (is_unreadable(error)) return keep(piece, std::move(name), SkipReason::kUnreadable, error.sys_errno);
  // EINVAL: something else stands in a link's place by now, which a second look will tell.
  if (!is_gone(error) && error.sys_errno != EINVAL) return failures_.add(std::move(error));
  note_vanished(join_path(piece.visit.directory.path, name));
}

/// Of the last piece. Only now, when the entries have found their places, others may look at them.
void DirectoryScanner::finish_directory(DirectoryVisit& visit) {
  visit.close_gaps();
  ScannedDirectory& directory = visit.directory;
  const bool all_of_it = directory.coverage == Coverage::kWhole && directory.entries.size() == visit.listed.size();
  if (all_of_it) directory.listing = index::Listing::kComplete;
  std::size_t same = 0;
  std::size_t special_files = 0;
  std::size_t relinked = 0;
  for (const VisitPiece& piece : visit.pieces) {
    same += piece.same;
    special_files += piece.special_files;
    relinked += piece.relinked;
  }
  // The index knows nothing of special files.
  const std::size_t indexed = directory.entries.size() - (full() ? special_files : 0);
  if (visit.known && directory.coverage == Coverage::kWhole && same == visit.known->size() && same == indexed) {
    directory.known_tree = visit.known->tree();
    const bool may_differ = special_files > 0 || (full() && relinked > 0);
    if (!may_differ && same_attributes(*visit.known, directory.stat)) {
      directory.known_attributes = visit.known->attributes();
    }
  }
  if (full() && !directory.known_attributes) read_xattrs_of(directory, visit.dir(), failures_);
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
  const std::string& path = entry.directory->path;
  auto stat = root_.stat(path);
  if (!stat) return note_failure(std::move(stat).error(), entry);
  const auto kind = index::entry_kind(*stat);
  if (kind == object::EntryKind::kDirectory) return vanish(entry);  // it is back, which a second look will tell
  if (!kind && full()) {
    entry = special_entry(std::move(entry.name), *stat);
    return;
  }
  if (!kind) {
    skip(path, *reason_to_skip(stat->kind));
    entry.directory.reset();
    return;
  }
  if (*kind == object::EntryKind::kSymlink) {
    auto target = root_.read_link(path);
    if (!target) return note_failure(std::move(target).error(), entry);
    entry.target = std::move(target).value();
    entry.state = ScannedEntry::State::kKnown;
  }
  entry.stat = *stat;
  entry.kind = *kind;
  entry.directory.reset();
}

/// Of a directory that can't be opened or listed. The root is what the user named: it is there, or all fails.
void DirectoryScanner::note_failure(Error error, ScannedEntry& entry) {
  if (is_gone(error) || is_no_directory(error)) return vanish(entry);
  if (!is_unreadable(error) || entry.directory->path.empty()) return failures_.add(std::move(error));
  entry.directory->coverage = Coverage::kOpaque;
  skip(entry.directory->path, SkipReason::kUnreadable, error.sys_errno);
}

void DirectoryScanner::vanish(ScannedEntry& entry) {
  note_vanished(std::move(entry.directory->path));
  entry.directory.reset();
}

void DirectoryScanner::note_vanished(std::string path) {
  std::lock_guard lock(mutex_);
  vanished_.push_back(std::move(path));
}

void DirectoryScanner::skip(std::string path, SkipReason reason, int sys_errno) {
  std::lock_guard lock(mutex_);
  skipped_.push_back({std::move(path), reason, sys_errno});
}

}  // namespace cowstore::changes
