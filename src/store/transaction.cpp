#include "store/transaction.hpp"

#include "base/try.hpp"
#include "store/containers.hpp"
#include "store/pack_reader.hpp"
#include "store/transaction_state.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

Error usage(std::string_view what, std::string_view reason) {
  return {ErrorCode::kUsage, 0, "store", std::string(what), std::string(reason), ""};
}

Result<void> check_spans(const object::FileRef& file, const std::vector<ChunkSpan>& chunks) {
  std::uint64_t end = 0;
  for (const ChunkSpan& chunk : chunks) {
    bool fits = chunk.length > 0 && chunk.length <= kMaxObjectBytes && chunk.offset >= end &&
                chunk.offset <= file.size && chunk.length <= file.size - chunk.offset;
    if (!fits) return usage(file.id.hex(), "its chunks aren't in order, or don't fit into the file");
    end = chunk.offset + chunk.length;
  }
  return {};
}

ContainerRecord record_of(const object::FileRef& file, const sys::Stat& seen) {
  return {ContainerKind::kLoose, file.id.digest(), file.depth, seen.size, seen.mtime, seen.inode};
}

Error wrong_size(const std::string& path, std::uint64_t size, std::uint64_t expected) {
  return {ErrorCode::kConflict,
          0,
          "store",
          path,
          "has " + std::to_string(size) + " bytes, expected " + std::to_string(expected),
          ""};
}

}  // namespace

StagedLoose::StagedLoose(const Session& session, std::string name, sys::Fd fd)
    : session_(&session), name_(std::move(name)), fd_(std::move(fd)) {}

StagedLoose::StagedLoose(StagedLoose&& other) noexcept
    : session_(other.session_), name_(std::exchange(other.name_, {})), fd_(std::move(other.fd_)) {}

StagedLoose& StagedLoose::operator=(StagedLoose&& other) noexcept {
  std::swap(session_, other.session_);
  std::swap(name_, other.name_);
  std::swap(fd_, other.fd_);
  return *this;
}

StagedLoose::~StagedLoose() {
  discard();
}

std::string StagedLoose::path() const {
  return session_->dir().path_of(name_);
}

void StagedLoose::discard() {
  if (!name_.empty()) (void)session_->dir().unlink(name_);
  name_.clear();
}

Transaction::Transaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transaction::~Transaction() = default;

Result<void> Transaction::put_node(object::NodeKind kind, const Digest& id, ByteView encoding) {
  PutOutcome outcome = COWSTORE_TRY(state_->put(state_->nodes, object_kind(kind), id, encoding));
  ++(outcome == PutOutcome::kStored ? state_->nodes_new : state_->nodes_known);
  return {};
}

Result<PutOutcome> Transaction::put_chunk(const ChunkId& id, ByteView bytes) {
  PutOutcome outcome = COWSTORE_TRY(state_->put(state_->data, ObjectKind::kChunk, id.digest(), bytes));
  ++(outcome == PutOutcome::kStored ? state_->chunks_new : state_->chunks_known);
  return outcome;
}

Result<PutOutcome> Transaction::State::put(PackBuilder& builder, ObjectKind kind, const Digest& id, ByteView bytes) {
  COWSTORE_TRY(poison.check());
  if (bytes.empty()) return usage(id.hex(), "an object has at least one byte");
  if (bytes.size() > kMaxObjectBytes) return usage(id.hex(), "the object is too large");
  if (COWSTORE_TRY(knows(id)) || !ids.insert(id)) return PutOutcome::kKnown;
  auto added = builder.add({id, kind, static_cast<std::uint32_t>(bytes.size())}, bytes);
  if (!added) return fail(std::move(added).error());
  raw_bytes += bytes.size();
  return PutOutcome::kStored;
}

Result<bool> Transaction::State::knows(const Digest& id) {
  if (is_implied_zero_chunk(id) || ids.contains(id)) return true;
  auto view = parts.index->view();
  auto first = view->find_first(id);
  if (!first) return false;
  if (COWSTORE_TRY(usable.usable(*view, *first))) return true;
  for (const FoundObject& place : view->find_all(id).places) {
    if (COWSTORE_TRY(usable.usable(*view, place))) return true;
  }
  return false;
}

/// The space goes back at once: the disk may be full.
Error Transaction::State::fail(Error error) {
  // Another thread's failure explains this one: its files went from under it.
  if (auto usable_still = poison.check(); !usable_still) return std::move(usable_still).error();
  Error kept = poison.keep(std::move(error));
  session->remove();
  return kept;
}

Result<bool> Transaction::knows(const Digest& id) {
  COWSTORE_TRY(state_->poison.check());
  return state_->knows(id);
}

Result<StagedLoose> Transaction::stage_loose() {
  COWSTORE_TRY(state_->poison.check());
  std::string name = "loose-" + std::to_string(state_->next_staged++);
  sys::Fd fd = COWSTORE_TRY(state_->session->create(name));
  return StagedLoose(*state_->session, std::move(name), std::move(fd));
}

Result<PutOutcome> Transaction::add_loose(StagedLoose staged, const object::FileRef& file,
                                          const std::vector<ChunkSpan>& chunks) {
  COWSTORE_TRY(state_->poison.check());
  COWSTORE_TRY(check_spans(file, chunks));
  sys::Stat seen = COWSTORE_TRY(sys::stat(staged.fd_, staged.path()));
  if (seen.size != file.size) return wrong_size(staged.path(), seen.size, file.size);
  bool known = COWSTORE_TRY(knows_loose(file.id));
  std::vector<SegmentEntry> entries = COWSTORE_TRY(state_->unknown_of(chunks));
  // From here on nothing fails: what is claimed must be stored.
  if (known || !state_->loose_ids.insert(file.id.digest())) {
    ++state_->loose_known;
    state_->chunks_known += chunks.size();
    return PutOutcome::kKnown;
  }
  std::string name = std::exchange(staged.name_, {});
  std::size_t added =
      state_->add_container({record_of(file, seen), std::move(name), std::move(staged.fd_), std::move(entries)});
  state_->chunks_new += added;
  state_->chunks_known += chunks.size() - added;
  ++state_->loose_new;
  state_->loose_bytes += file.size;
  return PutOutcome::kStored;
}

Result<std::vector<SegmentEntry>> Transaction::State::unknown_of(const std::vector<ChunkSpan>& chunks) {
  std::vector<SegmentEntry> entries;
  for (const ChunkSpan& chunk : chunks) {
    const Digest& id = chunk.id.digest();
    if (COWSTORE_TRY(knows(id))) continue;
    entries.push_back({id, Location{0, chunk.offset, 0, chunk.length, ObjectKind::kChunk}});
  }
  return entries;
}

std::size_t Transaction::State::add_container(NewContainer container) {
  std::erase_if(container.entries, [&](const SegmentEntry& entry) { return !ids.insert(entry.id); });
  std::size_t added = container.entries.size();
  std::lock_guard lock(containers_mutex);
  containers.push_back(std::move(container));
  if (containers.size() <= kSyncSingly) return added;
  // So many are synced together; their descriptors would only run out.
  if (containers.size() == kSyncSingly + 1) {
    for (NewContainer& one : containers) one.fd = sys::Fd();
  }
  containers.back().fd = sys::Fd();
  return added;
}

Result<bool> Transaction::knows_loose(const FileId& id) {
  COWSTORE_TRY(state_->poison.check());
  if (state_->loose_ids.contains(id.digest())) return true;
  auto view = state_->parts.index->view();
  return COWSTORE_TRY(open_loose_file(state_->parts.dir, *view, id)).state == LooseState::kIntact;
}

void Transaction::place_ahead() {
  std::lock_guard lock(state_->containers_mutex);
  if (state_->containers.size() <= kSyncSingly || state_->placer.has_begun()) return;
  state_->placer.begin(std::exchange(state_->containers, {}));
}

Result<void> Transaction::adopt_pack(const Digest& name) {
  COWSTORE_TRY(state_->poison.check());
  PackReader pack = COWSTORE_TRY(PackReader::open(state_->parts.dir, name));
  NewContainer container{{.name = name}, {}, {}, {}};
  for (const BlockPlace& block : COWSTORE_TRY(pack.blocks())) {
    std::uint32_t inner = 0;
    for (const ObjectInfo& object : COWSTORE_TRY(pack.read_table(block))) {
      container.entries.push_back({object.id, Location{0, block.offset, inner, object.length, object.kind}});
      inner += object.length;
    }
  }
  state_->add_container(std::move(container));
  return {};
}

Result<void> Transaction::adopt_loose(const object::FileRef& file, const std::vector<ChunkSpan>& chunks) {
  COWSTORE_TRY(state_->poison.check());
  COWSTORE_TRY(check_spans(file, chunks));
  ContainerRecord named{.kind = ContainerKind::kLoose, .name = file.id.digest()};
  sys::Stat seen = COWSTORE_TRY(state_->parts.dir.stat(named.path()));
  if (seen.size != file.size) return wrong_size(state_->parts.dir.path_of(named.path()), seen.size, file.size);
  std::vector<SegmentEntry> entries = COWSTORE_TRY(state_->unknown_of(chunks));
  state_->add_container({record_of(file, seen), {}, {}, std::move(entries)});
  return {};
}

Result<void> Transaction::renew_loose(const object::FileRef& file, const sys::Stat& seen) {
  COWSTORE_TRY(state_->poison.check());
  ContainerRecord record = record_of(file, seen);
  sys::Stat now = COWSTORE_TRY(state_->parts.dir.stat(record.path()));
  if (agrees(now, record) && now.ctime == seen.ctime) state_->add_container({record, {}, {}, {}});
  return {};
}

Result<PublishStats> Transaction::publish() {
  COWSTORE_TRY(state_->poison.check());
  auto published = state_->publish();
  if (!published) {
    (void)state_->placer.finish();  // it moves what is about to be removed
    return state_->fail(std::move(published).error());
  }
  state_->poison.keep(usage("", "it has been published"));
  state_->session->remove();
  state_->loose_new -= published->loose_known;
  state_->loose_known += published->loose_known;
  PublishStats stats{stats_of(*state_), published->packs, published->segments_merged, published->segment};
  stats.written_bytes = published->bytes;
  return stats;
}

Result<Published> Transaction::State::publish() {
  COWSTORE_TRY(data.finish());
  COWSTORE_TRY(nodes.finish());
  return Publisher(parts, *session, data, nodes, std::move(containers), placer).run();
}

TransactionStats Transaction::stats() const {
  return stats_of(*state_);
}

TransactionStats Transaction::stats_of(const State& state) {
  TransactionStats stats;
  stats.chunks_new = state.chunks_new;
  stats.chunks_known = state.chunks_known;
  stats.nodes_new = state.nodes_new;
  stats.nodes_known = state.nodes_known;
  stats.loose_new = state.loose_new;
  stats.loose_known = state.loose_known;
  stats.loose_bytes = state.loose_bytes;
  stats.raw_bytes = state.raw_bytes;
  return stats;
}

}  // namespace cowstore::store
