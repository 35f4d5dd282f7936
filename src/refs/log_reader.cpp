#include "refs/log_reader.hpp"

#include <utility>

#include "base/try.hpp"

namespace cowstore::refs {
namespace {

constexpr int kReadAttempts = 3;

}  // namespace

/// Without the lock one may read while a writer replaces a torn tail, and see parts of both. Reading again sees one.
Result<void> LogReader::refresh() {
  Result<void> done;
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    done = refresh_once();
    if (done || done.error().code != ErrorCode::kCorrupt) return done;
    forget();
  }
  return done;
}

Result<void> LogReader::refresh_once() {
  if (!file_ || COWSTORE_TRY(is_superseded())) return load();
  const std::uint64_t size = COWSTORE_TRY(file_->size());
  if (COWSTORE_TRY(is_replaced(size))) return load();
  if (size == size_ && size == at_.end) return {};
  auto done = read_on(size);
  if (!done) forget();  // parts of it may have been taken in
  return done;
}

Result<void> LogReader::read_on(std::uint64_t size) {
  notes_.drop(LogNote::Kind::kTornTail);
  const std::uint64_t before = at_.record;
  COWSTORE_TRY(advance(*file_, at_, size));
  size_ = size;
  if (at_.record != before) fingerprint_ = COWSTORE_TRY(file_->fingerprint(at_.record));
  return {};
}

Result<bool> LogReader::is_superseded() const {
  auto next = dir_.stat(generation_name(file_->header().generation + 1));
  if (next) return true;
  if (next.error().code == ErrorCode::kNotFound) return false;
  return std::move(next).error();
}

/// A writer whose sync failed takes its record back; the next one may be just as long.
Result<bool> LogReader::is_replaced(std::uint64_t size) const {
  if (size < size_) return true;
  return COWSTORE_TRY(file_->fingerprint(at_.record)) != fingerprint_;
}

Result<void> LogReader::load() {
  forget();
  notes_.clear();
  const auto generations = COWSTORE_TRY(list_generations(dir_));
  if (generations.empty())
    return Error{ErrorCode::kNotFound, 0, "open the operation log", dir_.path(), "there is none", ""};
  LogFile newest = COWSTORE_TRY(LogFile::open(dir_, generations.back(), notes_));
  auto file = std::make_shared<const LogFile>(std::move(newest));
  size_ = COWSTORE_TRY(file->size());
  at_ = COWSTORE_TRY(newest_position(*file, size_));
  fingerprint_ = COWSTORE_TRY(file->fingerprint(at_.record));
  file_ = std::move(file);
  return {};
}

void LogReader::accept(const Operation& operation, const RecordHeader& header) {
  State& state = at_.writable_state();
  for (const Change& change : operation.changes) state.view.set(change.name, change.new_value);
  state.head = operation.id;
  state.operations = operation.number;
  at_.pass(header);
  notes_.drop(LogNote::Kind::kTornTail);
  size_ = header.end();
  auto fingerprint = file_->fingerprint(header.offset);
  if (fingerprint) {
    fingerprint_ = std::move(*fingerprint);
  } else {
    forget();
  }
}

}  // namespace cowstore::refs
