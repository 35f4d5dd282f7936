// One generation of the log, opened for reading. Knows copies and twins; not what operations mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "refs/log_format.hpp"
#include "refs/log_notes.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::refs {

/// How much of a record is read and proved by its checksum.
enum class Parts : std::uint8_t { kHeader, kOperation, kAll };

struct Record {
  RecordHeader header;
  Bytes body;  ///< the operation, then the view, as far as they were asked for

  [[nodiscard]] std::string_view operation() const { return as_text(ByteView(body).first(header.operation_bytes)); }
  [[nodiscard]] std::string_view view() const { return as_text(ByteView(body).subspan(header.operation_bytes)); }
};

/// What is at the place of one copy of a record. A power cut or a killed writer leaves kShort and kLost, never kBad.
enum class CopyState : std::uint8_t {
  kGood,
  kShort,  ///< the file ends before it does
  kLost,   ///< a block of it is all zero, which no block of a record is
  kBad     ///< full-length bytes that fail their checksum
};

/// Appends by others never disturb reading below a size that stat told before. Not thread-safe.
class LogFile {
 public:
  /// Recovers the header from its twin. kNotFound if there is no such generation; kCorrupt, kUnsupported.
  /// `notes` outlives the file.
  static Result<LogFile> open(const sys::Dir& dir, std::uint64_t generation, LogNotes& notes);

  [[nodiscard]] const FileHeader& header() const { return header_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Result<std::uint64_t> size() const;
  /// Notes the copy of the file header that is damaged.
  Result<void> check_header_copies() const;

  /// The record at `offset`, within the first `size` bytes of the file; the second copy is read only where the first
  /// isn't good, which is noted. Nothing if it is torn: both copies short or lost. kCorrupt, with the offset, if it is
  /// damaged beyond that.
  Result<std::optional<Record>> read(std::uint64_t offset, Parts parts, std::uint64_t size) const;
  /// The same for a record that must be there: a torn one is kCorrupt as well.
  Result<Record> read_whole(std::uint64_t offset, Parts parts, std::uint64_t size) const;
  /// What one copy of a record is; `header` is known to be right.
  Result<CopyState> state_of(const RecordHeader& header, Copy copy, std::uint64_t size) const;

  /// The last intact header in [from, to): searched backwards, so that a long log costs no more than a short one.
  Result<std::optional<RecordHeader>> last_header(std::uint64_t from, std::uint64_t to) const;
  /// The raw header bytes of copy A, empty if cut off: differs if the record was replaced.
  Result<Bytes> fingerprint(std::uint64_t offset) const;

  [[nodiscard]] Error corrupt(std::uint64_t offset, const std::string& reason) const;
  void note(LogNote::Kind kind, std::uint64_t offset, std::string text) const;

 private:
  struct CopyRead {
    CopyState state = CopyState::kBad;
    bool has_header = false;  ///< whether the record's header could be read
    Record record;            ///< its header alone unless kGood
  };

  LogFile(sys::Fd fd, std::string name, std::string path, LogNotes& notes);
  Result<void> read_header();
  Result<FileHeader> header_copy(Copy copy) const;
  /// The first copy that is good; else kShort or kLost for a torn record.
  Result<CopyRead> read_either(std::uint64_t offset, Parts parts, std::uint64_t size) const;
  Result<CopyRead> read_copy(std::uint64_t at, Parts parts, std::uint64_t size) const;
  Result<CopyRead> read_body(CopyRead read, std::uint64_t at, Parts parts, ByteView first) const;
  Result<CopyRead> read_twin(const CopyRead& first, std::uint64_t offset, Parts parts, std::uint64_t size) const;
  Result<bool> has_zero_block(std::uint64_t at, std::uint64_t bytes) const;
  Result<Bytes> block_at(std::uint64_t at, std::uint64_t size) const;
  Result<std::optional<std::uint64_t>> find_twin(std::uint64_t offset, std::uint64_t size) const;

  sys::Fd fd_;
  std::string name_;
  std::string path_;
  LogNotes* notes_;
  FileHeader header_;
};

}  // namespace cowstore::refs
