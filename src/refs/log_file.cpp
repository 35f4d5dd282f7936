#include "refs/log_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "sys/file.hpp"

namespace cowstore::refs {
namespace {

constexpr std::uint64_t kHeaderSearchLimit = kFirstRecord;
constexpr std::uint64_t kFirstWindow = 16 * kBlock;
constexpr std::uint64_t kLargestWindow = 256 * kBlock;

bool all_zero(ByteView bytes) {
  if (bytes.empty()) return true;
  // Each byte equals its neighbour, and the first is zero: memcmp looks at many at once.
  return bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

bool hashes_to(std::string_view part, const Digest& expected) {
  return part.empty() ? expected == Digest{} : hash::sha256(as_bytes(part)) == expected;
}

bool is_proved(const Record& record, Parts parts) {
  if (!hashes_to(record.operation(), record.header.operation_hash)) return false;
  return parts != Parts::kAll || hashes_to(record.view(), record.header.view_hash);
}

std::size_t bytes_of(const RecordHeader& header, Parts parts) {
  const std::uint64_t bytes = parts == Parts::kAll ? header.span() : kRecordHeaderBytes + header.operation_bytes;
  return static_cast<std::size_t>(bytes);
}

}  // namespace

LogFile::LogFile(sys::Fd fd, std::string name, std::string path, LogNotes& notes)
    : fd_(std::move(fd)), name_(std::move(name)), path_(std::move(path)), notes_(&notes) {}

Result<LogFile> LogFile::open(const sys::Dir& dir, std::uint64_t generation, LogNotes& notes) {
  std::string name = generation_name(generation);
  sys::Fd fd = COWSTORE_TRY(dir.open_read(name));
  LogFile file(std::move(fd), name, dir.path_of(name), notes);
  COWSTORE_TRY(file.read_header());
  if (file.header_.generation != generation) return file.corrupt(0, "the header names another generation");
  return file;
}

Result<void> LogFile::read_header() {
  auto first = header_copy(Copy::kA);
  if (first) {
    header_ = *first;
    return {};
  }
  auto second = header_copy(Copy::kB);
  if (!second) return std::move(first).error();
  // A later version in one copy and a known one in the other is damage as well, never a reason to go on.
  if (first.error().code != ErrorCode::kCorrupt) return std::move(first).error();
  note(LogNote::Kind::kDamagedCopy, 0, "the file header is damaged, its twin is whole");
  header_ = *second;
  return {};
}

Result<FileHeader> LogFile::header_copy(Copy copy) const {
  const std::uint64_t at = copy == Copy::kA ? 0 : kBlock;
  const Bytes block = COWSTORE_TRY(block_at(at, kHeaderSearchLimit));
  auto header = decode_file_header(block);
  if (header) return header;
  Error error = std::move(header).error();
  error.path = path_;
  return error;
}

Result<void> LogFile::check_header_copies() const {
  for (const Copy copy : {Copy::kA, Copy::kB}) {
    const auto header = header_copy(copy);
    if (header && *header == header_) continue;
    if (!header && header.error().code != ErrorCode::kCorrupt) return header.error();
    note(LogNote::Kind::kDamagedCopy, copy == Copy::kA ? 0 : kBlock, "a copy of the file header is damaged");
  }
  return {};
}

Result<std::uint64_t> LogFile::size() const {
  return COWSTORE_TRY(sys::stat(fd_, path_)).size;
}

Result<Bytes> LogFile::block_at(std::uint64_t at, std::uint64_t size) const {
  Bytes block(at < size ? static_cast<std::size_t>(std::min(kBlock, size - at)) : 0);
  if (!block.empty()) block.resize(COWSTORE_TRY(sys::read_at(fd_, block, at, path_)));
  return block;
}

Result<std::optional<Record>> LogFile::read(std::uint64_t offset, Parts parts, std::uint64_t size) const {
  CopyRead read = COWSTORE_TRY(read_either(offset, parts, size));
  if (read.state != CopyState::kGood) return std::optional<Record>();
  return std::optional(std::move(read.record));
}

Result<Record> LogFile::read_whole(std::uint64_t offset, Parts parts, std::uint64_t size) const {
  CopyRead read = COWSTORE_TRY(read_either(offset, parts, size));
  if (read.state == CopyState::kGood) return std::move(read.record);
  return corrupt(offset, "a record is cut off or overwritten with zeros");
}

Result<LogFile::CopyRead> LogFile::read_either(std::uint64_t offset, Parts parts, std::uint64_t size) const {
  CopyRead a = COWSTORE_TRY(read_copy(offset, parts, size));
  if (a.has_header && a.record.header.offset != offset) a = CopyRead{};
  if (a.state == CopyState::kGood) return a;
  CopyRead b = COWSTORE_TRY(read_twin(a, offset, parts, size));
  if (b.state == CopyState::kGood) {
    note(LogNote::Kind::kDamagedCopy, offset, "the first copy of a record is damaged, its twin is whole");
    return b;
  }
  if (a.state == CopyState::kBad || b.state == CopyState::kBad)
    return corrupt(offset, "both copies of a record are damaged");
  return a;
}

Result<LogFile::CopyRead> LogFile::read_copy(std::uint64_t at, Parts parts, std::uint64_t size) const {
  const Bytes first = COWSTORE_TRY(block_at(at, size));
  if (first.size() < kRecordHeaderBytes) return CopyRead{CopyState::kShort, false, {}};
  const auto located = decode_record_header(first, at);
  if (!located) return CopyRead{all_zero(first) ? CopyState::kLost : CopyState::kBad, false, {}};
  CopyRead read{CopyState::kGood, true, {located->header, {}}};
  if (parts == Parts::kHeader) return read;
  if (read.record.header.span() <= size - at) return read_body(std::move(read), at, parts, first);
  read.state = CopyState::kShort;
  return read;
}

Result<LogFile::CopyRead> LogFile::read_body(CopyRead read, std::uint64_t at, Parts parts, ByteView first) const {
  const RecordHeader& header = read.record.header;
  Bytes copy(first.begin(), first.end());
  copy.resize(bytes_of(header, parts));
  if (copy.size() > first.size()) {
    const auto rest = std::span(copy).subspan(first.size());
    const std::size_t got = COWSTORE_TRY(sys::read_at(fd_, rest, at + first.size(), path_));
    if (got < rest.size()) read.state = CopyState::kShort;
  }
  const std::size_t content = std::min(copy.size(), static_cast<std::size_t>(header.content_bytes()));
  const bool padded = all_zero(ByteView(copy).subspan(content));
  copy.resize(content);
  copy.erase(copy.begin(), copy.begin() + kRecordHeaderBytes);
  read.record.body = std::move(copy);
  if (read.state == CopyState::kShort || (padded && is_proved(read.record, parts))) return read;
  read.state = COWSTORE_TRY(has_zero_block(at, header.span())) ? CopyState::kLost : CopyState::kBad;
  return read;
}

Result<LogFile::CopyRead> LogFile::read_twin(const CopyRead& first, std::uint64_t offset, Parts parts,
                                             std::uint64_t size) const {
  std::optional<std::uint64_t> at;
  if (first.has_header) {
    at = first.record.header.offset_of(Copy::kB);
  } else {
    at = COWSTORE_TRY(find_twin(offset, size));
  }
  if (!at) return CopyRead{CopyState::kShort, false, {}};
  CopyRead twin = COWSTORE_TRY(read_copy(*at, parts, size));
  if (twin.has_header && twin.record.header.offset != offset) return CopyRead{};
  return twin;
}

Result<bool> LogFile::has_zero_block(std::uint64_t at, std::uint64_t bytes) const {
  for (std::uint64_t offset = at; offset < at + bytes; offset += kBlock) {
    const Bytes block = COWSTORE_TRY(block_at(offset, at + bytes));
    if (all_zero(block)) return true;
  }
  return false;
}

Result<std::optional<std::uint64_t>> LogFile::find_twin(std::uint64_t offset, std::uint64_t size) const {
  for (std::uint64_t at = offset + kBlock; at < size; at += kBlock) {
    const Bytes block = COWSTORE_TRY(block_at(at, size));
    auto located = decode_record_header(block, at);
    if (!located) continue;
    if (located->header.offset == offset) return std::optional(at);
    break;  // the next record begins here
  }
  return std::optional<std::uint64_t>();
}

Result<CopyState> LogFile::state_of(const RecordHeader& header, Copy copy, std::uint64_t size) const {
  const CopyRead read = COWSTORE_TRY(read_copy(header.offset_of(copy), Parts::kAll, size));
  if (read.state == CopyState::kGood && read.record.header != header) return CopyState::kBad;
  return read.state;
}

Result<std::optional<RecordHeader>> LogFile::last_header(std::uint64_t from, std::uint64_t to) const {
  std::uint64_t window = kFirstWindow;
  std::uint64_t end = (to + kBlock - 1) / kBlock * kBlock;
  while (end > from) {
    const std::uint64_t begin = end - from > window ? end - window : from;
    Bytes bytes(static_cast<std::size_t>(end - begin));
    bytes.resize(COWSTORE_TRY(sys::read_at(fd_, bytes, begin, path_)));
    for (std::uint64_t at = end; at > begin;) {
      at -= kBlock;
      if (at - begin >= bytes.size()) continue;
      auto located = decode_record_header(ByteView(bytes).subspan(static_cast<std::size_t>(at - begin)), at);
      if (located) return std::optional(located->header);
    }
    end = begin;
    window = std::min(2 * window, kLargestWindow);
  }
  return std::optional<RecordHeader>();
}

Result<Bytes> LogFile::fingerprint(std::uint64_t offset) const {
  Bytes bytes(kRecordHeaderBytes);
  bytes.resize(COWSTORE_TRY(sys::read_at(fd_, bytes, offset, path_)));
  return bytes;
}

Error LogFile::corrupt(std::uint64_t offset, const std::string& reason) const {
  return {ErrorCode::kCorrupt,
          0,
          "read the operation log",
          path_,
          "byte " + std::to_string(offset) + ": " + reason,
          "`cowstore fsck` tells what is damaged"};
}

void LogFile::note(LogNote::Kind kind, std::uint64_t offset, std::string text) const {
  notes_->add({kind, name_, offset, std::move(text)});
}

}  // namespace cowstore::refs
