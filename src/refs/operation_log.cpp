#include "refs/operation_log.hpp"

#include <charconv>
#include <set>
#include <utility>

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "refs/log_check.hpp"
#include "refs/log_file.hpp"
#include "refs/log_format.hpp"
#include "refs/log_notes.hpp"
#include "refs/log_replay.hpp"
#include "refs/log_walk.hpp"
#include "refs/log_writer.hpp"
#include "refs/record_body.hpp"
#include "sys/lock.hpp"

namespace cowstore::refs {
namespace {

/// A full view is due when the records since the last one are at least so many and at least as large as it would be:
/// then reading from it costs at most twice the view, and writing it no more than what was written anyway.
constexpr std::uint64_t kLeastBetweenViews = 64;
/// Quotes, brackets and commas of an entry.
constexpr std::uint64_t kViewEntryOverhead = 8;
constexpr int kReadAttempts = 3;
constexpr std::size_t kLeastPrefix = 4;
constexpr std::size_t kShownCandidates = 5;
constexpr std::size_t kShownDigits = 12;

Error no_log(const sys::Dir& dir) {
  return {ErrorCode::kNotFound, 0, "open the operation log", dir.path(), "there is none", ""};
}

Error no_operation(std::string_view text) {
  return {ErrorCode::kNotFound,          0, "find the operation", std::string(text), "there is no such operation",
          "`cowstore op log` lists them"};
}

Result<sys::FileLock> lock_log(const sys::Dir& dir, const std::string& holder, const LockPolicy& policy) {
  auto lock = COWSTORE_TRY(sys::FileLock::try_acquire(dir, kLockName, holder));
  if (lock) return std::move(*lock);
  const std::string other = sys::FileLock::holder(dir, kLockName);
  if (policy.when_busy == LockPolicy::WhenBusy::kFail)
    return Error{ErrorCode::kBusy,
                 0,
                 "lock",
                 dir.path_of(kLockName),
                 "held by " + (other.empty() ? "another process" : other),
                 "wait until it has finished and repeat the command"};
  if (policy.waiting) policy.waiting(other);
  return sys::FileLock::acquire(dir, kLockName, holder);
}

Result<void> check_names(const std::vector<Change>& changes) {
  std::set<std::string_view> names;
  for (const Change& change : changes) {
    if (names.insert(change.name).second) continue;
    return Error{ErrorCode::kUsage, 0, "update", change.name, "the operation changes it twice", ""};
  }
  return {};
}

bool view_is_due(const Position& at) {
  const std::uint64_t written = (at.end - at.last_view_end) / 2;
  const View& view = at.state->view;
  return at.state->operations - at.last_view_number >= kLeastBetweenViews &&
         written >= view.bytes() + kViewEntryOverhead * view.size();
}

bool is_hex_prefix(std::string_view text) {
  return text.size() >= kLeastPrefix && text.size() <= 2 * sizeof(Digest::bytes) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// N of "@" and "@~N".
std::optional<std::uint64_t> steps_back(std::string_view text) {
  if (text == "@") return 0;
  if (!text.starts_with("@~") || text.size() == 2) return std::nullopt;
  std::uint64_t steps = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), steps);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(steps) : std::nullopt;
}

Error ambiguous(std::string_view text, const std::vector<std::string>& candidates) {
  std::string list;
  for (const std::string& id : candidates)
    list += (list.empty() ? "" : ", ") + id.substr(0, kShownDigits + text.size());
  return {ErrorCode::kUsage, 0, "find the operation", std::string(text), "several ids begin so", "among them " + list};
}

}  // namespace

class OperationLog::Impl {
 public:
  explicit Impl(sys::Dir dir) : dir_(std::move(dir)) {}

  Result<void> refresh();
  Result<Operation> append(const NewOperation& operation, const LockPolicy& policy);
  Result<void> walk(const OperationVisitor& visit);
  Result<Operation> nth(std::string_view text, std::uint64_t steps);
  Result<Operation> with_prefix(std::string_view prefix);
  Result<View> view_at(const OperationId& id);

  [[nodiscard]] const sys::Dir& dir() const { return dir_; }
  [[nodiscard]] std::shared_ptr<const State> state() const { return at_.state; }
  [[nodiscard]] const LogNotes& notes() const { return notes_; }

 private:
  Result<void> refresh_once();
  Result<void> load();
  Result<bool> is_superseded() const;
  Result<bool> is_replaced(std::uint64_t size) const;
  Result<Operation> complete(const NewOperation& operation, const std::string& body) const;
  Result<std::string> view_after(const Operation& operation) const;
  void accept(const Operation& operation, const RecordHeader& header);
  void forget() { file_.reset(); }
  Result<LogWalker> walker();

  sys::Dir dir_;
  LogNotes notes_;
  Durable durable_;
  std::shared_ptr<const LogFile> file_;  ///< the newest generation; null: read everything anew
  Position at_;
  std::uint64_t size_ = 0;  ///< of the file, when at_ was read
  Bytes fingerprint_;       ///< of the record at at_
};

/// Without the lock one may read while a writer replaces a torn tail, and see parts of both. Reading again sees one.
Result<void> OperationLog::Impl::refresh() {
  Result<void> done;
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    done = refresh_once();
    if (done || done.error().code != ErrorCode::kCorrupt) return done;
    forget();
  }
  return done;
}

Result<void> OperationLog::Impl::refresh_once() {
  if (!file_ || COWSTORE_TRY(is_superseded())) return load();
  const std::uint64_t size = COWSTORE_TRY(file_->size());
  if (COWSTORE_TRY(is_replaced(size))) return load();
  if (size == size_ && size == at_.end) return {};
  notes_.drop(LogNote::Kind::kTornTail);
  const std::uint64_t before = at_.record;
  auto done = advance(*file_, at_, size);
  if (!done) {
    forget();  // parts of it may have been taken in
    return done;
  }
  size_ = size;
  if (at_.record != before) fingerprint_ = COWSTORE_TRY(file_->fingerprint(at_.record));
  return {};
}

Result<bool> OperationLog::Impl::is_superseded() const {
  auto next = dir_.stat(generation_name(file_->header().generation + 1));
  if (next) return true;
  if (next.error().code == ErrorCode::kNotFound) return false;
  return std::move(next).error();
}

/// A writer whose sync failed takes its record back; the next one may be just as long.
Result<bool> OperationLog::Impl::is_replaced(std::uint64_t size) const {
  if (size < size_) return true;
  return COWSTORE_TRY(file_->fingerprint(at_.record)) != fingerprint_;
}

Result<void> OperationLog::Impl::load() {
  forget();
  notes_.clear();
  const auto generations = COWSTORE_TRY(list_generations(dir_));
  if (generations.empty()) return no_log(dir_);
  LogFile newest = COWSTORE_TRY(LogFile::open(dir_, generations.back(), notes_));
  auto file = std::make_shared<const LogFile>(std::move(newest));
  size_ = COWSTORE_TRY(file->size());
  at_ = COWSTORE_TRY(newest_position(*file, size_));
  fingerprint_ = COWSTORE_TRY(file->fingerprint(at_.record));
  file_ = std::move(file);
  return {};
}

Result<Operation> OperationLog::Impl::append(const NewOperation& operation, const LockPolicy& policy) {
  COWSTORE_TRY(check_names(operation.changes));
  sys::FileLock lock = COWSTORE_TRY(lock_log(dir_, operation.command, policy));
  COWSTORE_TRY(refresh());
  COWSTORE_TRY(at_.state->view.check(operation.changes));
  const std::string body = COWSTORE_TRY(encode_operation(operation, at_.state->head));
  Operation complete = COWSTORE_TRY(this->complete(operation, body));
  const std::string view = view_is_due(at_) ? COWSTORE_TRY(view_after(complete)) : std::string();

  LogWriter writer = COWSTORE_TRY(LogWriter::begin(std::move(lock), dir_, *file_, at_, durable_));
  RecordHeader header;
  const auto outcome = writer.append(body, view, header);
  if (outcome && *outcome == LogWriter::Outcome::kAppended) {
    accept(complete, header);
  } else {
    forget();
  }
  if (!outcome) return outcome.error();
  return complete;
}

Result<Operation> OperationLog::Impl::complete(const NewOperation& operation, const std::string& body) const {
  if (body.size() > kMaxPartBytes)
    return Error{ErrorCode::kUsage, 0, "record an operation", "", "it is larger than a record can be", ""};
  Operation complete{operation, OperationId(hash::sha256(as_bytes(body))), at_.state->head, at_.state->operations + 1};
  complete.details = COWSTORE_TRY(canonical_details(operation.details));
  return complete;
}

/// Empty if it is too large for a record: reading then only takes longer.
Result<std::string> OperationLog::Impl::view_after(const Operation& operation) const {
  View view = at_.state->view;
  COWSTORE_TRY(view.apply(operation.changes));
  std::string text = encode_view(view);
  if (text.size() > kMaxPartBytes) text.clear();
  return text;
}

void OperationLog::Impl::accept(const Operation& operation, const RecordHeader& header) {
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

Result<LogWalker> OperationLog::Impl::walker() {
  COWSTORE_TRY(refresh());
  return LogWalker(dir_, file_, at_.record, at_.state->head, notes_);
}

Result<void> OperationLog::Impl::walk(const OperationVisitor& visit) {
  LogWalker walker = COWSTORE_TRY(this->walker());
  while (auto step = COWSTORE_TRY(walker.next(Parts::kOperation))) {
    const Operation operation = COWSTORE_TRY(operation_of(*step->file, step->record));
    if (visit(operation) == Walk::kStop) break;
  }
  return {};
}

Result<Operation> OperationLog::Impl::nth(std::string_view text, std::uint64_t steps) {
  LogWalker walker = COWSTORE_TRY(this->walker());
  if (steps >= at_.state->operations) return no_operation(text);
  for (; steps > 0; --steps) {
    if (!COWSTORE_TRY(walker.next(Parts::kHeader))) return no_operation(text);
  }
  auto step = COWSTORE_TRY(walker.next(Parts::kOperation));
  if (!step) return no_operation(text);
  return operation_of(*step->file, step->record);
}

Result<Operation> OperationLog::Impl::with_prefix(std::string_view prefix) {
  LogWalker walker = COWSTORE_TRY(this->walker());
  std::vector<std::string> candidates;
  std::optional<LogWalker::Step> found;
  while (auto step = COWSTORE_TRY(walker.next(Parts::kHeader))) {
    std::string id = step->record.header.operation_hash.hex();
    if (!id.starts_with(prefix)) continue;
    candidates.push_back(std::move(id));
    if (!found) found = std::move(step);
    if (candidates.size() == kShownCandidates) break;
  }
  if (!found) return no_operation(prefix);
  if (candidates.size() > 1) return ambiguous(prefix, candidates);
  const LogFile& file = *found->file;
  const std::uint64_t size = COWSTORE_TRY(file.size());
  const Record record = COWSTORE_TRY(file.read_whole(found->record.header.offset, Parts::kOperation, size));
  return operation_of(file, record);
}

Result<View> OperationLog::Impl::view_at(const OperationId& id) {
  if (id == OperationId{}) return View();
  LogWalker walker = COWSTORE_TRY(this->walker());
  if (id == at_.state->head) return at_.state->view;
  while (auto step = COWSTORE_TRY(walker.next(Parts::kHeader))) {
    const RecordHeader& header = step->record.header;
    if (header.operation_hash != id.digest()) continue;
    const std::uint64_t size = COWSTORE_TRY(step->file->size());
    return COWSTORE_TRY(position_after(*step->file, header, size)).state->view;
  }
  return no_operation(id.hex());
}

OperationLog::OperationLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OperationLog::OperationLog(OperationLog&&) noexcept = default;
OperationLog& OperationLog::operator=(OperationLog&&) noexcept = default;
OperationLog::~OperationLog() = default;

Result<void> OperationLog::create(const sys::Dir& log_dir) {
  const sys::FileLock lock = COWSTORE_TRY(lock_log(log_dir, "init", {}));
  if (COWSTORE_TRY(list_generations(log_dir)).empty()) return write_first_generation(lock, log_dir);
  return Error{ErrorCode::kConflict, 0, "create the operation log", log_dir.path(), "there is one already", ""};
}

Result<OperationLog> OperationLog::open(sys::Dir log_dir) {
  auto impl = std::make_unique<Impl>(std::move(log_dir));
  COWSTORE_TRY(impl->refresh());
  return OperationLog(std::move(impl));
}

Result<std::shared_ptr<const State>> OperationLog::current() {
  COWSTORE_TRY(impl_->refresh());
  return impl_->state();
}

Result<Operation> OperationLog::append(const NewOperation& operation, const LockPolicy& policy) {
  return impl_->append(operation, policy);
}

Result<void> OperationLog::newest_first(const OperationVisitor& visit) {
  return impl_->walk(visit);
}

Result<std::vector<Operation>> OperationLog::newest(std::size_t limit) {
  std::vector<Operation> operations;
  if (limit == 0) return operations;
  COWSTORE_TRY(impl_->walk([&](const Operation& operation) {
    operations.push_back(operation);
    return operations.size() < limit ? Walk::kContinue : Walk::kStop;
  }));
  return operations;
}

Result<Operation> OperationLog::find(std::string_view text) {
  if (const auto steps = steps_back(text)) return impl_->nth(text, *steps);
  if (is_hex_prefix(text)) return impl_->with_prefix(text);
  return Error{ErrorCode::kUsage,
               0,
               "find the operation",
               std::string(text),
               "an operation is @, @~N or at least four digits of its id",
               "`cowstore op log` lists them"};
}

Result<View> OperationLog::view_at(const OperationId& id) {
  return impl_->view_at(id);
}

std::vector<LogNote> OperationLog::notes() const {
  return impl_->notes().all();
}

Result<LogCheck> OperationLog::verify() {
  return check_log(impl_->dir());
}

}  // namespace cowstore::refs
