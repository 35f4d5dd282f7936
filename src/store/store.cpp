#include "store/store.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "store/layout.hpp"
#include "store/located.hpp"
#include "store/pack_reader.hpp"
#include "store/prefix.hpp"
#include "store/store_parts.hpp"
#include "store/transaction_state.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::store {

namespace {

ObjectInfo info_of(const Digest& id, const Location& location) {
  return {id, location.kind, location.length};
}

/// What a node costs beside its bytes, roughly.
constexpr std::size_t kNodeOverhead = 160;

}  // namespace

Result<void> Store::create(const sys::Dir& parent, std::string_view name, const StoreConfig& config) {
  std::string staging = "." + std::string(name) + ".new-" + sys::unique_name();
  auto make = [&]() -> Result<void> {
    // Of its own, so that snapshots of the working copy around it don't carry it.
    COWSTORE_TRY(sys::make_subvolume_or_dir(parent, staging));
    sys::Dir directory = COWSTORE_TRY(parent.open_dir(staging));
    COWSTORE_TRY(initialize(directory, config));
    return parent.rename(staging, parent, name, sys::RenameMode::kNoReplace);
  };
  auto made = make();
  if (made) return parent.sync();
  (void)parent.remove_tree(staging);
  return made;
}

Result<void> Store::initialize(const sys::Dir& empty, const StoreConfig& config) {
  COWSTORE_TRY(probe_file_system(empty));
  return make_store(empty, config);
}

Result<std::shared_ptr<Store>> Store::open(sys::Dir dir, const StoreOptions& options) {
  COWSTORE_TRY(hash::self_check());
  StoreConfig config = COWSTORE_TRY(read_config(dir));
  sys::Dir index_dir = COWSTORE_TRY(dir.open_dir("index"));
  auto index = COWSTORE_TRY(IndexDir::open(std::move(index_dir)));
  auto parts = std::make_unique<StoreParts>(std::move(dir), config, options, std::move(index));
  return std::shared_ptr<Store>(new Store(std::move(parts)));
}

Store::Store(std::unique_ptr<StoreParts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

const StoreConfig& Store::config() const {
  return parts_->config;
}

const sys::Dir& Store::dir() const {
  return parts_->dir;
}

const StoreOptions& Store::options() const {
  return parts_->options;
}

Result<object::NodeBytes> Store::read_node(object::NodeKind kind, const Digest& id) {
  {
    std::lock_guard lock(parts_->nodes_mutex);
    const CachedNode* known = parts_->nodes.get(id);
    if (known != nullptr && known->kind == kind) return known->bytes;
  }
  auto bytes = std::make_shared<Bytes>();
  COWSTORE_TRY(parts_->reader.read(id, [&](const Location& location) -> Result<std::span<std::uint8_t>> {
    if (location.kind != object_kind(kind)) {
      return corrupt("the index says that " + id.hex() + " is a " + to_string(location.kind) + ", not a " +
                     object::to_string(kind));
    }
    bytes->resize(location.length);
    return std::span<std::uint8_t>(*bytes);
  }));
  std::lock_guard lock(parts_->nodes_mutex);
  parts_->nodes.put(id, {kind, bytes}, bytes->size() + kNodeOverhead);
  return object::NodeBytes(std::move(bytes));
}

Result<void> Store::read_chunk(const ChunkId& id, std::span<std::uint8_t> out) {
  auto expect_length = [&](std::uint32_t length) -> Result<void> {
    if (length == out.size()) return {};
    return corrupt("the chunk " + id.hex() + " has " + std::to_string(length) + " bytes, not " +
                   std::to_string(out.size()));
  };
  if (std::uint32_t zeros = implied_zero_chunk_length(id.digest()); zeros != 0) {
    COWSTORE_TRY(expect_length(zeros));
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    return {};
  }
  return parts_->reader.read(id.digest(), [&](const Location& location) -> Result<std::span<std::uint8_t>> {
    COWSTORE_TRY(expect_length(location.length));
    return out;
  });
}

Result<void> Store::read_chunks(std::span<const ChunkRead> reads) {
  for (std::size_t i : parts_->reader.try_chunks(reads)) COWSTORE_TRY(read_chunk(reads[i].id, reads[i].out));
  return {};
}

Result<bool> Store::contains(const Digest& id) {
  if (is_implied_zero_chunk(id)) return true;
  auto view = parts_->index->view();
  auto found = view->find_first(id);
  if (!found) return false;
  if (COWSTORE_TRY(parts_->usable.usable(*view, *found))) return true;
  for (const FoundObject& place : view->find_all(id).places) {
    if (COWSTORE_TRY(parts_->usable.usable(*view, place))) return true;
  }
  return false;
}

Result<std::optional<ObjectInfo>> Store::info(const Digest& id) {
  if (std::uint32_t zeros = implied_zero_chunk_length(id); zeros != 0) {
    return std::optional(ObjectInfo{id, ObjectKind::kChunk, zeros});
  }
  auto found = parts_->index->view()->find_first(id);
  if (!found && COWSTORE_TRY(parts_->index->reload())) found = parts_->index->view()->find_first(id);
  if (!found) return std::optional<ObjectInfo>();
  return std::optional(info_of(id, found->location));
}

Result<std::vector<ObjectInfo>> Store::find_prefix(std::string_view hex, std::optional<ObjectKind> kind,
                                                   std::size_t limit) {
  auto range = IdRange::of_prefix(hex);
  if (!range) {
    return Error{ErrorCode::kUsage, 0, "look up", std::string(hex), "an id is at most 64 digits, 0-9 and a-f", ""};
  }
  auto found = find_in_range(*parts_->index->view(), *range, kind, limit);
  if (!found.empty() || !COWSTORE_TRY(parts_->index->reload())) return found;
  return find_in_range(*parts_->index->view(), *range, kind, limit);
}

Result<LooseFile> Store::open_loose(const FileId& id) {
  auto file = parts_->open_loose(id);
  // Most files aren't loose; who asks has read a reference to this one, and with it the segment that lists it.
  bool settled = !file || file->state == LooseState::kIntact || file->state == LooseState::kUnlisted;
  if (settled || !COWSTORE_TRY(parts_->index->reload())) return file;
  return parts_->open_loose(id);
}

Result<LooseFile> StoreParts::open_loose(const FileId& id) const {
  LooseFile file = COWSTORE_TRY(open_loose_file(dir, *index->view(), id));
  if (file.state == LooseState::kAltered && vouched.has(id, file.seen)) file.state = LooseState::kIntact;
  return file;
}

void Store::vouch(const object::FileRef& file, const sys::Stat& seen) {
  parts_->vouched.add(file, seen);
}

Result<void> Store::record_vouched() {
  auto files = parts_->vouched.take_new();
  if (files.empty()) return {};
  auto transaction = COWSTORE_TRY(begin());
  for (const auto& [file, seen] : files) COWSTORE_TRY(transaction->renew_loose(file, seen));
  COWSTORE_TRY(transaction->publish());
  return {};
}

Result<void> Store::refresh() {
  parts_->usable.clear();
  COWSTORE_TRY(parts_->index->reload());
  return {};
}

Result<std::unique_ptr<Transaction>> Store::begin() {
  auto session = COWSTORE_TRY(Session::begin(parts_->dir));
  // What was seen of containers before the session held its lock may be gone by now.
  COWSTORE_TRY(refresh());
  auto state = std::make_unique<Transaction::State>(shared_from_this(), *parts_, std::move(session));
  return std::unique_ptr<Transaction>(new Transaction(std::move(state)));
}

std::shared_ptr<const IndexView> Store::view() const {
  return parts_->index->view();
}

Result<PackReader> Store::open_pack(const Digest& name) const {
  return PackReader::open(parts_->dir, name);
}

}  // namespace cowstore::store
