#include "index/parse.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "index/record.hpp"
#include "object/entry.hpp"

namespace cowstore::index {

namespace {

using base::load_u32;
using base::load_u64;
using layout::load_u16;

Error problem(ErrorCode code, std::string reason) {
  return Error{code, 0, "read the stat index", "", std::move(reason), ""};
}

Error corrupt(std::string reason) {
  return problem(ErrorCode::kCorrupt, std::move(reason));
}

bool valid_times(const std::uint8_t* at) {
  constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;
  return load_u32(at + 16) < kNanosecondsPerSecond && load_u32(at + 20) < kNanosecondsPerSecond;
}

Result<void> check_header(ByteView header) {
  if (as_text(header.first(layout::kMagic.size())) != layout::kMagic) return corrupt("it doesn't begin like one");
  const std::uint32_t version = load_u32(header.data() + layout::header::kVersionAt);
  if (version != layout::kVersion) {
    return problem(ErrorCode::kUnsupported, "format version " + std::to_string(version) + " is not known here");
  }
  if (load_u32(header.data() + layout::header::kFlagsAt) != 0) {
    return problem(ErrorCode::kUnsupported, "it uses features that are not known here");
  }
  return {};
}

/// The header has been checked against the size.
Sections find_sections(ByteView bytes) {
  Sections sections;
  sections.directory_count = static_cast<std::size_t>(load_u64(bytes.data() + layout::header::kDirectoriesAt));
  sections.entry_count = static_cast<std::size_t>(load_u64(bytes.data() + layout::header::kEntriesAt));
  sections.directories = bytes.data() + layout::kHeaderBytes;
  sections.entries = sections.directories + sections.directory_count * layout::kDirectoryBytes;
  const std::uint8_t* heap = sections.entries + sections.entry_count * layout::kEntryBytes;
  sections.heap = {heap, bytes.data() + bytes.size() - layout::kChecksumBytes};
  const std::string_view boot_id = as_text(bytes.subspan(layout::header::kBootIdAt, layout::kBootIdBytes));
  sections.boot_id = boot_id.substr(0, boot_id.find('\0'));
  return sections;
}

/// A piece of the heap, nothing if it isn't all inside.
std::optional<std::string_view> heap_piece(ByteView heap, std::uint64_t offset, std::uint64_t length) {
  if (offset > heap.size() || length > heap.size() - offset) return std::nullopt;
  return as_text(heap.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length)));
}

bool valid_reference(const std::uint8_t* at, object::EntryKind kind, std::size_t target_length) {
  if (kind == object::EntryKind::kSymlink) return target_length > 0;
  if (target_length > 0) return false;
  if (kind == object::EntryKind::kDirectory) return at[layout::entry::kFlagsAt] == 0;
  const object::FileRef file{at[layout::entry::kDepthAt], load_u64(at + layout::entry::kSizeAt),
                             FileId(layout::load_digest(at + layout::entry::kIdAt))};
  return object::file_problem(file) == nullptr;
}

bool valid_recorded(std::string_view recorded, std::uint8_t flags) {
  const std::uint8_t* at = as_bytes(recorded).data();
  if ((flags & layout::entry::kRecordedMode) != 0) {
    if (load_u16(at) > 07777) return false;
    at += sizeof(std::uint16_t);
  }
  return (flags & layout::entry::kRecordedMtime) == 0 || layout::load_timestamp(at).nanoseconds < 1'000'000'000;
}

/// The name of the entry, nothing if its record makes no sense.
std::optional<std::string_view> check_entry(const Sections& sections, std::uint64_t number) {
  const std::uint8_t* at = sections.entries + number * layout::kEntryBytes;
  const std::uint8_t kind = at[layout::entry::kKindAt];
  const std::uint8_t flags = at[layout::entry::kFlagsAt];
  const std::size_t name_length = at[layout::entry::kNameLengthAt];
  const std::size_t target_length = load_u16(at + layout::entry::kTargetLengthAt);
  const bool plausible = kind >= 1 && kind <= 4 && flags <= layout::entry::kAllFlags && name_length > 0 &&
                         load_u16(at + layout::entry::kModeAt) <= 07777 && valid_times(at + layout::entry::kTimesAt);
  if (!plausible || !valid_reference(at, static_cast<object::EntryKind>(kind), target_length)) return std::nullopt;
  const auto piece = heap_piece(sections.heap, load_u64(at + layout::entry::kHeapAt),
                                name_length + target_length + layout::entry::recorded_bytes(flags));
  if (!piece || !valid_recorded(piece->substr(name_length + target_length), flags)) return std::nullopt;
  return piece->substr(0, name_length);
}

Result<void> check_entries(const Sections& sections, std::uint64_t first, std::uint64_t count) {
  std::string_view before;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const auto name = check_entry(sections, number);
    if (!name) return corrupt("entry " + std::to_string(number) + " makes no sense");
    if (*name <= before) return corrupt("entry " + std::to_string(number) + " is out of order");
    before = *name;
  }
  return {};
}

/// The path of the directory, nothing if its record makes no sense.
std::optional<std::string_view> check_directory(const Sections& sections, const std::uint8_t* at) {
  if (at[layout::directory::kFlagsAt] > layout::directory::kAllFlags ||
      load_u16(at + layout::directory::kModeAt) > 07777 || !valid_times(at + layout::directory::kTimesAt)) {
    return std::nullopt;
  }
  return heap_piece(sections.heap, load_u64(at + layout::directory::kHeapAt),
                    load_u32(at + layout::directory::kPathLengthAt));
}

Result<void> check_records(const Sections& sections) {
  std::optional<std::string_view> before;
  std::uint64_t next_entry = 0;
  for (std::size_t number = 0; number < sections.directory_count; ++number) {
    const std::uint8_t* at = sections.directories + number * layout::kDirectoryBytes;
    const std::uint64_t first = load_u64(at + layout::directory::kFirstEntryAt);
    const std::uint64_t count = load_u64(at + layout::directory::kEntriesAt);
    const auto path = check_directory(sections, at);
    if (!path || first != next_entry || count > sections.entry_count - first) {
      return corrupt("directory " + std::to_string(number) + " makes no sense");
    }
    if (before && *path <= *before) return corrupt("directory " + std::to_string(number) + " is out of order");
    COWSTORE_TRY(check_entries(sections, first, count));
    before = path;
    next_entry = first + count;
  }
  if (next_entry != sections.entry_count) return corrupt("it has entries of no directory");
  return {};
}

}  // namespace

Result<std::uint64_t> index_size(ByteView header) {
  if (header.size() < layout::kHeaderBytes) return corrupt("it is too short");
  COWSTORE_TRY(check_header(header));
  const std::uint64_t directories = load_u64(header.data() + layout::header::kDirectoriesAt);
  const std::uint64_t entries = load_u64(header.data() + layout::header::kEntriesAt);
  const std::uint64_t heap = load_u64(header.data() + layout::header::kHeapAt);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 48;  // sums and products below stay far from 2^64
  if (directories > kMost || entries > kMost || heap > kMost) return corrupt("its header makes no sense");
  return layout::kHeaderBytes + directories * layout::kDirectoryBytes + entries * layout::kEntryBytes + heap +
         layout::kChecksumBytes;
}

Result<Sections> parse_index(ByteView bytes) {
  const std::uint64_t expected = COWSTORE_TRY(index_size(bytes.first(std::min(bytes.size(), layout::kHeaderBytes))));
  if (bytes.size() != expected) return corrupt("its size is not what its header says");
  const std::size_t covered = bytes.size() - layout::kChecksumBytes;
  if (layout::checksum(bytes.first(covered)) != layout::load_digest(bytes.data() + covered)) {
    return corrupt("its checksum is wrong");
  }
  Sections sections = find_sections(bytes);
  COWSTORE_TRY(check_records(sections));
  return sections;
}

}  // namespace cowstore::index
