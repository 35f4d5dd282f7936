#include "refs/log_check.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "refs/log_file.hpp"
#include "refs/log_replay.hpp"
#include "refs/log_walk.hpp"
#include "refs/record_body.hpp"

namespace cowstore::refs {
namespace {

class LogChecker {
 public:
  explicit LogChecker(const sys::Dir& dir) : dir_(dir) {}
  Result<LogCheck> run();

 private:
  Result<void> check_generation(std::uint64_t generation, std::uint64_t newest);
  Result<std::uint64_t> limit_of(const LogFile& file, std::uint64_t newest);
  Result<void> check_records(const LogFile& file, std::uint64_t limit);
  Result<void> check_base(const LogFile& file, const Position& at, std::uint64_t limit);
  Result<void> check_record(const LogFile& file, const Position& at, const Record& record, std::uint64_t limit);
  Result<void> check_copies(const LogFile& file, const RecordHeader& header, std::uint64_t limit);
  void note_missing(std::uint64_t first, std::uint64_t last);
  /// An error that is damage becomes a note; others stay errors.
  Result<void> take_note(Result<void> done, const std::string& name);

  const sys::Dir& dir_;
  LogNotes notes_;
  LogCheck check_;
  std::optional<Position> before_;  ///< the end of the generation before, if that is known
};

Result<LogCheck> LogChecker::run() {
  const auto generations = COWSTORE_TRY(list_generations(dir_));
  if (generations.empty())
    return Error{ErrorCode::kNotFound, 0, "check the operation log", dir_.path(), "there is none", ""};
  std::uint64_t expected = 1;
  for (const std::uint64_t generation : generations) {
    if (generation != expected) note_missing(expected, generation - 1);
    auto done = check_generation(generation, generations.back());
    COWSTORE_TRY(take_note(std::move(done), generation_name(generation)));
    expected = generation + 1;
  }
  check_.notes = notes_.all();
  return check_;
}

void LogChecker::note_missing(std::uint64_t first, std::uint64_t last) {
  const std::string text = first == last ? "is missing" : "and all up to " + generation_name(last) + " are missing";
  notes_.add({LogNote::Kind::kCorrupt, generation_name(first), 0, text});
  before_.reset();
}

Result<void> LogChecker::take_note(Result<void> done, const std::string& name) {
  if (done) return done;
  const Error& error = done.error();
  if (error.code != ErrorCode::kCorrupt && error.code != ErrorCode::kNotFound) return done;
  notes_.add({LogNote::Kind::kCorrupt, name, 0, error.message()});
  before_.reset();
  return {};
}

Result<void> LogChecker::check_generation(std::uint64_t generation, std::uint64_t newest) {
  const LogFile file = COWSTORE_TRY(LogFile::open(dir_, generation, notes_));
  ++check_.generations;
  COWSTORE_TRY(file.check_header_copies());
  const std::uint64_t limit = COWSTORE_TRY(limit_of(file, newest));
  return check_records(file, limit);
}

/// Where a generation's part of the history ends: the next one says it.
Result<std::uint64_t> LogChecker::limit_of(const LogFile& file, std::uint64_t newest) {
  const std::uint64_t size = COWSTORE_TRY(file.size());
  if (file.header().generation == newest) return size;
  LogNotes ignored;
  const auto next = LogFile::open(dir_, file.header().generation + 1, ignored);
  return next ? std::min(size, next->header().previous_end) : size;
}

Result<void> LogChecker::check_records(const LogFile& file, std::uint64_t limit) {
  Position at = COWSTORE_TRY(start_at_view(file, kFirstRecord, limit));
  COWSTORE_TRY(check_base(file, at, limit));
  while (auto record = COWSTORE_TRY(next_record(file, at, limit))) {
    COWSTORE_TRY(step(file, at, *record));
    COWSTORE_TRY(check_record(file, at, *record, limit));
  }
  before_ = std::move(at);
  return {};
}

Result<void> LogChecker::check_base(const LogFile& file, const Position& at, std::uint64_t limit) {
  const Record base = COWSTORE_TRY(file.read_whole(kFirstRecord, Parts::kHeader, limit));
  COWSTORE_TRY(check_copies(file, base.header, limit));
  const std::optional<Position> before = std::exchange(before_, std::nullopt);
  const FileHeader& header = file.header();
  const State& state = *at.state;
  if (header.generation == 1) {
    const bool empty = header.previous_record == 0 && state.operations == 0 && state.view.size() == 0;
    return empty ? Result<void>() : file.corrupt(kFirstRecord, "the first generation doesn't begin with nothing");
  }
  if (!before) return {};
  const bool follows = before->record == header.previous_record && before->end == header.previous_end &&
                       before->state->head == state.head && before->state->operations == state.operations &&
                       before->state->view == state.view;
  return follows ? Result<void>() : file.corrupt(kFirstRecord, "doesn't continue the generation before");
}

Result<void> LogChecker::check_record(const LogFile& file, const Position& at, const Record& record,
                                      std::uint64_t limit) {
  ++check_.operations;
  COWSTORE_TRY(check_copies(file, record.header, limit));
  if (!record.header.has_view() || record.view().empty()) return {};
  auto view = decode_view(record.view());
  if (!view) return file.corrupt(record.header.offset, view.error().reason);
  if (*view == at.state->view) return {};
  return file.corrupt(record.header.offset, "the full view isn't what the operations lead to");
}

Result<void> LogChecker::check_copies(const LogFile& file, const RecordHeader& header, std::uint64_t limit) {
  check_.bytes += 2 * header.span();
  for (const Copy copy : {Copy::kA, Copy::kB}) {
    const CopyState state = COWSTORE_TRY(file.state_of(header, copy, limit));
    if (state == CopyState::kGood) continue;
    const bool torn = state == CopyState::kShort && header.end() > limit;
    file.note(torn ? LogNote::Kind::kTornTail : LogNote::Kind::kDamagedCopy, header.offset_of(copy),
              torn ? "the second copy of the last record was never completed" : "a copy of a record is damaged");
  }
  return {};
}

}  // namespace

Result<LogCheck> check_log(const sys::Dir& dir) {
  return LogChecker(dir).run();
}

}  // namespace cowstore::refs
