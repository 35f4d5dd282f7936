#include "store/loose_placer.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/try.hpp"

namespace cowstore::store {

namespace {

/// Somebody's file has the name, or the file system can't rename in this way: both are for publish() to settle.
bool is_for_later(const Error& error) {
  return error.sys_errno == EEXIST || error.sys_errno == EINVAL || error.sys_errno == ENOSYS;
}

}  // namespace

Result<sys::Dir> open_loose_directory(const sys::Dir& loose, const Digest& name) {
  const std::string prefix = name.hex().substr(0, 2);
  auto made = loose.make_dir(prefix, 0777);
  if (!made && made.error().sys_errno != EEXIST) return std::move(made).error();
  return loose.open_dir(prefix);
}

void LoosePlacer::begin(std::vector<NewContainer> containers) {
  containers_ = std::move(containers);
  std::sort(containers_.begin(), containers_.end(),
            [](const NewContainer& a, const NewContainer& b) { return a.record.name < b.record.name; });
  try {
    outcome_ = std::async(std::launch::async, [this] { return run(); });
  } catch (const std::system_error&) {
    // No thread: all stay staged, and publish() moves them.
  }
}

Result<std::vector<NewContainer>> LoosePlacer::finish() {
  if (outcome_.valid()) COWSTORE_TRY(outcome_.get());
  return std::exchange(containers_, {});
}

Result<void> LoosePlacer::run() {
  const sys::Dir loose = COWSTORE_TRY(store_dir_.open_dir("loose"));
  std::optional<sys::Dir> directory;
  const NewContainer* before = nullptr;
  for (NewContainer& container : containers_) {
    if (container.staged.empty()) continue;
    // They are sorted: those of one directory follow each other.
    const bool same = before != nullptr && before->record.name.bytes[0] == container.record.name.bytes[0];
    if (!same) directory = COWSTORE_TRY(open_loose_directory(loose, container.record.name));
    COWSTORE_TRY(move(container, *directory));
    before = &container;
  }
  // The descriptor was opened before anything was written, so no failed write escapes it.
  return session_.dir().sync_all();
}

/// Never over an occupant, which may be somebody's published file.
Result<void> LoosePlacer::move(NewContainer& container, const sys::Dir& directory) const {
  auto moved = session_.dir().rename(container.staged, directory, container.record.name.hex().substr(2),
                                     sys::RenameMode::kNoReplace);
  if (!moved && is_for_later(moved.error())) return {};
  COWSTORE_TRY(std::move(moved));
  container.staged.clear();
  return {};
}

}  // namespace cowstore::store
