#include "changes/comparison.hpp"

#include <algorithm>
#include <utility>

#include "base/try.hpp"
#include "changes/depth.hpp"
#include "changes/list_bytes.hpp"
#include "changes/path_text.hpp"
#include "changes/read_xattrs.hpp"

namespace cowstore::changes {

namespace {

constexpr std::size_t kMostOpen = 8192;

Before before_of(const VersionEntry& entry) {
  return {entry.entry, entry.mode, entry.mtime, entry.full};
}

bool is_directory(const VersionEntry& entry) {
  return entry.entry.kind == object::EntryKind::kDirectory;
}

/// Whether nobody has looked at it: what the version has there stays.
bool is_kept(const ScannedEntry& entry) {
  return entry.directory != nullptr ? entry.directory->coverage == Coverage::kOpaque
                                    : entry.state == ScannedEntry::State::kKept;
}

/// Whether the scan can vouch for all that the version says of the directory, without anybody looking into either.
bool is_known_as(const ScannedDirectory& now, const VersionEntry& before) {
  return now.known_tree == before.entry.tree && (!before.attributes || now.known_attributes == before.attributes);
}

}  // namespace

std::string Comparison::Place::path() const {
  return join_path(parent, name);
}

Result<std::vector<Change>> Comparison::run(const object::TreeRoots& version) {
  frames_.push_back({nullptr, 0, {}, false, false});
  const Place root{0, &scan_.selection.root(), {}, {}, 0};
  if (version.tree) {
    VersionEntry before;
    before.entry.kind = object::EntryKind::kDirectory;
    before.entry.tree = *version.tree;
    before.attributes = version.attributes;
    COWSTORE_TRY(compare_directory(scan_.root, before, root));
  } else {
    add_contents(scan_.directory(), root);
  }
  COWSTORE_TRY(settle_open());
  COWSTORE_TRY(failures_.result());
  if (!unreadable_.empty()) scan_.add_skipped(std::move(unreadable_));
  note_known_ids();
  std::vector<Change> changes;
  changes.reserve(candidates_.size());
  for (; !candidates_.empty(); candidates_.pop_front()) changes.push_back(std::move(candidates_.front().change));
  return changes;
}

Result<void> Comparison::compare_entry(ScannedEntry& now, const VersionEntry& before, const Place& place) {
  if (is_kept(now)) {
    frames_[place.frame].same_tree = frames_[place.frame].same_attributes = false;
    return {};
  }
  const bool was_directory = is_directory(before);
  if (now.directory != nullptr && was_directory) return compare_directory(now, before, place);
  if (now.directory != nullptr || was_directory) return change_kind(now, before, place);
  return compare_file(now, before, place);
}

Result<void> Comparison::compare_directory(ScannedEntry& now, const VersionEntry& before, const Place& place) {
  if (!before.attributes) frames_[place.frame].same_attributes = false;
  if (is_known_as(*now.directory, before)) return {};
  auto version = COWSTORE_TRY(open_version(before));
  if (full()) COWSTORE_TRY(read_missing_xattrs(*now.directory, tools_.root));
  const bool whole = now.directory->coverage == Coverage::kWhole;
  const std::size_t frame = frames_.size();
  frames_.push_back(
      {now.directory.get(), place.frame, {before.entry.tree, before.attributes}, whole, whole && before.attributes});
  VersionEntry itself = before;
  version->fill_own(itself);
  if (place.selection->itself()) COWSTORE_TRY(compare_directory_itself(now, itself, place, frame));
  COWSTORE_TRY(merge(*now.directory, *version, place, frame));
  if (!version->plain() && !full()) frames_[frame].same_attributes = false;
  return {};
}

/// On the heap: directories may be nested very deep.
Result<std::unique_ptr<VersionDirectory>> Comparison::open_version(const VersionEntry& directory) const {
  return std::make_unique<VersionDirectory>(COWSTORE_TRY(
      VersionDirectory::open(tools_.source, directory.entry.tree, directory.attributes, scan_.attributes)));
}

Result<void> Comparison::compare_directory_itself(ScannedEntry& now, const VersionEntry& version, const Place& place,
                                                  std::size_t frame) {
  Before before = before_of(version);
  const auto seen = COWSTORE_TRY(seen_of_directory(*now.directory, before));
  const bool same = seen ? *seen == *before.full : same_attributes(now, before);
  const bool modified = seen ? differs_in_full(*seen, *before.full) : mode_differs(now, before);
  if (!same) frames_[frame].same_attributes = false;
  const bool touched = options_.times == Times::kReport && mtime_differs(now, before);
  if (modified) {
    note({place.path(), ChangeKind::kModified, Content::kSame, told(std::move(before)), &now}, &now, frame);
  } else if (touched) {
    note({place.path(), ChangeKind::kTouched, Content::kSame, told(std::move(before)), &now}, &now, frame);
  }
  return {};
}

/// Nothing where only times and permission bits are compared.
Result<std::optional<object::Attributes>> Comparison::seen_of_directory(const ScannedDirectory& now,
                                                                        const Before& before) const {
  if (!full() || before.full == nullptr) return std::optional<object::Attributes>();
  auto disk = COWSTORE_TRY(disk_attributes(now, large_value()));
  return std::optional(within_reach(std::move(disk), FullAttributes::Links::kAlone, *before.full, scan_.privileges));
}

Result<std::optional<object::Attributes>> Comparison::seen_of_leaf(const ScannedEntry& now,
                                                                   const Before& before) const {
  if (!full() || before.full == nullptr) return std::optional<object::Attributes>();
  auto disk = COWSTORE_TRY(disk_attributes(now, large_value()));
  return std::optional(within_reach(std::move(disk), links_of(now), *before.full, scan_.privileges));
}

Result<LeafVerdict> Comparison::judge_leaf(const ScannedEntry& now, const Before& before) const {
  const auto seen = COWSTORE_TRY(seen_of_leaf(now, before));
  return changes::compare_leaf(now, before, seen ? &*seen : nullptr);
}

LargeValue Comparison::large_value() const {
  return [this](const std::string& value) { return hash_bytes(as_bytes(value), tools_.rule); };
}

/// Both sides are sorted by name.
Result<void> Comparison::merge(ScannedDirectory& now, VersionDirectory& before, const Place& place, std::size_t frame) {
  const VersionEntry* old = COWSTORE_TRY(before.next());
  const auto remove_up_to = [&](const ScannedEntry* next) -> Result<void> {
    for (; old != nullptr && (next == nullptr || old->entry.name < next->name); old = COWSTORE_TRY(before.next())) {
      COWSTORE_TRY(
          remove(*old, {frame, place.selection->child(old->entry.name), now.path, old->entry.name, place.depth + 1}));
    }
    return {};
  };
  for (ScannedEntry& entry : now.entries) {
    COWSTORE_TRY(remove_up_to(&entry));
    const Place here{frame, place.selection->child(entry.name), now.path, entry.name, place.depth + 1};
    if (old != nullptr && old->entry.name == entry.name) {
      COWSTORE_TRY(compare_entry(entry, *old, here));
      old = COWSTORE_TRY(before.next());
    } else {
      add(entry, here);
    }
  }
  return remove_up_to(nullptr);
}

/// A directory has taken the place of something else, or the other way round.
Result<void> Comparison::change_kind(ScannedEntry& now, const VersionEntry& before, const Place& place) {
  frames_[place.frame].same_tree = frames_[place.frame].same_attributes = false;
  if (place.selection->itself()) {
    note({place.path(), ChangeKind::kModified, Content::kDifferent, told(before_of(before)), &now}, &now, place.frame);
  }
  if (now.directory != nullptr) {
    add_contents(*now.directory, place);
    return {};
  }
  COWSTORE_TRY(remove_contents(before, place));
  return {};
}

Result<void> Comparison::compare_file(ScannedEntry& now, const VersionEntry& version, const Place& place) {
  Before before = before_of(version);
  COWSTORE_TRY(recognise_variant(now, before));
  const LeafVerdict verdict = COWSTORE_TRY(judge_leaf(now, before));
  if (!verdict.undecided) apply(verdict, place.frame);
  const bool reported = verdict.kind && (*verdict.kind != ChangeKind::kTouched || options_.times == Times::kReport);
  if (!reported && !verdict.undecided) return {};
  Change change{place.path(), verdict.kind.value_or(ChangeKind::kModified), verdict.content, nullptr, &now};
  // What is undecided is judged by it once more.
  change.before = verdict.undecided ? std::make_shared<const Before>(std::move(before)) : told(std::move(before));
  candidates_.push_back({std::move(change), &now, place.frame, verdict.undecided});
  if (verdict.undecided && ++open_ >= kMostOpen) COWSTORE_TRY(settle_open());
  return {};
}

/// Where the index was lost, the store still knows which files lack write bits on purpose.
Result<void> Comparison::recognise_variant(ScannedEntry& now, const Before& before) const {
  const bool differs = before.mode && before.mode != now.mode();
  if (tools_.variants == nullptr || !differs || !before.mtime || !is_read_only_link(now.stat)) return {};
  if (!object::is_file(before.entry.kind)) return {};
  object::Attributes attributes;
  attributes.mode = before.mode;
  attributes.mtime = before.mtime;
  if (before.full != nullptr) attributes = *before.full;
  const auto key = store::VariantKey::of(before.entry.file.id, attributes, now.stat.uid);
  if (!store::is_as_named(now.stat, key, before.entry.file.size)) return {};
  if (!COWSTORE_TRY(tools_.variants->knows(key, now.stat.inode))) return {};
  now.recorded = std::make_unique<const index::Recorded>(index::Recorded{before.mode, std::nullopt});
  now.sharing = index::Sharing::kSharedInode;
  if (now.state == ScannedEntry::State::kUnknown) now.file = before.entry.file;
  return {};
}

/// How many changes were noted: a directory is told by itself only if nothing in it can tell.
std::size_t Comparison::add(ScannedEntry& now, const Place& place) {
  frames_[place.frame].same_tree = frames_[place.frame].same_attributes = false;
  if (is_kept(now)) return 0;
  if (now.directory != nullptr) {
    const std::size_t inside = add_contents(*now.directory, place);
    if (inside > 0 || now.directory->coverage == Coverage::kPartial) return inside;
  }
  note({place.path(), ChangeKind::kAdded, Content::kDifferent, nullptr, &now}, &now, place.frame);
  return 1;
}

std::size_t Comparison::add_contents(ScannedDirectory& now, const Place& place) {
  std::size_t count = 0;
  for (ScannedEntry& entry : now.entries) {
    count += add(entry, {place.frame, place.selection->child(entry.name), now.path, entry.name, place.depth + 1});
  }
  return count;
}

Result<std::size_t> Comparison::remove(const VersionEntry& before, const Place& place) {
  if (place.selection == nullptr) return std::size_t{0};
  if (full() && may_be_unmade(before.entry.kind, scan_.privileges)) return std::size_t{0};
  frames_[place.frame].same_tree = frames_[place.frame].same_attributes = false;
  const std::size_t inside = is_directory(before) ? COWSTORE_TRY(remove_contents(before, place)) : 0;
  if (inside > 0 || !place.selection->whole()) return inside;
  note({place.path(), ChangeKind::kDeleted, Content::kDifferent, told(before_of(before)), nullptr}, nullptr,
       place.frame);
  return std::size_t{1};
}

Result<std::size_t> Comparison::remove_contents(const VersionEntry& before, const Place& place) {
  if (place.depth > kMaxDepth) return too_deep(place.path());
  auto version = COWSTORE_TRY(open_version(before));
  const std::string path = place.path();
  std::size_t count = 0;
  while (const VersionEntry* entry = COWSTORE_TRY(version->next())) {
    const PathSelection::Node* selection = place.selection->child(entry->entry.name);
    count += COWSTORE_TRY(remove(*entry, {place.frame, selection, path, entry->entry.name, place.depth + 1}));
  }
  return count;
}

std::shared_ptr<const Before> Comparison::told(Before before) const {
  if (options_.detail == Detail::kPathsOnly) return nullptr;
  return std::make_shared<const Before>(std::move(before));
}

void Comparison::note(Change change, ScannedEntry* entry, std::size_t frame) {
  candidates_.push_back({std::move(change), entry, frame, false});
}

/// Hashes what is open, and drops what turns out to be no change.
Result<void> Comparison::settle_open() {
  std::vector<HashJob> jobs;
  jobs.reserve(open_);
  for (std::size_t i = settled_; i < candidates_.size(); ++i) {
    if (!candidates_[i].open) continue;
    HashJob& job = jobs.emplace_back();
    job.directory = frames_[candidates_[i].frame].directory;
    job.entry = candidates_[i].entry;
  }
  hash_files(jobs, tools_, failures_);
  auto job = jobs.begin();
  auto kept = candidates_.begin() + static_cast<std::ptrdiff_t>(settled_);
  for (auto each = kept; each != candidates_.end(); ++each) {
    if (each->open && !COWSTORE_TRY(settle(*each, *job++))) continue;
    if (options_.detail == Detail::kPathsOnly) each->change.before.reset();
    if (kept != each) *kept = std::move(*each);
    ++kept;
  }
  candidates_.erase(kept, candidates_.end());
  settled_ = candidates_.size();
  open_ = 0;
  return {};
}

/// Whether it is a change that was asked for.
Result<bool> Comparison::settle(Candidate& candidate, const HashJob& job) {
  candidate.open = false;
  Change& change = candidate.change;
  if (job.outcome != HashJob::Outcome::kHashed) {
    frames_[candidate.frame].same_tree = frames_[candidate.frame].same_attributes = false;
    if (job.outcome == HashJob::Outcome::kUnreadable) {
      candidate.entry->state = ScannedEntry::State::kKept;
      unreadable_.push_back({std::move(change.path), SkipReason::kUnreadable, job.sys_errno});
      return false;
    }
    const bool gone = job.outcome == HashJob::Outcome::kGone;
    change.kind = gone ? ChangeKind::kDeleted : ChangeKind::kModified;
    change.content = gone ? Content::kDifferent : Content::kUnread;
    if (gone) change.now = nullptr;
    return true;
  }
  const LeafVerdict verdict = COWSTORE_TRY(judge_leaf(*candidate.entry, *change.before));
  apply(verdict, candidate.frame);
  change.kind = verdict.kind.value_or(ChangeKind::kModified);
  change.content = verdict.content;
  return verdict.kind && (*verdict.kind != ChangeKind::kTouched || options_.times == Times::kReport);
}

void Comparison::apply(const LeafVerdict& verdict, std::size_t frame) {
  if (!verdict.same_tree) frames_[frame].same_tree = false;
  if (!verdict.same_attributes) frames_[frame].same_attributes = false;
}

/// What was found to be equal has the version's ids. From the bottom up: a directory is no better than what is in it.
void Comparison::note_known_ids() {
  for (std::size_t i = frames_.size(); i-- > 1;) {
    Frame& frame = frames_[i];
    Frame& parent = frames_[frame.parent];
    if (frame.same_tree) frame.directory->known_tree = frame.version.tree;
    if (frame.same_tree && frame.same_attributes) frame.directory->known_attributes = frame.version.attributes;
    if (!frame.same_tree) parent.same_tree = false;
    if (!frame.same_attributes) parent.same_attributes = false;
  }
}

}  // namespace cowstore::changes
