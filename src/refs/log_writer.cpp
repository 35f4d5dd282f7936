#include "refs/log_writer.hpp"

#include <utility>

#include "base/try.hpp"
#include "refs/record_body.hpp"
#include "sys/file.hpp"
#include "sys/system.hpp"

namespace cowstore::refs {
namespace {

constexpr std::string_view kTemporaryPrefix = "new-";
constexpr int kFileMode = 0666;

void extend(Bytes& bytes, ByteView more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// A whole file: both headers, the base record, the operations.
Bytes encode_generation(const FileHeader& file, RecordHeader base, std::string_view view,
                        std::span<const std::string> operations) {
  Bytes bytes = encode_file_header(file);
  extend(bytes, Bytes(bytes));
  base.offset = kFirstRecord;
  extend(bytes, encode_record(base, {}, view));
  RecordHeader last = base;
  for (const std::string& operation : operations) {
    RecordHeader header;
    header.offset = last.end();
    header.number = last.number + 1;
    header.previous = last.offset;
    header.last_view = kFirstRecord;
    header.before = last.head();
    extend(bytes, encode_record(header, operation, {}));
    last = header;
  }
  return bytes;
}

/// Those that a killed writer left. Best effort: they are in nobody's way.
void remove_temporaries(const sys::Dir& dir) {
  auto entries = dir.list();
  if (!entries) return;
  for (const sys::ListedEntry& entry : *entries) {
    if (entry.name.starts_with(kTemporaryPrefix)) (void)dir.unlink(entry.name);
  }
}

Result<void> write_synced(const sys::Dir& dir, const std::string& name, ByteView bytes) {
  sys::Fd fd = COWSTORE_TRY(dir.create_new(name, kFileMode));
  const std::string path = dir.path_of(name);
  COWSTORE_TRY(sys::write_at(fd, bytes, 0, path));
  COWSTORE_TRY(sys::sync_data(fd, path));
  return fd.close(path);
}

/// Write, sync, rename, sync the directory. After an error the generation may be there if its name is.
Result<void> publish(const sys::Dir& dir, std::uint64_t generation, ByteView bytes) {
  remove_temporaries(dir);
  const std::string temporary = std::string(kTemporaryPrefix) + sys::unique_name();
  auto done = write_synced(dir, temporary, bytes);
  if (done) done = dir.rename(temporary, dir, generation_name(generation));
  if (done) return dir.sync();
  (void)dir.unlink(temporary);
  return done;
}

}  // namespace

Result<void> write_first_generation(const sys::FileLock& /*proof*/, const sys::Dir& dir) {
  return publish(dir, 1, encode_generation({1, 0, 0}, {}, encode_view(View()), {}));
}

LogWriter::LogWriter(sys::FileLock lock, const sys::Dir& dir, const LogFile& file, const Position& at, Durable& durable,
                     sys::Fd fd)
    : lock_(std::move(lock)), dir_(dir), file_(file), at_(at), durable_(durable), fd_(std::move(fd)) {}

Result<LogWriter> LogWriter::begin(sys::FileLock lock, const sys::Dir& dir, const LogFile& file, const Position& at,
                                   Durable& durable) {
  sys::Fd fd = COWSTORE_TRY(dir.open_write(file.name()));
  return LogWriter(std::move(lock), dir, file, at, durable, std::move(fd));
}

Result<LogWriter::Outcome> LogWriter::append(std::string_view operation, std::string_view view, RecordHeader& header,
                                             Durability durability) {
  header.offset = at_.end;
  header.number = at_.state->operations + 1;
  header.previous = at_.record;
  header.last_view = at_.last_view;
  header.before = at_.state->head.digest();
  auto appended = append_in_place(encode_record(header, operation, view), durability);
  if (appended) return Outcome::kAppended;
  // The kernel may have dropped what it could not write and will not say so again: never sync this file again.
  auto rolled = roll(operation);
  if (rolled) return Outcome::kNewGeneration;
  cut_off();
  return std::move(appended).error();
}

Result<void> LogWriter::append_in_place(ByteView record, Durability durability) {
  COWSTORE_TRY(settle());
  COWSTORE_TRY(sys::write_at(fd_, record, at_.end, path()));
  if (durability == Durability::kWithTheNext) return {};  // which settles it
  COWSTORE_TRY(sys::sync_data(fd_, path()));
  durable_ = {file_.header().generation, at_.end + record.size()};
  return {};
}

/// Brings what others left into order and onto the disk, once: a writer that was killed may have left a torn tail, or a
/// record that is complete but not synced.
Result<void> LogWriter::settle() {
  if (durable_.generation == file_.header().generation && durable_.end == at_.end) return {};
  const std::uint64_t size = COWSTORE_TRY(file_.size());
  COWSTORE_TRY(complete_last_record(size));
  if (size > at_.end) COWSTORE_TRY(sys::truncate(fd_, at_.end, path()));
  COWSTORE_TRY(sys::sync_data(fd_, path()));
  COWSTORE_TRY(sync_name());
  durable_ = {file_.header().generation, at_.end};
  return {};
}

Result<void> LogWriter::complete_last_record(std::uint64_t size) {
  const Record record = COWSTORE_TRY(file_.read_whole(at_.record, Parts::kHeader, size));
  for (const Copy copy : {Copy::kA, Copy::kB}) {
    const Copy twin = copy == Copy::kA ? Copy::kB : Copy::kA;
    if (COWSTORE_TRY(file_.state_of(record.header, copy, size)) == CopyState::kGood) continue;
    if (COWSTORE_TRY(file_.state_of(record.header, twin, size)) != CopyState::kGood) return {};
    const Record whole = COWSTORE_TRY(file_.read_whole(at_.record, Parts::kAll, size));
    const Bytes bytes = encode_copy(whole.header, copy, whole.operation(), whole.view());
    COWSTORE_TRY(sys::write_at(fd_, bytes, whole.header.offset_of(copy), path()));
  }
  return {};
}

/// A generation whose writer died, or failed, between renaming it and syncing the directory. The first one was there
/// before anybody could open the log.
Result<void> LogWriter::sync_name() {
  return file_.header().generation == 1 ? Result<void>() : dir_.sync();
}

/// The next generation: the state, and the operation behind it. History goes on in the file before.
Result<void> LogWriter::roll(std::string_view operation) {
  FileHeader next{file_.header().generation + 1, at_.record, at_.end};
  RecordHeader base;
  base.number = at_.state->operations;
  base.before = at_.state->head.digest();
  View view = at_.state->view;
  std::vector<std::string> operations;
  const bool durable = durable_.generation == file_.header().generation && durable_.end == at_.end;
  if (!durable) COWSTORE_TRY(take_back_last(view, base, next, operations));
  operations.emplace_back(operation);
  const std::string text = encode_view(view);
  if (text.size() > kMaxPartBytes)
    return Error{ErrorCode::kUnsupported, 0, "write a generation of the log", path(), "its view is too large", ""};
  COWSTORE_TRY(publish(dir_, next.generation, encode_generation(next, base, text, operations)));
  durable_ = {};
  return {};
}

/// The last record may never have reached the disk: the next generation holds its operation again, and begins before
/// it.
Result<void> LogWriter::take_back_last(View& view, RecordHeader& base, FileHeader& next,
                                       std::vector<std::string>& operations) {
  const std::uint64_t size = COWSTORE_TRY(file_.size());
  const Record last = COWSTORE_TRY(file_.read_whole(at_.record, Parts::kOperation, size));
  if (last.header.is_base()) return {};  // synced before it got its name
  const Operation operation = COWSTORE_TRY(operation_of(file_, last));
  for (const Change& change : operation.changes) view.set(change.name, change.old_value);
  base.number = last.header.number - 1;
  base.before = last.header.before;
  next.previous_record = last.header.previous;
  next.previous_end = last.header.offset;
  operations.emplace_back(last.operation());
  return {};
}

/// After a failure that nothing could make good: takes the record away again, so that readers don't see what was never
/// reported. Best effort; where it fails too, the operation is complete. Should a next generation have got its name all
/// the same: it needs nothing of what is cut off.
void LogWriter::cut_off() {
  durable_ = {};
  const auto size = file_.size();
  if (size && *size > at_.end) (void)sys::truncate(fd_, at_.end, path());
}

}  // namespace cowstore::refs
