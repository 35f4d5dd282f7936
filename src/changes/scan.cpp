#include "changes/scan.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "changes/directory_scanner.hpp"
#include "changes/failures.hpp"
#include "ignore/rule_chain.hpp"
#include "sys/system.hpp"

namespace cowstore::changes {

namespace {

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

/// After all threads are done: takes out what vanished, and brings stats and known ids up the tree.
void settle(ScannedEntry& entry) {
  ScannedDirectory& directory = *entry.directory;
  entry.stat = directory.stat;
  const std::size_t vanished = std::erase_if(directory.entries, has_vanished);
  if (vanished > 0) {
    directory.known_tree.reset();
    directory.known_attributes.reset();
  }
  for (ScannedEntry& child : directory.entries) {
    if (child.directory == nullptr) continue;
    settle(child);
    forget_what_depends(directory, *child.directory);
  }
}

}  // namespace

Result<Scan> scan(const sys::Dir& root, const sys::Dir& control, const index::StatIndex& index, base::ThreadPool& pool,
                  const ScanOptions& options) {
  auto stamp = take_stamp(control);
  Scan result;
  result.selection = options.paths;
  result.root.kind = object::EntryKind::kDirectory;
  result.root.directory = std::make_unique<ScannedDirectory>();
  DirectoryScanner scanner(root, index, options, stamp ? *stamp : Stamp{}, pool);
  COWSTORE_TRY(scanner.run(result));
  if (result.root.directory == nullptr) {
    return Error{ErrorCode::kNotFound, 0, "scan", root.path(), "the directory is gone", ""};
  }
  settle(result.root);
  return result;
}

}  // namespace cowstore::changes
