// Bringing a file's content into the store: cloned where the file system can, else chunk by chunk.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chunk/chunker.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "share/ladder.hpp"
#include "store/transaction.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::commit {

/// Whether the file kept still while it was stored.
enum class Stillness : std::uint8_t {
  kStill,   ///< size and times were the same before and after: the stat is that of the stored content
  kMoving,  ///< somebody wrote meanwhile: what is stored is what was hashed, but the stat says nothing of it
};

struct Ingested {
  object::FileRef file;
  sys::Stat stat;  ///< taken before the content was read
  Stillness stillness = Stillness::kStill;
};

/// Thread-safe; one for each transaction.
///
/// What is stored is what was hashed (DESIGN 1.3). A clone is made first; the original is hashed through its own, warm
/// page cache; then both synced extent maps must be equal, which proves that the bytes hashed are the clone's. Else the
/// clone is read. Without clones the bytes are read once, and stored from the buffer that was hashed; so are files in
/// so many extents that reading them is cheaper than cloning.
class Ingester {
 public:
  /// Borrows all; `progress` may be null.
  Ingester(store::Transaction& transaction, chunk::Profile profile, share::Ladder& ladder, Progress* progress);

  /// Stores the regular file `parent/name`. Nothing if it vanished. kBusy if something else stands there by now.
  Result<std::optional<Ingested>> ingest(const sys::Dir& parent, std::string_view name);

  [[nodiscard]] std::uint64_t files_hashed() const { return files_.load(); }
  [[nodiscard]] std::uint64_t bytes_hashed() const { return bytes_.load(); }

 private:
  Result<object::FileRef> store_content(const sys::Fd& file, const sys::Stat& stat, const std::string& path);
  Result<std::optional<object::FileRef>> store_clone(const sys::Fd& file, const sys::Stat& stat,
                                                     const std::string& path);
  Result<object::FileRef> store_chunks(const sys::Fd& file, std::uint64_t size, const std::string& path);

  void advance(std::uint64_t bytes);

  store::Transaction& transaction_;
  const chunk::CutRule& rule_;
  share::Ladder& ladder_;
  Progress* progress_;
  std::atomic<std::uint64_t> files_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace cowstore::commit
