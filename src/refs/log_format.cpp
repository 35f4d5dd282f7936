#include "refs/log_format.hpp"

#include <algorithm>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "hash/sha256.hpp"

namespace cowstore::refs {
namespace {

// Both magics hold a NUL and a byte that UTF-8 never has, so that no body, which is JSON, can look like a header.
constexpr std::string_view kFileMagic{
    "\xC5"
    "cowlog\0",
    8};
constexpr std::string_view kRecordMagic{
    "\xC5"
    "cowrec\0",
    8};
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kGenerationDigits = 10;
constexpr std::size_t kDigestBytes = sizeof(Digest::bytes);
constexpr std::size_t kFileHeaderHashed = 40;
constexpr std::size_t kRecordHeaderHashed = kRecordHeaderBytes - kDigestBytes;

ByteView bytes_of(const Digest& digest) {
  return digest.bytes;
}

Digest digest_at(const std::uint8_t* at) {
  Digest digest;
  std::copy_n(at, kDigestBytes, digest.bytes.begin());
  return digest;
}

bool has_magic(ByteView bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && as_text(bytes.first(magic.size())) == magic;
}

bool hash_follows(ByteView bytes, std::size_t hashed) {
  return hash::sha256(bytes.first(hashed)) == digest_at(bytes.data() + hashed);
}

Error bad_file_header(ErrorCode code, std::string reason) {
  return {code, 0, "read the operation log", "", std::move(reason), ""};
}

/// What no writer of ours would write, however right its checksum.
bool makes_sense(const RecordHeader& header) {
  const bool base = header.offset == kFirstRecord;
  if (header.offset < kFirstRecord || header.offset % kBlock != 0) return false;
  if (header.operation_bytes > kMaxPartBytes || header.view_bytes > kMaxPartBytes) return false;
  if (base) return header.is_base() && header.has_view() && header.previous == 0 && header.last_view == 0;
  if (header.is_base() || header.number == 0) return false;
  return header.previous >= kFirstRecord && header.previous < header.offset && header.last_view >= kFirstRecord &&
         header.last_view <= header.previous;
}

}  // namespace

std::string generation_name(std::uint64_t generation) {
  std::string digits = std::to_string(generation);
  if (digits.size() < kGenerationDigits) digits.insert(0, kGenerationDigits - digits.size(), '0');
  return digits + std::string(kSuffix);
}

std::optional<std::uint64_t> generation_of(std::string_view name) {
  if (name.size() != kGenerationDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t generation = 0;
  for (char digit : name.substr(0, kGenerationDigits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    generation = generation * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return generation == 0 ? std::nullopt : std::optional(generation);
}

Bytes encode_file_header(const FileHeader& header) {
  Bytes block;
  base::Writer out(block);
  out.raw(as_bytes(kFileMagic));
  out.u32(kVersion);
  out.u32(0);  // feature flags
  out.u64(header.generation);
  out.u64(header.previous_record);
  out.u64(header.previous_end);
  out.raw(bytes_of(hash::sha256(block)));
  block.resize(kBlock);
  return block;
}

Result<FileHeader> decode_file_header(ByteView block) {
  if (block.size() < kBlock) return bad_file_header(ErrorCode::kCorrupt, "the header is cut off");
  if (!has_magic(block, kFileMagic)) return bad_file_header(ErrorCode::kCorrupt, "not an operation log");
  if (!hash_follows(block, kFileHeaderHashed)) return bad_file_header(ErrorCode::kCorrupt, "the header is damaged");
  base::Reader in(block.subspan(kFileMagic.size()));
  const std::uint32_t version = COWSTORE_TRY(in.u32());
  const std::uint32_t flags = COWSTORE_TRY(in.u32());
  if (version != kVersion)
    return bad_file_header(ErrorCode::kUnsupported, "format version " + std::to_string(version) + " is not known");
  if (flags != 0)
    return bad_file_header(ErrorCode::kUnsupported, "feature flags " + std::to_string(flags) + " are not known");
  FileHeader header;
  header.generation = COWSTORE_TRY(in.u64());
  header.previous_record = COWSTORE_TRY(in.u64());
  header.previous_end = COWSTORE_TRY(in.u64());
  const ByteView padding = block.subspan(kFileHeaderHashed + kDigestBytes);
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; }))
    return bad_file_header(ErrorCode::kCorrupt, "bytes behind the header are not zero");
  return header;
}

std::uint64_t RecordHeader::content_bytes() const {
  return kRecordHeaderBytes + std::uint64_t{operation_bytes} + view_bytes;
}

std::uint64_t RecordHeader::span() const {
  return (content_bytes() + kBlock - 1) / kBlock * kBlock;
}

Bytes encode_copy(const RecordHeader& header, Copy copy, std::string_view operation, std::string_view view) {
  Bytes bytes;
  bytes.reserve(static_cast<std::size_t>(header.span()));
  base::Writer out(bytes);
  out.raw(as_bytes(kRecordMagic));
  out.u32(static_cast<std::uint32_t>(copy));
  out.u32(header.operation_bytes);
  out.u32(header.view_bytes);
  out.u32(0);
  out.u64(header.offset);
  out.u64(header.number);
  out.u64(header.previous);
  out.u64(header.last_view);
  out.raw(bytes_of(header.before));
  out.raw(bytes_of(header.operation_hash));
  out.raw(bytes_of(header.view_hash));
  out.raw(bytes_of(hash::sha256(bytes)));
  out.raw(as_bytes(operation));
  out.raw(as_bytes(view));
  bytes.resize(static_cast<std::size_t>(header.span()));
  return bytes;
}

Bytes encode_record(RecordHeader& header, std::string_view operation, std::string_view view) {
  header.operation_bytes = static_cast<std::uint32_t>(operation.size());
  header.view_bytes = static_cast<std::uint32_t>(view.size());
  header.operation_hash = operation.empty() ? Digest{} : hash::sha256(as_bytes(operation));
  header.view_hash = view.empty() ? Digest{} : hash::sha256(as_bytes(view));
  Bytes bytes = encode_copy(header, Copy::kA, operation, view);
  const Bytes twin = encode_copy(header, Copy::kB, operation, view);
  bytes.insert(bytes.end(), twin.begin(), twin.end());
  return bytes;
}

std::optional<LocatedHeader> decode_record_header(ByteView bytes, std::uint64_t offset) {
  if (bytes.size() < kRecordHeaderBytes || !has_magic(bytes, kRecordMagic)) return std::nullopt;
  if (!hash_follows(bytes, kRecordHeaderHashed)) return std::nullopt;
  const std::uint8_t* at = bytes.data();
  const std::uint32_t copy = base::load_u32(at + 8);
  if (copy > 1 || base::load_u32(at + 20) != 0) return std::nullopt;
  LocatedHeader found;
  found.copy = Copy{copy};
  RecordHeader& header = found.header;
  header.operation_bytes = base::load_u32(at + 12);
  header.view_bytes = base::load_u32(at + 16);
  header.offset = base::load_u64(at + 24);
  header.number = base::load_u64(at + 32);
  header.previous = base::load_u64(at + 40);
  header.last_view = base::load_u64(at + 48);
  header.before = digest_at(at + 56);
  header.operation_hash = digest_at(at + 88);
  header.view_hash = digest_at(at + 120);
  if (!makes_sense(header) || header.offset_of(found.copy) != offset) return std::nullopt;
  return found;
}

}  // namespace cowstore::refs
