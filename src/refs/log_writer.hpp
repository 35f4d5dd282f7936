// Writing to the log, by whoever holds its lock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/log_file.hpp"
#include "refs/log_replay.hpp"
#include "refs/operation.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"
#include "sys/lock.hpp"

namespace cowstore::refs {

inline constexpr std::string_view kLockName = "lock";

/// How far this process knows the log to be on the disk: what it synced itself.
struct Durable {
  std::uint64_t generation = 0;
  std::uint64_t end = 0;
};

/// Makes the first generation of a log: an empty view, no operation. Durable when it returns.
Result<void> write_first_generation(const sys::FileLock& lock, const sys::Dir& dir);

/// Appends one operation behind a position that was read under the lock, which it takes over. Write order: what an
/// earlier writer left unsynced, then the record, each synced, the latter unless it may wait for the next. At most the
/// last record of a log is therefore ever not durable.
class LogWriter {
 public:
  enum class Outcome {
    kAppended,      ///< behind `at`
    kNewGeneration  ///< the file failed; the operation is the last one of the next generation
  };

  /// Borrows everything but the lock. kIo if the file can't be opened for writing.
  static Result<LogWriter> begin(sys::FileLock lock, const sys::Dir& dir, const LogFile& file, const Position& at,
                                 Durable& durable);

  /// `view` is the full view after the operation, or empty; `header` receives what was written. After an error the
  /// operation is absent or complete, and the writer is not to be used again.
  Result<Outcome> append(std::string_view operation, std::string_view view, RecordHeader& header,
                         Durability durability = Durability::kNow);

 private:
  LogWriter(sys::FileLock lock, const sys::Dir& dir, const LogFile& file, const Position& at, Durable& durable,
            sys::Fd fd);
  Result<void> append_in_place(ByteView record, Durability durability);
  Result<void> settle();
  Result<void> complete_last_record(std::uint64_t size);
  Result<void> sync_name();
  Result<void> roll(std::string_view operation);
  Result<void> take_back_last(View& view, RecordHeader& base, FileHeader& next, std::vector<std::string>& operations);
  void cut_off();
  [[nodiscard]] std::string path() const { return dir_.path_of(file_.name()); }

  sys::FileLock lock_;
  const sys::Dir& dir_;
  const LogFile& file_;
  const Position& at_;
  Durable& durable_;
  sys::Fd fd_;
};

}  // namespace cowstore::refs
