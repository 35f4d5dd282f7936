// Reads objects by id from whatever container has them, and verifies them.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "store/block_cache.hpp"
#include "store/containers.hpp"
#include "store/index_view.hpp"
#include "store/store.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

/// Thread-safe. Borrows the directory and the index.
class ObjectReader {
 public:
  ObjectReader(const sys::Dir& store_dir, IndexDir& index, const StoreOptions& options);

  /// Given what an index says of the object, the place for its bytes; or an error, if that can't be what is wanted.
  using Prepare = std::function<Result<std::span<std::uint8_t>>(const Location&)>;

  /// Tries every place that a segment names; if none has the right bytes, once more with the list of segments and the
  /// containers opened anew.
  Result<void> read(const Digest& id, const Prepare& prepare);

  /// The first place of each chunk only, all verified together; gives the numbers of those that aren't right, or not
  /// as long as asked for: read() tells why, or finds them elsewhere.
  std::vector<std::size_t> try_chunks(std::span<const ChunkRead> reads);

 private:
  std::vector<bool> fetch(std::span<const ChunkRead> reads);
  Result<void> try_places(const Digest& id, const Prepare& prepare);
  Result<void> read_place(const FoundObject& found, const Digest& id, const Prepare& prepare);
  Result<void> read_bytes(const FoundObject& found, std::span<std::uint8_t> out);
  Result<void> read_packed(const Digest& pack, const Location& location, std::span<std::uint8_t> out);
  Result<void> read_loose(const ContainerRecord& record, const Location& location, std::span<std::uint8_t> out);
  const sys::Dir& store_dir_;
  IndexDir& index_;
  OpenContainers containers_;
  BlockCache blocks_;
};

}  // namespace cowstore::store
