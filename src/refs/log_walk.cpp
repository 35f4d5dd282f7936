#include "refs/log_walk.hpp"

#include <algorithm>
#include <utility>

#include "base/try.hpp"

namespace cowstore::refs {

Result<std::vector<std::uint64_t>> list_generations(const sys::Dir& dir) {
  std::vector<std::uint64_t> generations;
  for (const sys::ListedEntry& entry : COWSTORE_TRY(dir.list())) {
    if (auto generation = generation_of(entry.name)) generations.push_back(*generation);
  }
  std::sort(generations.begin(), generations.end());
  return generations;
}

LogWalker::LogWalker(const sys::Dir& dir, std::shared_ptr<const LogFile> file, std::uint64_t offset,
                     const OperationId& head, LogNotes& notes)
    : dir_(dir), file_(std::move(file)), offset_(offset), expected_(head.digest()), notes_(notes) {}

Result<std::optional<LogWalker::Step>> LogWalker::next(Parts parts) {
  while (offset_ != 0) {
    const std::uint64_t size = COWSTORE_TRY(file_->size());
    Record record = COWSTORE_TRY(file_->read_whole(offset_, parts, size));
    if (record.header.head() != expected_) return file_->corrupt(offset_, "the record breaks the chain of operations");
    if (record.header.is_base()) {
      COWSTORE_TRY(enter_previous_generation());
      continue;
    }
    offset_ = record.header.previous;
    expected_ = record.header.before;
    return std::optional(Step{file_, std::move(record)});
  }
  if (expected_ != Digest{}) return file_->corrupt(kFirstRecord, "the operations before this file are missing");
  return std::optional<Step>();
}

Result<void> LogWalker::enter_previous_generation() {
  const FileHeader header = file_->header();
  offset_ = header.previous_record;
  if (offset_ == 0) return {};
  LogFile file = COWSTORE_TRY(LogFile::open(dir_, header.generation - 1, notes_));
  file_ = std::make_shared<const LogFile>(std::move(file));
  return {};
}

}  // namespace cowstore::refs
