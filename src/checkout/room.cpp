#include "checkout/room.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include "base/try.hpp"
#include "object/chunk_list.hpp"
#include "object/named_tree.hpp"
#include "store/object_info.hpp"
#include "sys/system.hpp"

namespace cowstore::checkout {

namespace {

/// "1.5 GiB"
std::string size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

/// The bytes of a file that are no holes.
Result<std::uint64_t> data_bytes(object::NodeSource& source, const object::FileRef& file) {
  std::uint64_t bytes = 0;
  object::ChunkListReader chunks(source, file);
  while (auto run = COWSTORE_TRY(chunks.next())) {
    if (!store::is_implied_zero_chunk(run->chunk.digest())) bytes += run->bytes();
  }
  return bytes;
}

Error no_room(const std::string& path, std::uint64_t needed, std::uint64_t free) {
  return {ErrorCode::kNoSpace,
          0,
          "check out to",
          path,
          "it takes " + size_text(needed) + " by copying, and " + size_text(free) + " are free",
          "free some space, or use a file system with reflinks (Btrfs, XFS), where files share theirs with the store"};
}

}  // namespace

FileLister files_of(object::NodeSource& source, const object::TreeRoots& version) {
  return [&source, version](const FileSink& sink) -> Result<void> {
    std::vector<TreeId> directories;
    if (version.tree) directories.push_back(*version.tree);
    auto take = [&](const object::TreeEntry& entry) -> Result<void> {
      if (entry.kind == object::EntryKind::kDirectory) directories.push_back(entry.tree);
      return object::is_file(entry.kind) ? sink(entry.file) : Result<void>();
    };
    while (!directories.empty()) {
      TreeId next = directories.back();
      directories.pop_back();
      COWSTORE_TRY(object::DirectoryReader(source, next).for_each(take));
    }
    return {};
  };
}

FileLister files_of(const Plan& plan) {
  return [&plan](const FileSink& sink) -> Result<void> {
    for (const Making& making : plan.makings) {
      const Wanted& wanted = *making.wanted;
      if (object::is_file(wanted.kind)) COWSTORE_TRY(sink(wanted.file));
    }
    return {};
  };
}

std::uint64_t bytes_freed_by(const Plan& plan) {
  std::uint64_t bytes = 0;
  for (const Removal& removal : plan.removals) bytes += removal.seen->size;
  for (const Making& making : plan.makings) bytes += making.displaces != nullptr ? making.displaces->size : 0;
  return bytes;
}

Result<void> expect_room(object::NodeSource& source, const sys::Dir& target, const RoomRequest& request) {
  sys::FreeSpace free = COWSTORE_TRY(sys::free_space(target));
  if (!free.exact) return {};
  const std::uint64_t available = free.bytes + request.freed;
  std::uint64_t needed = 0;
  auto add_size = [&](const object::FileRef& file) -> Result<void> {
    needed += file.size;
    return {};
  };
  COWSTORE_TRY(request.files(add_size));
  if (needed <= available || COWSTORE_TRY(request.can_clone())) return {};
  needed = 0;
  auto add_data = [&](const object::FileRef& file) -> Result<void> {
    needed += COWSTORE_TRY(data_bytes(source, file));
    return {};
  };
  COWSTORE_TRY(request.files(add_data));
  if (needed <= available) return {};
  return no_room(request.path, needed, available);
}

}  // namespace cowstore::checkout
