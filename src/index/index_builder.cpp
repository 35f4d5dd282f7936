#include "index/index_builder.hpp"

#include <algorithm>
#include <utility>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "index/record.hpp"
#include "sys/file.hpp"
#include "sys/system.hpp"

namespace cowstore::index {

namespace {

using base::load_u64;
using base::store_u32;
using base::store_u64;

std::uint8_t flags_of(const NewEntry& entry) {
  unsigned flags = 0;
  if (entry.proof == Proof::kProven) flags |= layout::entry::kProven;
  if (entry.durability == Durability::kSynced) flags |= layout::entry::kSynced;
  if (entry.sharing == Sharing::kSharedInode) flags |= layout::entry::kSharedInode;
  if (entry.recorded.mode) flags |= layout::entry::kRecordedMode;
  if (entry.recorded.mtime) flags |= layout::entry::kRecordedMtime;
  return static_cast<std::uint8_t>(flags);
}

std::uint8_t flags_of(const NewDirectory& directory) {
  unsigned flags = 0;
  if (directory.tree) flags |= layout::directory::kHasTree;
  if (directory.attributes) flags |= layout::directory::kHasAttributes;
  if (directory.listing == Listing::kComplete) flags |= layout::directory::kListed;
  return static_cast<std::uint8_t>(flags);
}

/// The address of a new, zeroed record at the end.
std::uint8_t* append_record(Bytes& records, std::size_t bytes) {
  records.resize(records.size() + bytes);
  return records.data() + records.size() - bytes;
}

void append_text(Bytes& heap, std::string_view text) {
  heap.insert(heap.end(), text.begin(), text.end());
}

void append_recorded(Bytes& heap, const Recorded& recorded) {
  if (recorded.mode) layout::store_u16(append_record(heap, sizeof(std::uint16_t)), *recorded.mode);
  if (recorded.mtime) layout::store_timestamp(append_record(heap, layout::kTimestampBytes), *recorded.mtime);
}

/// What an index can vouch for no longer, the next one of another boot couldn't tell from what it can.
bool loses_proof(const StatIndex& from, std::uint8_t flags) {
  return !from.of_this_boot() && (flags & layout::entry::kSynced) == 0;
}

std::uint8_t kept_flags(const StatIndex& from, std::uint8_t flags) {
  return loses_proof(from, flags) ? static_cast<std::uint8_t>(flags & ~layout::entry::kProven) : flags;
}

}  // namespace

IndexBuilder::IndexBuilder(std::string_view boot_id) : boot_id_(boot_id.substr(0, layout::kBootIdBytes)) {}

void IndexBuilder::reserve(std::size_t directories, std::size_t entries) {
  constexpr std::size_t kUsualPathBytes = 32;
  constexpr std::size_t kUsualNameBytes = 20;
  order_.reserve(directories);
  first_entries_.reserve(directories + 1);
  directories_.reserve(directories * layout::kDirectoryBytes);
  entries_.reserve(entries * layout::kEntryBytes);
  heap_.reserve(directories * kUsualPathBytes + entries * kUsualNameBytes);
}

void IndexBuilder::begin_directory(const NewDirectory& directory) {
  order_.emplace_back(directory.path, order_.size());
  first_entries_.push_back(entry_count());
  std::uint8_t* at = append_record(directories_, layout::kDirectoryBytes);
  store_u64(at + layout::directory::kHeapAt, heap_.size());
  store_u32(at + layout::directory::kPathLengthAt, static_cast<std::uint32_t>(directory.path.size()));
  layout::store_u16(at + layout::directory::kModeAt, directory.stat.mode);
  store_u64(at + layout::directory::kInodeAt, directory.stat.inode);
  layout::store_times(at + layout::directory::kTimesAt, {directory.stat.mtime, directory.stat.ctime});
  at[layout::directory::kFlagsAt] = flags_of(directory);
  if (directory.tree) layout::store_digest(at + layout::directory::kTreeAt, directory.tree->digest());
  if (directory.attributes) {
    layout::store_digest(at + layout::directory::kAttributesAt, directory.attributes->digest());
  }
  append_text(heap_, directory.path);
}

void IndexBuilder::add(const NewEntry& entry) {
  const bool is_file = object::is_file(entry.kind);
  if (is_file && entry.file.size != entry.stat.size) return forget_listing();
  std::uint8_t* at = append_record(entries_, layout::kEntryBytes);
  store_u64(at + layout::entry::kHeapAt, heap_.size());
  at[layout::entry::kNameLengthAt] = static_cast<std::uint8_t>(entry.name.size());
  at[layout::entry::kKindAt] = static_cast<std::uint8_t>(entry.kind);
  append_text(heap_, entry.name);
  if (entry.kind == object::EntryKind::kDirectory) return;
  store_u64(at + layout::entry::kSizeAt, entry.stat.size);
  store_u64(at + layout::entry::kInodeAt, entry.stat.inode);
  layout::store_times(at + layout::entry::kTimesAt, {entry.stat.mtime, entry.stat.ctime});
  layout::store_u16(at + layout::entry::kModeAt, entry.stat.mode);
  at[layout::entry::kFlagsAt] = flags_of(entry);
  if (is_file) {
    at[layout::entry::kDepthAt] = entry.file.depth;
    layout::store_digest(at + layout::entry::kIdAt, entry.file.id.digest());
  } else {
    layout::store_u16(at + layout::entry::kTargetLengthAt, static_cast<std::uint16_t>(entry.target.size()));
    append_text(heap_, entry.target);
  }
  append_recorded(heap_, entry.recorded);
}

/// Of the directory begun last.
void IndexBuilder::forget_listing() {
  std::uint8_t& flags = directories_[directories_.size() - layout::kDirectoryBytes + layout::directory::kFlagsAt];
  flags = static_cast<std::uint8_t>(flags & ~layout::directory::kListed);
}

void IndexBuilder::keep(const StatIndex& from, const IndexedDirectory& directory, std::size_t i) {
  const std::uint8_t* old = directory.entry_record(i);
  const std::size_t heap_bytes = old[layout::entry::kNameLengthAt] +
                                 layout::load_u16(old + layout::entry::kTargetLengthAt) +
                                 layout::entry::recorded_bytes(old[layout::entry::kFlagsAt]);
  std::uint8_t* at = append_record(entries_, layout::kEntryBytes);
  std::copy(old, old + layout::kEntryBytes, at);
  store_u64(at + layout::entry::kHeapAt, heap_.size());
  at[layout::entry::kFlagsAt] = kept_flags(from, old[layout::entry::kFlagsAt]);
  const ByteView text =
      from.heap_.subspan(static_cast<std::size_t>(load_u64(old + layout::entry::kHeapAt)), heap_bytes);
  heap_.insert(heap_.end(), text.begin(), text.end());
}

void IndexBuilder::keep(const StatIndex& from, const IndexedDirectory& directory) {
  sys::Stat stat;
  stat.mode = directory.mode();
  stat.inode = directory.inode();
  stat.mtime = directory.mtime();
  stat.ctime = directory.ctime();
  const Listing listing = from.of_this_boot() ? directory.listing() : Listing::kUnknown;
  begin_directory({directory.path(), stat, directory.tree(), directory.attributes(), listing});
  for (std::size_t i = 0; i < directory.size(); ++i) keep(from, directory, i);
}

std::size_t IndexBuilder::entry_count() const {
  return entries_.size() / layout::kEntryBytes;
}

/// Entries follow the order of the directories, so both are laid out anew once all are known.
void IndexBuilder::append_sorted(Bytes& out) {
  first_entries_.push_back(entry_count());
  std::sort(order_.begin(), order_.end());
  std::uint64_t next = 0;
  for (const auto& [path, number] : order_) {
    std::uint8_t* at = directories_.data() + number * layout::kDirectoryBytes;
    const std::uint64_t count = first_entries_[number + 1] - first_entries_[number];
    store_u64(at + layout::directory::kFirstEntryAt, next);
    store_u64(at + layout::directory::kEntriesAt, count);
    out.insert(out.end(), at, at + layout::kDirectoryBytes);
    next += count;
  }
  for (const auto& [path, number] : order_) {
    const std::uint8_t* entries = entries_.data();
    out.insert(out.end(), entries + first_entries_[number] * layout::kEntryBytes,
               entries + first_entries_[number + 1] * layout::kEntryBytes);
  }
}

Bytes IndexBuilder::finish() {
  Bytes out(layout::kHeaderBytes);
  out.reserve(layout::kHeaderBytes + directories_.size() + entries_.size() + heap_.size() + layout::kChecksumBytes);
  std::copy(layout::kMagic.begin(), layout::kMagic.end(), out.begin());
  store_u32(out.data() + layout::header::kVersionAt, layout::kVersion);
  std::copy(boot_id_.begin(), boot_id_.end(), out.begin() + layout::header::kBootIdAt);
  store_u64(out.data() + layout::header::kDirectoriesAt, order_.size());
  store_u64(out.data() + layout::header::kEntriesAt, entry_count());
  store_u64(out.data() + layout::header::kHeapAt, heap_.size());
  append_sorted(out);
  base::Writer writer(out);
  writer.raw(heap_);
  writer.raw(layout::checksum(out).bytes);
  return out;
}

Result<void> write_index(const sys::Dir& control, ByteView bytes) {
  const std::string temporary = std::string(layout::kFileName) + "." + sys::unique_name() + ".tmp";
  sys::Fd fd = COWSTORE_TRY(control.create_new(temporary, 0644));
  auto written = sys::write_at(fd, bytes, 0, control.path_of(temporary));
  if (written) written = fd.close(control.path_of(temporary));
  if (written) written = control.rename(temporary, control, layout::kFileName);
  if (!written) (void)control.unlink(temporary);
  return written;
}

}  // namespace cowstore::index
