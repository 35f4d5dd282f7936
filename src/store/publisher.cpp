#include "store/publisher.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/try.hpp"
#include "store/containers.hpp"
#include "store/merge_policy.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

constexpr std::string_view kSegmentFile = "segment";

/// What a segment with these is to be compared by.
std::uint64_t weight_of(const std::vector<NewContainer>& containers) {
  std::uint64_t weight = 0;
  for (const NewContainer& container : containers) weight += 1 + container.entries.size();
  return weight;
}

}  // namespace

Result<Published> Publisher::run() {
  COWSTORE_TRY(parts_.index->reload());
  view_ = parts_.index->view();
  COWSTORE_TRY(drop_known_loose());
  if (nothing_to_do()) return published_;
  choose_segments();
  COWSTORE_TRY(stage_segment());
  COWSTORE_TRY(await_placed());
  COWSTORE_TRY(sync_staged());
  COWSTORE_TRY(move_packs());
  COWSTORE_TRY(move_loose());
  COWSTORE_TRY(sync_places());
  COWSTORE_TRY(move_segment());
  remove_superseded();
  // It is published whatever this says; a reader that misses something will look again.
  (void)parts_.index->reload();
  return published_;
}

/// Two writers may have cloned the same file. The first one's stays, and its record is taken for our entries.
Result<void> Publisher::drop_known_loose() {
  std::vector<NewContainer> kept;
  for (NewContainer& container : containers_) {
    bool known = COWSTORE_TRY(is_known(container));
    if (!known || !container.entries.empty()) kept.push_back(std::move(container));
  }
  containers_ = std::move(kept);
  return {};
}

Result<bool> Publisher::is_known(NewContainer& container) {
  if (container.staged.empty()) return false;
  LooseFile file = COWSTORE_TRY(open_loose_file(parts_.dir, *view_, FileId(container.record.name)));
  if (file.state != LooseState::kIntact) return false;
  sys::Stat seen = COWSTORE_TRY(sys::stat(file.fd, container.record.path()));
  container.record.mtime = seen.mtime;
  container.record.inode = seen.inode;
  (void)session_.dir().unlink(container.staged);
  container.staged.clear();
  container.fd = sys::Fd();
  ++published_.loose_known;
  return true;
}

bool Publisher::nothing_to_do() const {
  return data_.packs().empty() && nodes_.packs().empty() && containers_.empty() && placer_.containers().empty();
}

void Publisher::choose_segments() {
  std::uint64_t weight = data_.packs().size() + nodes_.packs().size() + data_.entries() + nodes_.entries();
  weight += weight_of(containers_) + weight_of(placer_.containers());
  for (auto& segment : choose_merge(*view_, weight)) {
    // Damage must not be copied into a segment whose checksum then says that all is well.
    if (segment->verify()) merged_.push_back(std::move(segment));
  }
  for (const auto& segment : merged_) {
    superseded_.push_back(segment->name());
    // What it had superseded comes back to life when it goes, unless the new segment names it too.
    std::vector<Digest> gone = segment->superseded();
    for (const auto& old : view_->superseded()) {
      if (std::find(gone.begin(), gone.end(), old->name()) != gone.end()) superseded_.push_back(old->name());
    }
  }
  std::sort(superseded_.begin(), superseded_.end());
  superseded_.erase(std::unique(superseded_.begin(), superseded_.end()), superseded_.end());
  published_.segments_merged = merged_.size();
}

void Publisher::add_packs(PackBuilder& builder, SegmentContents& contents) const {
  auto base = static_cast<std::uint32_t>(contents.containers.size());
  for (const StagedPack& pack : builder.packs()) contents.containers.push_back({.name = pack.name});
  for (SegmentEntry& entry : builder.take_entries()) {
    entry.location.container += base;
    contents.entries.push_back(entry);
  }
}

SegmentContents Publisher::take_contents() {
  SegmentContents contents;
  contents.entries.reserve(data_.entries() + nodes_.entries() + weight_of(containers_) +
                           weight_of(placer_.containers()));
  add_packs(data_, contents);
  add_packs(nodes_, contents);
  add_containers(containers_, contents);
  add_containers(placer_.containers(), contents);
  contents.merged = merged_;
  contents.superseded = superseded_;
  return contents;
}

void Publisher::add_containers(std::vector<NewContainer>& containers, SegmentContents& contents) {
  for (NewContainer& container : containers) {
    auto number = static_cast<std::uint32_t>(contents.containers.size());
    contents.containers.push_back(container.record);
    for (SegmentEntry& entry : container.entries) {
      entry.location.container = number;
      contents.entries.push_back(entry);
    }
    container.entries = {};
  }
}

Result<void> Publisher::stage_segment() {
  segment_file_ = COWSTORE_TRY(session_.create(kSegmentFile));
  segment_ = COWSTORE_TRY(write_segment(segment_file_, session_.dir().path_of(kSegmentFile), take_contents()));
  published_.bytes += segment_.bytes;
  return {};
}

/// The placer works while the segment is written. Those whose names were taken are still ours to move.
Result<void> Publisher::await_placed() {
  std::vector<NewContainer> placed = COWSTORE_TRY(placer_.finish());
  std::move(placed.begin(), placed.end(), std::back_inserter(containers_));
  return {};
}

Result<void> Publisher::sync_staged() const {
  auto staged = [](const NewContainer& container) { return !container.staged.empty(); };
  auto singly = [](const NewContainer& container) { return container.staged.empty() || container.fd.valid(); };
  bool few = std::all_of(containers_.begin(), containers_.end(), singly) &&
             static_cast<std::size_t>(std::count_if(containers_.begin(), containers_.end(), staged)) <= kSyncSingly;
  if (!few) return session_.dir().sync_all();
  // A loose file's mtime may not be covered by its fdatasync; but its rename changes the ctime, and so the sync of its
  // new directory carries the whole inode.
  for (const NewContainer& container : containers_) {
    if (staged(container)) COWSTORE_TRY(sys::sync_data(container.fd, session_.dir().path_of(container.staged)));
  }
  COWSTORE_TRY(data_.sync());
  COWSTORE_TRY(nodes_.sync());
  return sys::sync_data(segment_file_, session_.dir().path_of(kSegmentFile));
}

Result<void> Publisher::move_packs() {
  if (data_.packs().empty() && nodes_.packs().empty()) return {};
  sys::Dir directory = COWSTORE_TRY(parts_.dir.open_dir("packs"));
  for (const PackBuilder* builder : {&data_, &nodes_}) {
    for (const StagedPack& pack : builder->packs()) {
      // One that has the name already holds the same objects in the same places.
      COWSTORE_TRY(session_.dir().rename(pack.file_name, directory, pack.name.hex() + ".pack"));
      published_.bytes += pack.bytes;
      ++published_.packs;
    }
  }
  add_place(std::move(directory));
  return {};
}

void Publisher::add_place(sys::Dir directory) {
  // More than a few are synced together: how many they are need not be known, and descriptors would only run out.
  if (places_.size() > kSyncSingly) places_.pop_back();
  places_.push_back(std::move(directory));
}

Result<void> Publisher::move_loose() {
  auto by_name = [](const NewContainer& a, const NewContainer& b) { return a.record.name < b.record.name; };
  std::sort(containers_.begin(), containers_.end(), by_name);
  std::optional<std::uint8_t> current;
  sys::Dir loose = COWSTORE_TRY(parts_.dir.open_dir("loose"));
  for (NewContainer& container : containers_) {
    if (container.staged.empty()) continue;
    const std::uint8_t first = container.record.name.bytes[0];
    if (first != current) add_place(COWSTORE_TRY(open_loose_directory(loose, container.record.name)));
    current = first;
    COWSTORE_TRY(move_one_loose(container, places_.back()));
  }
  // Synced even if all of its directories were there: whoever made them may have crashed before they were durable.
  if (current) add_place(std::move(loose));
  return {};
}

Result<void> Publisher::move_one_loose(NewContainer& container, const sys::Dir& directory) {
  std::string name = container.record.name.hex().substr(2);
  if (directory.exists(name)) {
    // Since the segment was written somebody may have published the same file; then theirs stays, and the record in our
    // segment is one that nothing agrees with. An occupant that no segment lists proves nothing and is replaced.
    COWSTORE_TRY(parts_.index->reload());
    view_ = parts_.index->view();
    if (COWSTORE_TRY(is_known(container))) return {};
  }
  COWSTORE_TRY(session_.dir().rename(container.staged, directory, name));
  ++published_.loose_new;
  return {};
}

Result<void> Publisher::sync_places() {
  if (places_.size() > kSyncSingly) return session_.dir().sync_all();
  for (const sys::Dir& directory : places_) COWSTORE_TRY(directory.sync());
  return {};
}

Result<void> Publisher::move_segment() {
  const sys::Dir& index = parts_.index->dir();
  COWSTORE_TRY(session_.dir().rename(kSegmentFile, index, segment_file_name(segment_.name)));
  COWSTORE_TRY(index.sync());
  published_.segment = segment_.name;
  return {};
}

/// What others superseded goes too: our sync of index/ has made their segments durable, which we saw before.
void Publisher::remove_superseded() const {
  const sys::Dir& index = parts_.index->dir();
  for (const Digest& name : superseded_) (void)index.unlink(segment_file_name(name));
  for (const auto& segment : view_->superseded()) (void)index.unlink(segment_file_name(segment->name()));
}

}  // namespace cowstore::store
