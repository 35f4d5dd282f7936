#include "refs/log_replay.hpp"

#include <atomic>
#include <utility>

#include "base/try.hpp"
#include "refs/record_body.hpp"

namespace cowstore::refs {
namespace {

bool continues(const RecordHeader& header, const Position& at) {
  return !header.is_base() && header.previous == at.record && header.last_view == at.last_view &&
         header.number == at.state->operations + 1 && header.before == at.state->head.digest();
}

/// A record that is missing in front of others is no torn tail: whoever wrote those had made it durable.
Result<void> check_torn(const LogFile& file, const Position& at, std::uint64_t size) {
  const auto later = COWSTORE_TRY(file.last_header(at.end, size));
  if (later && later->offset > at.end) return file.corrupt(at.end, "a record is lost, though later ones are there");
  file.note(LogNote::Kind::kTornTail, at.end,
            std::to_string(size - at.end) + " bytes of a record that was never completed");
  return {};
}

/// From the full view at `offset`, or, where that is damaged, from an older one.
Result<Position> start_at_or_before(const LogFile& file, std::uint64_t offset, std::uint64_t size) {
  for (;;) {
    auto start = start_at_view(file, offset, size);
    if (start || start.error().code != ErrorCode::kCorrupt || offset <= kFirstRecord) return start;
    const Record record = COWSTORE_TRY(file.read_whole(offset, Parts::kHeader, size));
    file.note(LogNote::Kind::kDamagedView, offset, "a full view is damaged; it follows from the operations before it");
    offset = record.header.last_view;
  }
}

/// Where to start for the last record, which may be torn: then its own view is no place to start from.
Result<Position> start_for(const LogFile& file, const RecordHeader& last, std::uint64_t size) {
  if (last.has_view()) {
    auto start = start_at_view(file, last.offset, size);
    if (start || start.error().code != ErrorCode::kCorrupt || last.offset == kFirstRecord) return start;
  }
  return start_at_or_before(file, last.last_view, size);
}

}  // namespace

State& Position::writable_state() {
  // Only hand_out() makes owners, and the log is one thread's at a time: if there is no other owner now, none can come.
  if (state.use_count() > 1) state = std::make_shared<State>(*state);
  // What another thread read before it let go comes before what is written here.
  std::atomic_thread_fence(std::memory_order_acquire);
  return *state;
}

void Position::pass(const RecordHeader& header) {
  record = header.offset;
  end = header.end();
  if (!header.has_view()) return;
  last_view = header.offset;
  last_view_end = header.end();
}

Result<Operation> operation_of(const LogFile& file, const Record& record) {
  auto operation = decode_operation(record.operation());
  if (!operation) return file.corrupt(record.header.offset, operation.error().reason);
  if (operation->parent.digest() != record.header.before)
    return file.corrupt(record.header.offset, "the operation names another parent than its record");
  operation->number = record.header.number;
  return operation;
}

Result<Position> start_at_view(const LogFile& file, std::uint64_t offset, std::uint64_t size) {
  const Record record = COWSTORE_TRY(file.read_whole(offset, Parts::kAll, size));
  if (!record.header.has_view()) return file.corrupt(offset, "a full view is expected here");
  auto view = decode_view(record.view());
  if (!view) return file.corrupt(offset, view.error().reason);
  Position at;
  at.state = std::make_shared<State>(State{std::move(*view), OperationId(record.header.head()), record.header.number});
  at.pass(record.header);
  return at;
}

Result<Position> position_after(const LogFile& file, const RecordHeader& target, std::uint64_t size) {
  Position at = COWSTORE_TRY(start_at_or_before(file, target.has_view() ? target.offset : target.last_view, size));
  while (at.record < target.offset) {
    auto record = COWSTORE_TRY(next_record(file, at, size));
    if (!record) return file.corrupt(at.end, "a record is lost");
    COWSTORE_TRY(step(file, at, *record));
  }
  if (at.record != target.offset) return file.corrupt(target.offset, "the record is not where its chain leads");
  return at;
}

Result<Position> newest_position(const LogFile& file, std::uint64_t size) {
  const auto last = COWSTORE_TRY(file.last_header(kFirstRecord, size));
  if (!last) return file.corrupt(kFirstRecord, "no record is readable");
  Position at = COWSTORE_TRY(start_for(file, *last, size));
  COWSTORE_TRY(advance(file, at, size));
  return at;
}

Result<std::optional<Record>> next_record(const LogFile& file, const Position& at, std::uint64_t size) {
  if (at.end >= size) return std::optional<Record>();
  auto record = file.read(at.end, Parts::kAll, size);
  if (!record && record.error().code == ErrorCode::kCorrupt) {
    auto without_view = file.read(at.end, Parts::kOperation, size);
    if (!without_view || !*without_view || !(*without_view)->header.has_view()) return record;
    file.note(LogNote::Kind::kDamagedView, at.end, "a full view is damaged; it follows from the operations before it");
    return without_view;
  }
  if (record && !*record) COWSTORE_TRY(check_torn(file, at, size));
  return record;
}

Result<void> step(const LogFile& file, Position& at, const Record& record) {
  if (!continues(record.header, at))
    return file.corrupt(record.header.offset, "the record doesn't continue the one before it");
  Operation operation = COWSTORE_TRY(operation_of(file, record));
  State& state = at.writable_state();
  auto applied = state.view.apply(operation.changes);
  if (!applied)
    return file.corrupt(record.header.offset, "the operation doesn't fit the view: " + applied.error().reason);
  state.head = operation.id;
  state.operations = operation.number;
  at.pass(record.header);
  return {};
}

Result<void> advance(const LogFile& file, Position& at, std::uint64_t size) {
  while (auto record = COWSTORE_TRY(next_record(file, at, size))) COWSTORE_TRY(step(file, at, *record));
  if (at.end > size)
    file.note(LogNote::Kind::kTornTail, at.record, "the second copy of the last record was never completed");
  return {};
}

}  // namespace cowstore::refs
