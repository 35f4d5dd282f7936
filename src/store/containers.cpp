#include "store/containers.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

bool same_size_and_mtime(const sys::Stat& seen, const ContainerRecord& record) {
  return seen.kind == sys::FileKind::kRegular && seen.size == record.size && seen.mtime == record.mtime;
}

bool is_same(const sys::Stat& a, const sys::Stat& b) {
  return a.kind == b.kind && a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime && a.inode == b.inode;
}

LooseFile in_state(LooseState state) {
  LooseFile file;
  file.state = state;
  return file;
}

}  // namespace

Result<std::shared_ptr<const PackReader>> OpenContainers::pack(const Digest& name) {
  {
    std::lock_guard lock(mutex_);
    if (auto* known = packs_.get(name)) return *known;
  }
  auto reader = std::make_shared<const PackReader>(COWSTORE_TRY(PackReader::open(store_dir_, name)));
  std::lock_guard lock(mutex_);
  packs_.put(name, reader, 1);
  return reader;
}

Result<std::shared_ptr<const sys::Fd>> OpenContainers::loose(const ContainerRecord& record) {
  {
    std::lock_guard lock(mutex_);
    if (auto* known = loose_.get(record.name)) return *known;
  }
  auto fd = std::make_shared<const sys::Fd>(COWSTORE_TRY(store_dir_.open_read(record.path())));
  std::lock_guard lock(mutex_);
  loose_.put(record.name, fd, 1);
  return fd;
}

void OpenContainers::forget(const Digest& name) {
  std::lock_guard lock(mutex_);
  packs_.erase(name);
  loose_.erase(name);
}

Result<bool> UsableContainers::usable(const IndexView& view, const FoundObject& found) {
  auto record = found.segment->container(found.location.container);
  if (!record) return false;
  {
    std::lock_guard lock(mutex_);
    auto known = known_.find(record->name);
    if (known != known_.end()) return known->second;
  }
  bool usable = COWSTORE_TRY(look(view, *record));
  std::lock_guard lock(mutex_);
  known_.emplace(record->name, usable);
  return usable;
}

Result<bool> UsableContainers::look(const IndexView& view, const ContainerRecord& record) const {
  auto seen = store_dir_.stat(record.path());
  if (!seen && seen.error().code == ErrorCode::kNotFound) return false;
  if (!seen) return std::move(seen).error();
  if (record.kind == ContainerKind::kPack) return seen->kind == sys::FileKind::kRegular;
  auto records = view.find_container(record.kind, record.name);
  return std::any_of(records.begin(), records.end(),
                     [&](const ContainerRecord& one) { return same_size_and_mtime(*seen, one); });
}

void UsableContainers::clear() {
  std::lock_guard lock(mutex_);
  known_.clear();
}

void VouchedFiles::add(const object::FileRef& file, const sys::Stat& seen) {
  std::lock_guard lock(mutex_);
  known_[file.id.digest()] = seen;
  new_.emplace_back(file, seen);
}

bool VouchedFiles::has(const FileId& id, const sys::Stat& seen) const {
  std::lock_guard lock(mutex_);
  auto found = known_.find(id.digest());
  return found != known_.end() && is_same(found->second, seen);
}

std::vector<std::pair<object::FileRef, sys::Stat>> VouchedFiles::take_new() {
  std::lock_guard lock(mutex_);
  return std::exchange(new_, {});
}

bool agrees(const sys::Stat& seen, const ContainerRecord& record) {
  return same_size_and_mtime(seen, record) && seen.inode == record.inode;
}

Result<LooseFile> open_loose_file(const sys::Dir& store_dir, const IndexView& view, const FileId& id) {
  auto records = view.find_container(ContainerKind::kLoose, id.digest());
  if (records.empty()) return in_state(LooseState::kUnlisted);
  std::string path = records.front().path();
  auto fd = store_dir.open_read(path);
  if (!fd && fd.error().code == ErrorCode::kNotFound) return in_state(LooseState::kMissing);
  if (!fd) return std::move(fd).error();
  sys::Stat seen = COWSTORE_TRY(sys::stat(*fd, store_dir.path_of(path)));
  bool intact =
      std::any_of(records.begin(), records.end(), [&](const ContainerRecord& one) { return agrees(seen, one); });
  return LooseFile{intact ? LooseState::kIntact : LooseState::kAltered, std::move(*fd), seen.size, seen};
}

}  // namespace cowstore::store
