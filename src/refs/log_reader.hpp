// The newest state of a log, kept up to date without a lock.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "refs/log_file.hpp"
#include "refs/log_notes.hpp"
#include "refs/log_replay.hpp"
#include "refs/log_walk.hpp"
#include "sys/dir.hpp"

namespace cowstore::refs {

/// Neither copied nor moved: its files refer to its notes. One thread at a time.
class LogReader {
 public:
  explicit LogReader(sys::Dir dir) : dir_(std::move(dir)) {}
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// Reads what was appended since the last time; everything if there is a newer generation. Under the log's lock the
  /// result stays the newest state.
  Result<void> refresh();

  /// Valid after a successful refresh(), until the next one.
  [[nodiscard]] const Position& position() const { return at_; }
  [[nodiscard]] const LogFile& file() const { return *file_; }
  /// The state, immutable for as long as somebody has it: a change makes a copy then.
  [[nodiscard]] std::shared_ptr<const State> hand_out() { return at_.hand_out(); }
  /// From the newest operation backwards. Borrows from this.
  [[nodiscard]] LogWalker walker() { return {dir_, file_, at_.record, at_.state->head, notes_}; }

  /// Takes in an operation that was just appended behind position(), under the lock.
  void accept(const Operation& operation, const RecordHeader& header);
  /// Trusts nothing that was read: the next refresh() begins anew.
  void forget() { file_.reset(); }

  [[nodiscard]] const sys::Dir& dir() const { return dir_; }
  [[nodiscard]] const LogNotes& notes() const { return notes_; }

 private:
  Result<void> refresh_once();
  Result<void> load();
  Result<void> read_on(std::uint64_t size);
  Result<bool> is_superseded() const;
  Result<bool> is_replaced(std::uint64_t size) const;

  sys::Dir dir_;
  LogNotes notes_;
  std::shared_ptr<const LogFile> file_;  ///< the newest generation; null: read everything anew
  Position at_;
  std::uint64_t size_ = 0;  ///< of the file, when at_ was read
  Bytes fingerprint_;       ///< of the record at at_
};

}  // namespace cowstore::refs
