// The container files: kept open for reading, looked at for whether they are there and as recorded.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "store/index_view.hpp"
#include "store/lru_cache.hpp"
#include "store/object_info.hpp"
#include "store/pack_reader.hpp"
#include "store/store.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"
#include "sys/stat.hpp"

namespace cowstore::store {

/// Thread-safe. The containers used last, open; the store's directory must outlive it.
class OpenContainers {
 public:
  OpenContainers(const sys::Dir& store_dir, std::size_t limit)
      : store_dir_(store_dir), packs_(limit / 2 + 1), loose_(limit / 2 + 1) {}

  Result<std::shared_ptr<const PackReader>> pack(const Digest& name);
  Result<std::shared_ptr<const sys::Fd>> loose(const ContainerRecord& record);
  /// So that the next read opens it anew: it may have been replaced by a good one.
  void forget(const Digest& name);

 private:
  const sys::Dir& store_dir_;
  std::mutex mutex_;
  LruCache<Digest, std::shared_ptr<const PackReader>, DigestHash> packs_;
  LruCache<Digest, std::shared_ptr<const sys::Fd>, DigestHash> loose_;
};

/// Remembers which containers count for deduplication: those that are there, and if loose have a recorded size and
/// mtime. (The inode may differ, as after a copy of the whole store; what is read is verified anyway.) Thread-safe.
/// To be kept no longer than gc is known to leave containers alone.
class UsableContainers {
 public:
  explicit UsableContainers(const sys::Dir& store_dir) : store_dir_(store_dir) {}
  Result<bool> usable(const IndexView& view, const FoundObject& found);
  void clear();

 private:
  Result<bool> look(const IndexView& view, const ContainerRecord& record) const;
  const sys::Dir& store_dir_;
  std::mutex mutex_;
  std::unordered_map<Digest, bool, DigestHash> known_;  ///< names of packs and of loose files never collide
};

/// Loose files that are not as recorded but whose content was found right: as they were then. Thread-safe.
class VouchedFiles {
 public:
  void add(const object::FileRef& file, const sys::Stat& seen);
  [[nodiscard]] bool has(const FileId& id, const sys::Stat& seen) const;
  /// Those that were added since the last call.
  std::vector<std::pair<object::FileRef, sys::Stat>> take_new();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<Digest, sys::Stat, DigestHash> known_;
  std::vector<std::pair<object::FileRef, sys::Stat>> new_;
};

/// Whether size, mtime and inode are as recorded.
bool agrees(const sys::Stat& seen, const ContainerRecord& record);
/// See Store::open_loose().
Result<LooseFile> open_loose_file(const sys::Dir& store_dir, const IndexView& view, const FileId& id);

}  // namespace cowstore::store
