// A store directory: reading of what is in it, and the way to write to it.
//
// Readers take no lock. What they need may be merged into another segment, or moved to another container, while they
// look: a read whose container vanished, or that misses its object, loads the list of segments anew and tries once
// more.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "store/config.hpp"
#include "store/object_info.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"
#include "sys/stat.hpp"

namespace cowstore::store {

class IndexView;
class PackReader;
class Transaction;
struct StoreParts;

struct StoreOptions {
  std::size_t block_cache_bytes = std::size_t{16} << 20;  ///< decompressed blocks of packs
  std::size_t node_cache_bytes = std::size_t{8} << 20;
  std::size_t open_containers = 128;                     ///< descriptors kept
  int compression_level = 1;                             ///< zstd's
  std::uint32_t block_bytes = std::uint32_t{128} << 10;  ///< raw bytes of a block of many objects
  std::uint64_t pack_bytes = std::uint64_t{512} << 20;   ///< a pack that reaches it is ended
};

/// Whether a loose file may be cloned from.
enum class LooseState : std::uint8_t {
  kIntact,    ///< size, mtime and inode are as recorded
  kUnlisted,  ///< no segment lists it, whatever lies under its name
  kMissing,   ///< listed, but there is no such file
  kAltered,   ///< listed, but somebody changed, replaced or copied the file: no source until it was vouched for
};

struct LooseFile {
  LooseState state = LooseState::kUnlisted;
  sys::Fd fd;              ///< open for reading; valid if intact or altered
  std::uint64_t size = 0;  ///< bytes
  sys::Stat seen;          ///< as it was when it was opened
};

/// A chunk that is wanted, and where its bytes shall be: a place as long as the chunk.
struct ChunkRead {
  ChunkId id;
  std::span<std::uint8_t> out;
};

/// Thread-safe. Made by open() and kept by shared_ptr, since transactions keep their store.
class Store final : public object::NodeSource, public std::enable_shared_from_this<Store> {
 public:
  /// Makes `parent/name`, which must not exist (kConflict). It appears whole and durable, or not at all.
  /// kUnsupported, with the reason, where flock, fsync or mmap don't work as a store needs them.
  static Result<void> create(const sys::Dir& parent, std::string_view name, const StoreConfig& config);
  /// The same in an empty directory that is there already (a subvolume). It is a store as soon as it has its config,
  /// which comes last. After a failure the directory may hold a part.
  static Result<void> initialize(const sys::Dir& empty, const StoreConfig& config);
  /// Writes nothing, so a store on a read-only file system is fine. kNotFound if it isn't a store; kUnsupported for a
  /// newer one. A damaged segment doesn't keep a store from being opened: what can't be found because of it is
  /// reported as kCorrupt when it is read.
  static Result<std::shared_ptr<Store>> open(sys::Dir dir, const StoreOptions& options = {});
  ~Store() override;

  [[nodiscard]] const StoreConfig& config() const;
  [[nodiscard]] const sys::Dir& dir() const;
  [[nodiscard]] const StoreOptions& options() const;

  /// Verified against its id; kNotFound, or kCorrupt with container and offset. Nodes are cached.
  Result<object::NodeBytes> read_node(object::NodeKind kind, const Digest& id) override;
  /// Fills `out`, whose size is the chunk's length (another length is kCorrupt), with verified bytes.
  Result<void> read_chunk(const ChunkId& id, std::span<std::uint8_t> out);
  /// The same for several, which are verified together: faster than one after the other. Chunks that were stored one
  /// after the other are best given so, with neighbouring places.
  Result<void> read_chunks(std::span<const ChunkRead> reads);

  /// Whether a segment lists it in a container that is there. The bytes are not read. The answer is as of the last
  /// load of segments and the last look at the container: refresh() makes both new.
  Result<bool> contains(const Digest& id);
  /// Kind and length as a segment tells them.
  Result<std::optional<ObjectInfo>> info(const Digest& id);
  /// Objects whose id begins with the digits, sorted, each once, at most `limit`. `hex` is lower case, up to 64 digits;
  /// anything else is kUsage. With a kind, only of that kind.
  Result<std::vector<ObjectInfo>> find_prefix(std::string_view hex, std::optional<ObjectKind> kind, std::size_t limit);
  /// A file's content as something to clone from. Not read: size, mtime and inode are trusted.
  Result<LooseFile> open_loose(const FileId& id);
  /// The content of an altered loose file is right after all, as in a store that was copied, where all inodes are new.
  /// `seen` is from before it was read. For as long as it stays as it was then, open_loose() calls it intact.
  void vouch(const object::FileRef& file, const sys::Stat& seen);
  /// Publishes what was vouched for, so that nobody has to read it again. Nothing to do is fine.
  Result<void> record_vouched();

  /// Begins to write: makes tmp/<session>/, and removes what crashed sessions left. Refreshes. See transaction.hpp.
  Result<std::unique_ptr<Transaction>> begin();

  /// Looks for segments that others published. Reads do it by themselves when they miss something.
  Result<void> refresh();
  /// The live segments of this moment: for fsck and gc, which walk them.
  [[nodiscard]] std::shared_ptr<const IndexView> view() const;
  Result<PackReader> open_pack(const Digest& name) const;

 private:
  explicit Store(std::unique_ptr<StoreParts> parts);
  std::unique_ptr<StoreParts> parts_;
};

}  // namespace cowstore::store
