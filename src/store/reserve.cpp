#include "store/reserve.hpp"

#include <cerrno>
#include <string>

#include "base/try.hpp"
#include "sys/file.hpp"
#include "sys/system.hpp"

namespace cowstore::store {

namespace {

constexpr std::string_view kDirectory = "reserve";
constexpr std::uint64_t kStatUnit = 512;

/// Whether the file is there, with its space: a copy of a store may have made holes of it.
bool holds_space(const sys::Dir& reserve, const std::string& name) {
  auto seen = reserve.stat(name);
  return seen && seen->blocks * kStatUnit >= kReserveFileBytes;
}

Result<void> make_file(const sys::Dir& reserve, const std::string& name, std::uint64_t bytes) {
  COWSTORE_TRY(reserve.remove_tree(name));
  auto file = reserve.create_new(name, 0600);
  if (!file && file.error().sys_errno == EEXIST) return {};  // another process is making it
  if (!file) return std::move(file).error();
  auto held = sys::allocate(*file, bytes, reserve.path_of(name));
  if (!held) (void)reserve.unlink(name);
  return held;
}

}  // namespace

// Made from the first to the last, and given up the other way round: where the last one is, all are.

Result<bool> release_reserve(const sys::Dir& store_dir) {
  auto reserve = store_dir.open_dir(kDirectory);
  if (!reserve && reserve.error().code == ErrorCode::kNotFound) return false;
  if (!reserve) return std::move(reserve).error();
  bool released = false;
  for (int i = kReserveFiles; i-- > 0;) {
    auto removed = reserve->unlink(std::to_string(i));
    if (!removed && removed.error().code != ErrorCode::kNotFound) return std::move(removed).error();
    released = released || removed.ok();
  }
  if (released) COWSTORE_TRY(store_dir.sync_all());
  return released;
}

Result<void> replenish_reserve(const sys::Dir& store_dir) {
  if (holds_space(store_dir, std::string(kDirectory) + "/" + std::to_string(kReserveFiles - 1))) return {};
  COWSTORE_TRY(store_dir.make_dirs(kDirectory, 0777));
  sys::Dir reserve = COWSTORE_TRY(store_dir.open_dir(kDirectory));
  // Btrfs is the one that has no fixed number of inodes.
  bool on_btrfs = !COWSTORE_TRY(sys::free_space(reserve)).files;
  std::uint64_t bytes = on_btrfs ? kReserveFileBytesOnBtrfs : kReserveFileBytes;
  for (int i = 0; i < kReserveFiles; ++i) {
    std::string name = std::to_string(i);
    if (!holds_space(reserve, name)) COWSTORE_TRY(make_file(reserve, name, bytes));
  }
  return {};
}

}  // namespace cowstore::store
