// The bytes of a log file (docs/format.md, "The operation log"): a file header, then records, everything twice and in
// blocks of its own. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"

namespace cowstore::refs {

inline constexpr std::uint64_t kBlock = 4096;              ///< copies begin at multiples of it
inline constexpr std::uint64_t kFirstRecord = 2 * kBlock;  ///< the base record, behind both file headers
inline constexpr std::size_t kRecordHeaderBytes = 184;
/// Of each part of a record's body.
inline constexpr std::uint64_t kMaxPartBytes = std::uint64_t{1} << 30;

/// "0000000001.log"
std::string generation_name(std::uint64_t generation);
/// Nothing for any other name.
std::optional<std::uint64_t> generation_of(std::string_view name);

struct FileHeader {
  std::uint64_t generation = 0;
  std::uint64_t previous_record = 0;  ///< in the generation before: the last record that counts; 0 if there is none
  std::uint64_t previous_end = 0;     ///< and where that one ends: what lies behind is void
  bool operator==(const FileHeader&) const = default;
};

/// One block.
Bytes encode_file_header(const FileHeader& header);
/// kCorrupt; kUnsupported for a later version or a feature flag that is not known.
Result<FileHeader> decode_file_header(ByteView block);

enum class Copy : std::uint32_t { kA = 0, kB = 1 };

/// A record is an operation, a full view, or both; the base record, first in its file, is a view alone.
struct RecordHeader {
  std::uint64_t offset = 0;     ///< of copy A in the file
  std::uint64_t number = 0;     ///< operations so far, this one included
  std::uint64_t previous = 0;   ///< offset of the record before; 0 in the base record
  std::uint64_t last_view = 0;  ///< offset of the newest record before this one that holds a view; 0 in the base record
  std::uint32_t operation_bytes = 0;  ///< 0: none
  std::uint32_t view_bytes = 0;       ///< 0: none
  Digest before;                      ///< id of the operation before; zero if none
  Digest operation_hash;              ///< the operation's id; zero if none
  Digest view_hash;                   ///< zero if none
  bool operator==(const RecordHeader&) const = default;

  [[nodiscard]] bool is_base() const { return operation_bytes == 0; }
  [[nodiscard]] bool has_view() const { return view_bytes != 0; }
  /// The operation whose state it is.
  [[nodiscard]] const Digest& head() const { return is_base() ? before : operation_hash; }
  [[nodiscard]] std::uint64_t content_bytes() const;  ///< header and body
  [[nodiscard]] std::uint64_t span() const;           ///< of one copy, padding included
  [[nodiscard]] std::uint64_t end() const { return offset + 2 * span(); }
  [[nodiscard]] std::uint64_t offset_of(Copy copy) const { return copy == Copy::kA ? offset : offset + span(); }
};

/// One copy, padded. The header's sizes and hashes are those of the parts.
Bytes encode_copy(const RecordHeader& header, Copy copy, std::string_view operation, std::string_view view);
/// Both copies; fills in the header's sizes and hashes.
Bytes encode_record(RecordHeader& header, std::string_view operation, std::string_view view);

struct LocatedHeader {
  RecordHeader header;
  Copy copy = Copy::kA;
};
/// The header of the copy that begins at `offset` of the file. Nothing unless the checksum holds and it belongs there.
std::optional<LocatedHeader> decode_record_header(ByteView bytes, std::uint64_t offset);

}  // namespace cowstore::refs
