#include "index/stat_index.hpp"

#include <algorithm>
#include <utility>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "index/parse.hpp"
#include "index/record.hpp"
#include "sys/file.hpp"

namespace cowstore::index {

namespace {

using base::load_u32;
using base::load_u64;
using layout::load_digest;
using layout::load_u16;

std::string_view heap_text(ByteView heap, std::uint64_t offset, std::size_t length) {
  return as_text(heap.subspan(static_cast<std::size_t>(offset), length));
}

/// What stands behind name and target.
Recorded load_recorded(const std::uint8_t* at, std::uint8_t flags) {
  Recorded recorded;
  if ((flags & layout::entry::kRecordedMode) != 0) {
    recorded.mode = load_u16(at);
    at += sizeof(std::uint16_t);
  }
  if ((flags & layout::entry::kRecordedMtime) != 0) recorded.mtime = layout::load_timestamp(at);
  return recorded;
}

/// The whole file; what has another size than its header says isn't read, let alone allocated.
Result<Bytes> read_index(const sys::Dir& control) {
  const std::string path = control.path_of(layout::kFileName);
  sys::Fd fd = COWSTORE_TRY(control.open_read(layout::kFileName));
  Bytes header(layout::kHeaderBytes);
  header.resize(COWSTORE_TRY(sys::read_at(fd, header, 0, path)));
  const std::uint64_t size = COWSTORE_TRY(index_size(header));
  if (COWSTORE_TRY(sys::stat(fd, path)).size != size) return header;
  return sys::read_all(fd, size, path);
}

}  // namespace

std::optional<object::EntryKind> entry_kind(const sys::Stat& stat) {
  switch (stat.kind) {
    case sys::FileKind::kRegular:
      return (stat.mode & 0100) != 0 ? object::EntryKind::kExecutable : object::EntryKind::kFile;
    case sys::FileKind::kDirectory:
      return object::EntryKind::kDirectory;
    case sys::FileKind::kSymlink:
      return object::EntryKind::kSymlink;
    default:
      return std::nullopt;
  }
}

Proof prove(const sys::Stat& stat, Timestamp stamp, Sharing sharing) {
  const Timestamp latest = sharing == Sharing::kSharedInode ? stat.mtime : std::max(stat.mtime, stat.ctime);
  return latest < stamp ? Proof::kProven : Proof::kUnproven;
}

const std::uint8_t* IndexedDirectory::record() const {
  return index_->directories_ + number_ * layout::kDirectoryBytes;
}

std::string_view IndexedDirectory::path() const {
  return heap_text(index_->heap_, load_u64(record() + layout::directory::kHeapAt),
                   load_u32(record() + layout::directory::kPathLengthAt));
}

std::uint16_t IndexedDirectory::mode() const {
  return load_u16(record() + layout::directory::kModeAt);
}

std::uint64_t IndexedDirectory::inode() const {
  return load_u64(record() + layout::directory::kInodeAt);
}

Timestamp IndexedDirectory::mtime() const {
  return layout::load_times(record() + layout::directory::kTimesAt).mtime;
}

Timestamp IndexedDirectory::ctime() const {
  return layout::load_times(record() + layout::directory::kTimesAt).ctime;
}

Listing IndexedDirectory::listing() const {
  const bool listed = (record()[layout::directory::kFlagsAt] & layout::directory::kListed) != 0;
  return listed ? Listing::kComplete : Listing::kUnknown;
}

std::optional<TreeId> IndexedDirectory::tree() const {
  if ((record()[layout::directory::kFlagsAt] & layout::directory::kHasTree) == 0) return std::nullopt;
  return TreeId(load_digest(record() + layout::directory::kTreeAt));
}

std::optional<AttributesId> IndexedDirectory::attributes() const {
  if ((record()[layout::directory::kFlagsAt] & layout::directory::kHasAttributes) == 0) return std::nullopt;
  return AttributesId(load_digest(record() + layout::directory::kAttributesAt));
}

std::size_t IndexedDirectory::size() const {
  return static_cast<std::size_t>(load_u64(record() + layout::directory::kEntriesAt));
}

const std::uint8_t* IndexedDirectory::entry_record(std::size_t i) const {
  return index_->entries_ + (load_u64(record() + layout::directory::kFirstEntryAt) + i) * layout::kEntryBytes;
}

std::string_view IndexedDirectory::name(std::size_t i) const {
  const std::uint8_t* at = entry_record(i);
  return heap_text(index_->heap_, load_u64(at + layout::entry::kHeapAt), at[layout::entry::kNameLengthAt]);
}

object::EntryKind IndexedDirectory::kind(std::size_t i) const {
  return static_cast<object::EntryKind>(entry_record(i)[layout::entry::kKindAt]);
}

IndexedEntry IndexedDirectory::entry(std::size_t i) const {
  const std::uint8_t* at = entry_record(i);
  const std::uint8_t flags = at[layout::entry::kFlagsAt];
  IndexedEntry entry;
  entry.name = name(i);
  entry.kind = static_cast<object::EntryKind>(at[layout::entry::kKindAt]);
  entry.mode = load_u16(at + layout::entry::kModeAt);
  entry.size = load_u64(at + layout::entry::kSizeAt);
  entry.inode = load_u64(at + layout::entry::kInodeAt);
  const layout::Times times = layout::load_times(at + layout::entry::kTimesAt);
  entry.mtime = times.mtime;
  entry.ctime = times.ctime;
  if (object::is_file(entry.kind)) {
    entry.file = {at[layout::entry::kDepthAt], entry.size, FileId(load_digest(at + layout::entry::kIdAt))};
  }
  entry.target = {entry.name.data() + entry.name.size(), load_u16(at + layout::entry::kTargetLengthAt)};
  if ((flags & layout::entry::kProven) != 0) entry.proof = Proof::kProven;
  if ((flags & layout::entry::kSynced) != 0) entry.durability = Durability::kSynced;
  if ((flags & layout::entry::kSharedInode) != 0) entry.sharing = Sharing::kSharedInode;
  entry.recorded = load_recorded(as_bytes(entry.target).data() + entry.target.size(), flags);
  return entry;
}

std::size_t IndexedDirectory::lower_bound(std::string_view wanted) const {
  std::size_t low = 0;
  std::size_t high = size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (name(middle) < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<IndexedEntry> IndexedDirectory::find(std::string_view wanted) const {
  const std::size_t at = lower_bound(wanted);
  if (at == size() || name(at) != wanted) return std::nullopt;
  return entry(at);
}

StatIndex StatIndex::load(const sys::Dir& control, std::string_view boot_id) {
  auto bytes = read_index(control);
  if (bytes) return decode(std::move(bytes).value(), boot_id);
  StatIndex empty;
  if (bytes.error().code != ErrorCode::kNotFound) empty.problem_ = bytes.error().message();
  return empty;
}

StatIndex StatIndex::decode(Bytes bytes, std::string_view boot_id) {
  StatIndex index;
  auto sections = parse_index(bytes);
  if (!sections) {
    index.problem_ = sections.error().message();
    return index;
  }
  index.directory_count_ = sections->directory_count;
  index.entry_count_ = sections->entry_count;
  index.directories_ = sections->directories;
  index.entries_ = sections->entries;
  index.heap_ = sections->heap;
  const bool known = !boot_id.empty() && !sections->boot_id.empty();
  if (known) index.boot_ = sections->boot_id == boot_id ? Boot::kThis : Boot::kEarlier;
  index.bytes_ = std::move(bytes);
  return index;
}

std::optional<IndexedDirectory> StatIndex::find_directory(std::string_view path) const {
  std::size_t low = 0;
  std::size_t high = directory_count_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (directory(middle).path() < path) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == directory_count_ || directory(low).path() != path) return std::nullopt;
  return directory(low);
}

bool StatIndex::lists(const IndexedDirectory& directory, const sys::Stat& stat) const {
  return directory.listing() == Listing::kComplete && of_this_boot() && stat.kind == sys::FileKind::kDirectory &&
         stat.inode == directory.inode() && stat.mode == directory.mode() && stat.mtime == directory.mtime() &&
         stat.ctime == directory.ctime();
}

Trust StatIndex::judge(const IndexedEntry& entry, const sys::Stat& stat) const {
  if (entry_kind(stat) != entry.kind || entry.kind == object::EntryKind::kDirectory) return Trust::kChanged;
  const bool same_ctime = entry.sharing == Sharing::kSharedInode || stat.ctime == entry.ctime;
  const bool same = stat.mode == entry.mode && stat.size == entry.size && stat.inode == entry.inode &&
                    stat.mtime == entry.mtime && same_ctime;
  if (!same) return Trust::kChanged;
  const bool outlived_the_boot = of_this_boot() || entry.durability == Durability::kSynced;
  return entry.proof == Proof::kProven && outlived_the_boot ? Trust::kClean : Trust::kUncertain;
}

}  // namespace cowstore::index
