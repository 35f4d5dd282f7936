#include "refs/operation_log.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "refs/log_check.hpp"
#include "refs/log_format.hpp"
#include "refs/log_reader.hpp"
#include "refs/log_writer.hpp"
#include "refs/record_body.hpp"
#include "sys/lock.hpp"

namespace cowstore::refs {
namespace {

/// A full view is due when what was written since the last one (one copy of it, the new operation included) is as much
/// as it would be, and at least this, the size of 64 small records: then reading from it costs at most twice the view,
/// and writing it no more than what was written anyway.
constexpr std::uint64_t kLeastBetweenViews = 64 * kBlock;
/// Quotes, brackets and commas of an entry.
constexpr std::uint64_t kViewEntryOverhead = 8;
constexpr std::size_t kLeastPrefix = 4;
constexpr std::size_t kShownCandidates = 5;
constexpr std::size_t kShownDigits = 12;

Error no_operation(std::string_view text) {
  return {ErrorCode::kNotFound,          0, "find the operation", std::string(text), "there is no such operation",
          "`cowstore op log` lists them"};
}

Error too_large() {
  return {ErrorCode::kUsage, 0, "record an operation", "", "it is larger than a record can be", ""};
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

bool view_is_due(const Position& at, const std::string& operation) {
  const std::uint64_t written = (at.end - at.last_view_end) / 2 + operation.size();
  const View& view = at.state->view;
  return written >= std::max(kLeastBetweenViews, view.bytes() + kViewEntryOverhead * view.size());
}

/// Empty if it is too large for a record: reading then only takes longer.
Result<std::string> view_after(View view, const Operation& operation) {
  COWSTORE_TRY(view.apply(operation.changes));
  std::string text = encode_view(view);
  if (text.size() > kMaxPartBytes) text.clear();
  return text;
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
  explicit Impl(sys::Dir dir) : reader_(std::move(dir)) {}

  [[nodiscard]] LogReader& reader() { return reader_; }
  Result<Operation> append(const NewOperation& operation, const LockPolicy& policy, Durability durability);
  Result<void> walk(const OperationVisitor& visit);
  Result<Operation> nth(std::string_view text, std::uint64_t steps);
  Result<Operation> with_prefix(std::string_view prefix);
  Result<View> view_at(const OperationId& id);

 private:
  Result<void> write(sys::FileLock lock, const Operation& operation, const std::string& body, Durability durability);
  [[nodiscard]] const State& state() const { return *reader_.position().state; }

  LogReader reader_;
  Durable durable_;
};

Result<Operation> OperationLog::Impl::append(const NewOperation& operation, const LockPolicy& policy,
                                             Durability durability) {
  COWSTORE_TRY(check_names(operation.changes));
  sys::FileLock lock = COWSTORE_TRY(lock_log(reader_.dir(), operation.command, policy));
  COWSTORE_TRY(reader_.refresh());
  COWSTORE_TRY(state().view.check(operation.changes));
  const std::string body = COWSTORE_TRY(encode_operation(operation, state().head));
  if (body.size() > kMaxPartBytes) return too_large();
  Operation complete{operation, OperationId(hash::sha256(as_bytes(body))), state().head, state().operations + 1};
  complete.details = COWSTORE_TRY(canonical_details(operation.details));
  COWSTORE_TRY(write(std::move(lock), complete, body, durability));
  return complete;
}

Result<void> OperationLog::Impl::write(sys::FileLock lock, const Operation& operation, const std::string& body,
                                       Durability durability) {
  const Position& at = reader_.position();
  const std::string view = view_is_due(at, body) ? COWSTORE_TRY(view_after(at.state->view, operation)) : std::string();
  LogWriter writer = COWSTORE_TRY(LogWriter::begin(std::move(lock), reader_.dir(), reader_.file(), at, durable_));
  RecordHeader header;
  auto outcome = writer.append(body, view, header, durability);
  if (outcome && *outcome == LogWriter::Outcome::kAppended) {
    reader_.accept(operation, header);
    return {};
  }
  reader_.forget();
  return outcome ? Result<void>() : std::move(outcome).error();
}

Result<void> OperationLog::Impl::walk(const OperationVisitor& visit) {
  COWSTORE_TRY(reader_.refresh());
  LogWalker walker = reader_.walker();
  while (auto step = COWSTORE_TRY(walker.next(Parts::kOperation))) {
    const Operation operation = COWSTORE_TRY(operation_of(*step->file, step->record));
    if (visit(operation) == Walk::kStop) break;
  }
  return {};
}

Result<Operation> OperationLog::Impl::nth(std::string_view text, std::uint64_t steps) {
  COWSTORE_TRY(reader_.refresh());
  if (steps >= state().operations) return no_operation(text);
  LogWalker walker = reader_.walker();
  for (; steps > 0; --steps) {
    if (!COWSTORE_TRY(walker.next(Parts::kHeader))) return no_operation(text);
  }
  auto step = COWSTORE_TRY(walker.next(Parts::kOperation));
  if (!step) return no_operation(text);
  return operation_of(*step->file, step->record);
}

Result<Operation> OperationLog::Impl::with_prefix(std::string_view prefix) {
  COWSTORE_TRY(reader_.refresh());
  LogWalker walker = reader_.walker();
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
  COWSTORE_TRY(reader_.refresh());
  if (id == state().head) return state().view;
  LogWalker walker = reader_.walker();
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
  COWSTORE_TRY(impl->reader().refresh());
  return OperationLog(std::move(impl));
}

Result<std::shared_ptr<const State>> OperationLog::current() {
  COWSTORE_TRY(impl_->reader().refresh());
  return impl_->reader().hand_out();
}

Result<Operation> OperationLog::append(const NewOperation& operation, const LockPolicy& policy, Durability durability) {
  return impl_->append(operation, policy, durability);
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
  return impl_->reader().notes().all();
}

Result<LogCheck> OperationLog::verify() {
  return check_log(impl_->reader().dir());
}

}  // namespace cowstore::refs
