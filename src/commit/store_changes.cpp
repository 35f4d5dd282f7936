#include "commit/store_changes.hpp"

#include <algorithm>
#include <mutex>

#include "base/name_list.hpp"
#include "base/try.hpp"

namespace cowstore::commit {

namespace {

using changes::ScannedDirectory;
using changes::ScannedEntry;

/// Files of one directory that one task stores one after the other, through one descriptor of the directory.
struct Batch {
  ScannedDirectory* directory = nullptr;
  std::vector<ScannedEntry*> files;
  std::uint64_t bytes = 0;
};

constexpr std::size_t kBatchFiles = 128;
constexpr std::uint64_t kBatchBytes = std::uint64_t{8} << 20;

bool is_unknown_file(const ScannedEntry& entry) {
  return object::is_file(entry.kind) && entry.state == ScannedEntry::State::kUnknown;
}

bool has_unknown(const ScannedDirectory& directory) {
  return std::any_of(directory.entries.begin(), directory.entries.end(), [](const ScannedEntry& entry) {
    return entry.directory ? has_unknown(*entry.directory) : is_unknown_file(entry);
  });
}

void collect(ScannedDirectory& directory, std::vector<Batch>& batches) {
  Batch batch{&directory, {}, 0};
  auto flush = [&] {
    if (!batch.files.empty()) batches.push_back(std::exchange(batch, Batch{&directory, {}, 0}));
  };
  for (ScannedEntry& entry : directory.entries) {
    if (entry.directory) collect(*entry.directory, batches);
    if (!is_unknown_file(entry)) continue;
    batch.files.push_back(&entry);
    batch.bytes += entry.stat.size;
    if (batch.files.size() >= kBatchFiles || batch.bytes >= kBatchBytes) flush();
  }
  flush();
}

bool unreadable(const Error& error) {
  return error.sys_errno == EACCES || error.sys_errno == EPERM;
}

class ChangeStorer {
 public:
  ChangeStorer(const sys::Dir& root, Ingester& ingester) : root_(root), ingester_(ingester) {}

  Result<void> store(const Batch& batch) {
    auto parent = root_.open_dir(batch.directory->path.empty() ? "." : batch.directory->path);
    if (!parent && parent.error().code == ErrorCode::kNotFound) {
      for (ScannedEntry* entry : batch.files) note_vanished(*batch.directory, *entry);
      return {};
    }
    if (!parent) return std::move(parent).error();
    for (ScannedEntry* entry : batch.files) COWSTORE_TRY(store(*parent, *batch.directory, *entry));
    return {};
  }

  Result<void> outcome() const {
    if (unreadable_.empty()) return {};
    Error error;
    error.code = ErrorCode::kIo;
    error.sys_errno = unreadable_errno_;
    error.operation = "read";
    error.path = base::name_list(unreadable_);
    error.hint = "make them readable, or leave them out with .cowignore";
    return error;
  }

  StoredChanges result;

 private:
  static std::string path_of(const ScannedDirectory& directory, const ScannedEntry& entry) {
    return directory.path.empty() ? entry.name : directory.path + "/" + entry.name;
  }

  Result<void> store(const sys::Dir& parent, const ScannedDirectory& directory, ScannedEntry& entry) {
    auto ingested = ingester_.ingest(parent, entry.name);
    if (!ingested && unreadable(ingested.error())) {
      std::lock_guard lock(mutex_);
      unreadable_errno_ = ingested.error().sys_errno;
      unreadable_.push_back(path_of(directory, entry));
      return {};
    }
    if (!ingested) return std::move(ingested).error();
    if (*ingested) {
      note(directory, entry, **ingested);
    } else {
      note_vanished(directory, entry);
    }
    return {};
  }

  void note_vanished(const ScannedDirectory& directory, const ScannedEntry& entry) {
    std::lock_guard lock(mutex_);
    result.vanished.push_back(path_of(directory, entry));
  }

  void note(const ScannedDirectory& directory, ScannedEntry& entry, const Ingested& ingested) {
    entry.set_content(ingested.file, ingested.stat, directory.stamp);
    if (ingested.stillness == Stillness::kStill) return;
    entry.proof = index::Proof::kUnproven;
    std::lock_guard lock(mutex_);
    result.moving.push_back(path_of(directory, entry));
  }

  const sys::Dir& root_;
  Ingester& ingester_;
  std::mutex mutex_;
  std::vector<std::string> unreadable_;
  int unreadable_errno_ = 0;
};

}  // namespace

bool has_unknown(const changes::Scan& scan) {
  return has_unknown(scan.directory());
}

Result<StoredChanges> store_unknown(changes::Scan& scan, const sys::Dir& root, Ingester& ingester,
                                    base::ThreadPool& pool, Progress* progress) {
  std::vector<Batch> batches;
  collect(scan.directory(), batches);
  // The largest first, so that none of them is what everybody waits for in the end.
  std::stable_sort(batches.begin(), batches.end(), [](const Batch& a, const Batch& b) { return a.bytes > b.bytes; });
  if (progress != nullptr) {
    std::uint64_t files = 0, bytes = 0;
    for (const Batch& batch : batches) files += batch.files.size(), bytes += batch.bytes;
    progress->begin("storing", files, bytes);
  }
  ChangeStorer storer(root, ingester);
  base::TaskGroup group(pool);
  for (const Batch& batch : batches) group.add_bounded([&storer, &batch] { return storer.store(batch); });
  COWSTORE_TRY(group.wait());
  COWSTORE_TRY(storer.outcome());
  for (const std::string& path : storer.result.vanished) changes::remove_entry(scan, path);
  return std::move(storer.result);
}

Result<bool> forget_unstored(changes::Scan& scan, const std::vector<changes::Change>& changes,
                             store::Transaction& transaction) {
  bool any = false;
  for (const changes::Change& change : changes) {
    if (change.now == nullptr || !object::is_file(change.now->kind)) continue;
    const object::FileRef& file = change.now->file;
    bool needs_nothing = file.size == 0 || store::is_implied_zero_chunk(file.id.digest());
    if (needs_nothing || COWSTORE_TRY(transaction.knows(file.id.digest()))) continue;
    scan.find(change.path)->state = ScannedEntry::State::kUnknown;
    any = true;
  }
  return any;
}

}  // namespace cowstore::commit
