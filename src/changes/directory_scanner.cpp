#include "changes/directory_scanner.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "base/try.hpp"
#include "changes/depth.hpp"
#include "changes/path_text.hpp"
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

bool by_name(const sys::ListedEntry& a, const sys::ListedEntry& b) {
  return a.name < b.name;
}

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

/// A directory that is being scanned.
struct DirectoryScanner::Visit {
  const sys::Dir& dir;
  ScannedDirectory& directory;
  const PathSelection::Node& selection;
  ScanScope::Only only;
  std::size_t depth;
  std::vector<sys::ListedEntry> listed;  ///< sorted
  std::shared_ptr<const ignore::RuleChain> rules;
  std::optional<index::IndexedDirectory> known;
  std::size_t next_known = 0;  ///< both lists are sorted, so they are walked side by side
  std::size_t same = 0;        ///< entries that are as the index knows them
  bool has_special_files = false;
  std::vector<std::pair<std::size_t, ScanScope>> children;  ///< numbers of entries

  std::optional<index::IndexedEntry> find_known(std::string_view name) {
    if (!known) return std::nullopt;
    while (next_known < known->size() && known->name(next_known) < name) ++next_known;
    if (next_known == known->size() || known->name(next_known) != name) return std::nullopt;
    return known->entry(next_known);
  }
};

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
  if (entry.directory->path.empty()) return scan_opened(root_, entry, scope);
  if (scope.depth > kMaxDepth) return too_deep(root_.path_of(entry.directory->path));
  auto dir = root_.open_dir(entry.directory->path);
  if (dir) return scan_opened(*dir, entry, scope);
  if (is_no_directory(dir.error())) {
    became_something_else(entry);
  } else {
    note_failure(std::move(dir).error(), entry);
  }
  return {};
}

Result<void> DirectoryScanner::scan_opened(const sys::Dir& dir, ScannedEntry& entry, const ScanScope& scope) {
  Visit visit{dir, *entry.directory, *scope.selection, scope.only, scope.depth, {}, {}, {}, 0, 0, false, {}};
  auto stat = dir.stat_self();
  auto listed = stat ? dir.list() : Result<std::vector<sys::ListedEntry>>(stat.error());
  if (!listed) {
    note_failure(std::move(listed).error(), entry);
    return {};
  }
  visit.directory.stat = *stat;
  visit.directory.stamp = stat->device == stamp_.device ? stamp_.now : kNever;
  visit.listed = std::move(listed).value();
  std::sort(visit.listed.begin(), visit.listed.end(), by_name);
  if (auto reason = reason_to_stay_out(visit)) {
    visit.directory.coverage = Coverage::kOpaque;
    skip(visit.directory.path, *reason);
    return {};
  }
  visit.directory.coverage = visit.selection.whole() ? Coverage::kWhole : Coverage::kPartial;
  enter_rules(visit, scope);
  visit.known = index_.find_directory(visit.directory.path);
  if (visit.selection.whole()) visit.directory.entries.reserve(visit.listed.size());
  for (sys::ListedEntry& each : visit.listed) COWSTORE_TRY(add_listed(visit, each));
  finish_directory(visit);
  return {};
}

std::optional<SkipReason> DirectoryScanner::reason_to_stay_out(const Visit& visit) const {
  if (visit.directory.path.empty()) return std::nullopt;
  const sys::Stat& stat = visit.directory.stat;
  if (stat.mount_root && options_.mount_points == MountPoints::kOpaque) return SkipReason::kMountPoint;
  if (lists(visit.listed, kControlName)) return SkipReason::kNestedRepository;
  const bool is_stub = stat.inode == kSubvolumeStubInode && !stat.mount_root && visit.listed.empty();
  return is_stub ? std::optional(SkipReason::kForeignSubvolume) : std::nullopt;
}

void DirectoryScanner::enter_rules(Visit& visit, const ScanScope& scope) {
  if (options_.ignore == IgnoreRules::kNone || scope.only == ScanScope::Only::kTracked) return;
  std::optional<ignore::RuleFile> file = read_rules(visit);
  visit.rules = scope.rules == nullptr
                    ? ignore::RuleChain::root(std::move(file))
                    : ignore::RuleChain::extend(scope.rules, last_name(visit.directory.path), std::move(file));
}

/// A link or a directory of that name is an entry like any other.
std::optional<ignore::RuleFile> DirectoryScanner::read_rules(const Visit& visit) {
  if (!lists(visit.listed, kRulesName)) return std::nullopt;
  auto stat = visit.dir.stat(kRulesName);
  if (!stat || stat->kind != sys::FileKind::kRegular) return std::nullopt;
  auto fd = visit.dir.open_read(kRulesName);
  auto text = fd ? sys::read_all(*fd, kMaxRulesBytes, visit.dir.path_of(kRulesName)) : Result<Bytes>(fd.error());
  if (text) return ignore::RuleFile::parse(as_text(*text));
  if (!is_gone(text.error())) failures_.add(std::move(text).error());
  return std::nullopt;
}

Result<void> DirectoryScanner::add_listed(Visit& visit, sys::ListedEntry& listed) {
  ScanScope below{visit.rules, visit.selection.child(listed.name), ScanScope::Only::kAll, visit.depth + 1};
  if (below.selection == nullptr || (visit.directory.path.empty() && listed.name == kControlName)) return {};
  // The listing tells directories from the rest; where it doesn't, and for all that isn't one, stat is asked.
  bool is_directory = listed.kind_known && listed.kind == sys::FileKind::kDirectory;
  const bool decided_early = listed.kind_known;
  if (decided_early && !COWSTORE_TRY(is_wanted(visit, listed.name, is_directory, below))) return {};
  std::optional<sys::Stat> stat;
  if (!is_directory) {
    auto found = visit.dir.stat(listed.name);
    if (!found && !is_gone(found.error())) failures_.add(std::move(found).error());
    if (!found) return {};
    stat = *found;
    is_directory = stat->kind == sys::FileKind::kDirectory;
  }
  if (!decided_early && !COWSTORE_TRY(is_wanted(visit, listed.name, is_directory, below))) return {};
  if (is_directory) {
    add_directory(visit, std::move(listed.name), std::move(below));
  } else if (below.selection->whole()) {
    add_file(visit, std::move(listed.name), *stat);
  }
  return {};
}

/// What is ignored counts if the version has something of that sort there; then that alone counts below it.
Result<bool> DirectoryScanner::is_wanted(const Visit& visit, std::string_view name, bool is_directory,
                                         ScanScope& below) const {
  const auto kind = is_directory ? ignore::EntryKind::kDirectory : ignore::EntryKind::kFile;
  const bool ignored =
      visit.only == ScanScope::Only::kTracked || (visit.rules != nullptr && visit.rules->ignores(name, kind));
  if (!ignored) return true;
  if (!options_.tracked) return false;
  const auto tracked = COWSTORE_TRY(options_.tracked(join_path(visit.directory.path, name)));
  below.only = ScanScope::Only::kTracked;
  return tracked && (*tracked == object::EntryKind::kDirectory) == is_directory;
}

void DirectoryScanner::add_directory(Visit& visit, std::string name, ScanScope below) {
  const auto known = visit.find_known(name);
  if (known && known->kind == object::EntryKind::kDirectory) ++visit.same;
  visit.children.emplace_back(visit.directory.entries.size(), std::move(below));
  ScannedEntry& entry = visit.directory.entries.emplace_back();
  entry.kind = object::EntryKind::kDirectory;
  entry.directory = std::make_unique<ScannedDirectory>();
  entry.directory->path = join_path(visit.directory.path, name);
  entry.name = std::move(name);
}

void DirectoryScanner::add_file(Visit& visit, std::string name, const sys::Stat& stat) {
  const auto kind = index::entry_kind(stat);
  if (!kind) {
    visit.has_special_files = true;
    return skip(join_path(visit.directory.path, name), *reason_to_skip(stat.kind));
  }
  const auto known = visit.find_known(name);
  ScannedEntry& entry = visit.directory.entries.emplace_back();
  entry.name = std::move(name);
  entry.stat = stat;
  entry.kind = *kind;
  const index::IndexedEntry* relevant =
      known && index_.judge(*known, stat) != index::Trust::kChanged ? &*known : nullptr;
  if (*kind != object::EntryKind::kSymlink) {
    describe_file(relevant, entry);
  } else if (!describe_link(visit, relevant, entry)) {
    visit.directory.entries.pop_back();
    return;
  }
  const bool same = relevant != nullptr && entry.state == ScannedEntry::State::kKnown && entry.target == known->target;
  if (same) ++visit.same;
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
bool DirectoryScanner::describe_link(Visit& visit, const index::IndexedEntry* known, ScannedEntry& entry) {
  describe_file(known, entry);
  if (entry.state == ScannedEntry::State::kKnown) {
    entry.target = known->target;
    return true;
  }
  auto target = visit.dir.read_link(entry.name);
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

/// Only now, when the entries have found their places, others may look at them.
void DirectoryScanner::finish_directory(Visit& visit) {
  ScannedDirectory& directory = visit.directory;
  if (directory.entries.size() < directory.entries.capacity()) directory.entries.shrink_to_fit();
  const bool as_known = visit.known && directory.coverage == Coverage::kWhole && visit.same == visit.known->size() &&
                        visit.same == directory.entries.size();
  if (as_known) {
    directory.known_tree = visit.known->tree();
    if (!visit.has_special_files && same_attributes(*visit.known, directory.stat)) {
      directory.known_attributes = visit.known->attributes();
    }
  }
  if (options_.progress != nullptr) options_.progress->advance(directory.entries.size(), 0);
  for (auto& [number, scope] : visit.children) start(directory.entries[number], std::move(scope));
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
