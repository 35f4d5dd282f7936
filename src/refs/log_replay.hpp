// From records to states: the nearest full view, then the operations behind it, each one checked against the chain.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cowstore/result.hpp"
#include "refs/log_file.hpp"
#include "refs/state.hpp"

namespace cowstore::refs {

/// How far a file has been read, and the state there. Move-only.
struct Position {
  Position() = default;
  Position(Position&&) = default;
  Position& operator=(Position&&) = default;

  std::shared_ptr<State> state;
  std::uint64_t record = 0;         ///< offset of the last record read
  std::uint64_t end = 0;            ///< where the next one begins
  std::uint64_t last_view = 0;      ///< newest record with a full view, `record` included
  std::uint64_t last_view_end = 0;  ///< where that one ends

  /// The present state: it never changes while somebody has it.
  [[nodiscard]] std::shared_ptr<const State> hand_out() const { return state; }
  /// The state to change: a copy if somebody still has the present one. With many refs that is what costs.
  State& writable_state();
  /// Moves over a record whose operation has just become part of the state.
  void pass(const RecordHeader& header);
};

/// The record's operation, complete. kCorrupt, located, if it isn't one or doesn't fit its header.
Result<Operation> operation_of(const LogFile& file, const Record& record);

/// The state after the record at `offset`, from its own full view.
Result<Position> start_at_view(const LogFile& file, std::uint64_t offset, std::uint64_t size);
/// The state after any record of the file.
Result<Position> position_after(const LogFile& file, const RecordHeader& target, std::uint64_t size);
/// The state after the last complete record, found from the end of the file.
Result<Position> newest_position(const LogFile& file, std::uint64_t size);

/// The record at `at.end`; nothing at the end of the file or where a torn tail begins, which is noted. A full view that
/// is damaged in both copies doesn't matter here and is noted; the record's operation must be whole.
Result<std::optional<Record>> next_record(const LogFile& file, const Position& at, std::uint64_t size);
/// Takes one record into the state. kCorrupt, located, if it doesn't continue the chain.
Result<void> step(const LogFile& file, Position& at, const Record& record);
/// Reads on until the file has no further complete record.
Result<void> advance(const LogFile& file, Position& at, std::uint64_t size);

}  // namespace cowstore::refs
