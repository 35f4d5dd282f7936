#include "changes/scan.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "changes/directory_scanner.hpp"
#include "changes/failures.hpp"
#include "changes/link_groups.hpp"
#include "changes/path_text.hpp"
#include "ignore/rule_chain.hpp"
#include "sys/system.hpp"

namespace cowstore::changes {

namespace {

constexpr int kAttempts = 4;

/// The stamp is taken before anything is looked at: a write from then on leaves a time of at least it.
Result<Stamp> take_stamp(const sys::Dir& control) {
  const sys::Stat self = COWSTORE_TRY(control.stat_self());
  const Timestamp now = COWSTORE_TRY(sys::file_system_now(control));
  return Stamp{self.device, now};
}

/// Directories whose content isn't known make that of those above them unknown, too.
void forget_what_depends(ScannedDirectory& directory, const ScannedDirectory& child) {
  if (!child.known_tree) directory.known_tree.reset();
  if (!child.known_attributes) directory.known_attributes.reset();
}

bool has_vanished(const ScannedEntry& entry) {
  return entry.kind == object::EntryKind::kDirectory && entry.directory == nullptr;
}

/// Whether the directory in which something was listed is still where it was, and the thing itself is not.
bool is_really_gone(const Scan& scan, const sys::Dir& root, std::string_view path) {
  const ScannedEntry* above = scan.find(parent_path(path));
  if (above == nullptr || above->directory == nullptr) return true;  // gone as well, which is looked at by itself
  auto now = above->directory->path.empty() ? root.stat_self() : root.stat(above->directory->path);
  if (!now || now->kind != sys::FileKind::kDirectory || now->inode != above->directory->stat.inode) return false;
  auto there = root.stat(path);
  return !there && there.error().code == ErrorCode::kNotFound;
}

/// After all threads are done: takes out what vanished, and brings stats and known ids up the tree.
void settle(ScannedEntry& entry) {
  ScannedDirectory& directory = *entry.directory;
  entry.stat = directory.stat;
  const std::size_t vanished = std::erase_if(directory.entries, has_vanished);
  if (vanished > 0) {
    directory.listing = index::Listing::kUnknown;
    directory.known_tree.reset();
    directory.known_attributes.reset();
  }
  for (ScannedEntry& child : directory.entries) {
    if (child.directory == nullptr) continue;
    settle(child);
    forget_what_depends(directory, *child.directory);
  }
}

/// Nothing if what vanished while it was looked at is there after all, or was moved with what is above it.
Result<std::optional<Scan>> try_to_scan(const sys::Dir& root, const index::StatIndex& index, const Stamp& stamp,
                                        base::ThreadPool& pool, const ScanOptions& options) {
  Scan result;
  result.selection = options.paths;
  result.attributes = options.attributes;
  if (options.attributes == store::AttributesPolicy::kFull) result.privileges = sys::privileges();
  result.root.kind = object::EntryKind::kDirectory;
  result.root.directory = std::make_unique<ScannedDirectory>();
  DirectoryScanner scanner(root, index, options, stamp, pool);
  COWSTORE_TRY(scanner.run(result));
  if (result.root.directory == nullptr) {
    return Error{ErrorCode::kNotFound, 0, "scan", root.path(), "the directory is gone", ""};
  }
  const auto& vanished = scanner.vanished();
  const bool steady = std::all_of(vanished.begin(), vanished.end(),
                                  [&](const std::string& path) { return is_really_gone(result, root, path); });
  if (!steady) return std::optional<Scan>();
  settle(result.root);
  if (options.attributes == store::AttributesPolicy::kFull) number_links(result);
  return std::optional<Scan>(std::move(result));
}

}  // namespace

Result<Scan> scan(const sys::Dir& root, const sys::Dir& control, const index::StatIndex& index, base::ThreadPool& pool,
                  const ScanOptions& options) {
  const auto stamp = take_stamp(control);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto scanned = COWSTORE_TRY(try_to_scan(root, index, stamp ? *stamp : Stamp{}, pool, options));
    if (scanned) return std::move(*scanned);
  }
  return Error{ErrorCode::kBusy,
               0,
               "scan",
               root.path(),
               "its directories keep being moved or replaced meanwhile",
               "run the command again when nobody moves them"};
}

}  // namespace cowstore::changes
