#include "commit/store_changes.hpp"

#include <algorithm>
#include <mutex>

#include "base/try.hpp"
#include "changes/unreadable.hpp"

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

/// The file itself is at fault, not the store that it was to go to.
bool is_unreadable(const Error& error, const std::string& path) {
  return changes::is_unreadable(error) && error.path == path;
}

class ChangeStorer {
 public:
  ChangeStorer(const sys::Dir& root, Ingester& ingester) : root_(root), ingester_(ingester) {}

  Result<void> store(const Batch& batch) {
    auto parent = root_.open_dir(batch.directory->path.empty() ? "." : batch.directory->path);
    if (!parent && parent.error().code == ErrorCode::kNotFound) {
      std::lock_guard lock(mutex_);
      result.places = StoredChanges::Places::kMoved;
      return {};
    }
    if (!parent && changes::is_unreadable(parent.error())) {
      for (ScannedEntry* entry : batch.files) keep(*batch.directory, *entry, parent.error().sys_errno);
      return {};
    }
    if (!parent) return std::move(parent).error();
    for (ScannedEntry* entry : batch.files) COWSTORE_TRY(store(*parent, *batch.directory, *entry));
    return {};
  }

  StoredChanges result;
  std::vector<changes::Skipped> unreadable;

 private:
  static std::string path_of(const ScannedDirectory& directory, const ScannedEntry& entry) {
    return directory.path.empty() ? entry.name : directory.path + "/" + entry.name;
  }

  Result<void> store(const sys::Dir& parent, const ScannedDirectory& directory, ScannedEntry& entry) {
    auto ingested = ingester_.ingest(parent, entry.name);
    if (!ingested && is_unreadable(ingested.error(), parent.path_of(entry.name))) {
      keep(directory, entry, ingested.error().sys_errno);
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

  void keep(const ScannedDirectory& directory, ScannedEntry& entry, int sys_errno) {
    entry.state = ScannedEntry::State::kKept;
    std::lock_guard lock(mutex_);
    unreadable.push_back({path_of(directory, entry), changes::SkipReason::kUnreadable, sys_errno});
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
  std::mutex mutex_;  ///< guards what is public
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
  if (!storer.unreadable.empty()) scan.add_skipped(std::move(storer.unreadable));
  StoredChanges& result = storer.result;
  for (const std::string& path : result.vanished) {
    if (root.exists(path)) result.places = StoredChanges::Places::kMoved;  // out of the way for a moment only
  }
  changes::remove_entries(scan, result.vanished);
  return std::move(result);
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
