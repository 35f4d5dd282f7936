#include "commit/ingester.hpp"

#include <cerrno>
#include <utility>
#include <vector>

#include "base/try.hpp"
#include "content/content_hasher.hpp"
#include "sys/extents.hpp"
#include "sys/file.hpp"

namespace cowstore::commit {

namespace {

/// A clone and its proof cost some 20 us for each extent, on Btrfs and XFS. With extents below this size on average
/// that is more than to read and hash the file (docs/design/017-fragmented-files.md).
constexpr std::uint64_t kLeastMeanExtent = std::uint64_t{16} << 10;
/// Below some milliseconds the question isn't worth the call that answers it.
constexpr std::uint64_t kFewExtents = 256;
constexpr std::uint64_t kBlockBytes = 4096;
/// What is mapped takes 32 bytes of memory for each.
constexpr std::size_t kMaxExtents = std::size_t{1} << 17;
/// How often a file that changes while it is read is read again, in the hope of a moment of rest.
constexpr int kAttempts = 3;

bool same_state(const sys::Stat& a, const sys::Stat& b) {
  return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime && a.inode == b.inode;
}

bool vanished(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR;
}

bool is_dear_to_clone(const sys::Fd& file, std::uint64_t size, const std::string& path) {
  if (size <= kFewExtents * kBlockBytes) return false;
  const auto extents = sys::count_extents(file, path);
  return extents && *extents > kFewExtents && *extents > size / kLeastMeanExtent;
}

Error changed_kind(const std::string& path) {
  return {ErrorCode::kBusy,       0, "store", path, "it was replaced by something that is no regular file",
          "run the command again"};
}

}  // namespace

Ingester::Ingester(store::Transaction& transaction, chunk::Profile profile, share::Ladder& ladder, Progress* progress)
    : transaction_(transaction), rule_(chunk::rule_of(profile)), ladder_(ladder), progress_(progress) {}

Result<std::optional<Ingested>> Ingester::ingest(const sys::Dir& parent, std::string_view name) {
  auto opened = parent.open_read(name);
  if (!opened && vanished(opened.error())) return std::optional<Ingested>();
  if (!opened && opened.error().sys_errno == ELOOP) return changed_kind(parent.path_of(name));
  if (!opened) return std::move(opened).error();
  sys::Fd file = std::move(*opened);
  std::string path = parent.path_of(name);
  Ingested result;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Written back first: else a store through a mapping that is there already changes content but no time.
    auto written_back = sys::write_back(file, path);
    if (!written_back && written_back.error().sys_errno == ESPIPE) return changed_kind(path);  // a pipe or device
    COWSTORE_TRY(std::move(written_back));
    result.stat = COWSTORE_TRY(sys::stat(file, path));
    if (result.stat.kind != sys::FileKind::kRegular) return changed_kind(path);
    result.file = COWSTORE_TRY(store_content(file, result.stat, path));
    sys::Stat after = COWSTORE_TRY(sys::stat(file, path));
    result.stillness = same_state(result.stat, after) ? Stillness::kStill : Stillness::kMoving;
    if (result.stillness == Stillness::kStill) break;
  }
  files_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(result.file.size, std::memory_order_relaxed);
  if (progress_ != nullptr) progress_->advance(1, 0);
  return std::optional<Ingested>(std::move(result));
}

void Ingester::advance(std::uint64_t bytes) {
  if (progress_ != nullptr) progress_->advance(0, bytes);
}

Result<object::FileRef> Ingester::store_content(const sys::Fd& file, const sys::Stat& stat, const std::string& path) {
  if (stat.size > share::kSmallFileBytes && ladder_.may_clone()) {
    if (is_dear_to_clone(file, stat.size, path)) {
      ladder_.note_reason("some lie on the disk in so many pieces that cloning takes longer than reading");
    } else if (auto cloned = COWSTORE_TRY(store_clone(file, stat, path))) {
      return *cloned;
    }
  }
  auto stored = COWSTORE_TRY(store_chunks(file, stat.size, path));
  ladder_.count_copy(stored.size, stored.size);
  return stored;
}

Result<std::optional<object::FileRef>> Ingester::store_clone(const sys::Fd& file, const sys::Stat& stat,
                                                             const std::string& path) {
  store::StagedLoose staged = COWSTORE_TRY(transaction_.stage_loose());
  if (!COWSTORE_TRY(ladder_.try_clone(file, staged.fd(), stat.size, path))) return std::optional<object::FileRef>();
  std::vector<store::ChunkSpan> spans;
  auto note_span = [&](const ChunkId& id, std::uint64_t offset, ByteView bytes) -> Result<void> {
    spans.push_back({id, offset, static_cast<std::uint32_t>(bytes.size())});
    advance(bytes.size());
    return {};
  };
  sys::Stat frozen = COWSTORE_TRY(sys::stat(staged.fd(), staged.path()));
  auto hashed = COWSTORE_TRY(content::hash_content(file, frozen.size, rule_, transaction_, note_span, path));
  auto original_map = sys::extent_map(file, kMaxExtents, path);
  auto clone_map = sys::extent_map(staged.fd(), kMaxExtents, staged.path());
  bool proven = hashed.size == frozen.size && original_map && clone_map && sys::same_blocks(*original_map, *clone_map);
  if (!proven) {
    spans.clear();
    hashed =
        COWSTORE_TRY(content::hash_content(staged.fd(), frozen.size, rule_, transaction_, note_span, staged.path()));
  }
  if (hashed.size <= share::kSmallFileBytes)
    return std::optional<object::FileRef>();  // shrank meanwhile: a pack's business
  COWSTORE_TRY(transaction_.add_loose(std::move(staged), hashed, spans));
  return std::optional<object::FileRef>(hashed);
}

Result<object::FileRef> Ingester::store_chunks(const sys::Fd& file, std::uint64_t size, const std::string& path) {
  auto put = [this](const ChunkId& id, std::uint64_t, ByteView bytes) -> Result<void> {
    COWSTORE_TRY(transaction_.put_chunk(id, bytes));
    advance(bytes.size());
    return {};
  };
  return content::hash_content(file, size, rule_, transaction_, put, path);
}

}  // namespace cowstore::commit
