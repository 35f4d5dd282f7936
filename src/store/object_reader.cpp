#include "store/object_reader.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "store/located.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

/// Nothing was found: because it isn't there, or because a segment that can't be read might have named it.
Error nothing_found(const IndexView& view, const Digest& id) {
  if (!view.damaged().empty()) {
    Error error = view.damaged().front();
    error.reason += "; the object " + id.hex() + " is in no other segment";
    error.hint = "run fsck --repair";
    return error;
  }
  return {ErrorCode::kNotFound, 0, "read", id.hex(), "the store has no such object", ""};
}

/// Damage says more than absence.
void keep_worse(std::optional<Error>& kept, Error error) {
  if (!kept || kept->code == ErrorCode::kNotFound) kept = std::move(error);
}

std::optional<FoundObject> find_chunk(const IndexView& view, const ChunkRead& read) {
  auto found = view.find_first(read.id.digest());
  if (found && found->location.kind == ObjectKind::kChunk && found->location.length == read.out.size()) return found;
  return std::nullopt;
}

/// Whether both can be read as one: neighbours in a block, and in memory.
bool follows(const std::optional<FoundObject>& before, const ChunkRead& read_before,
             const std::optional<FoundObject>& next, const ChunkRead& read) {
  if (!before || !next || before->segment != next->segment) return false;
  const Location& a = before->location;
  const Location& b = next->location;
  return a.container == b.container && a.offset == b.offset && b.inner == a.inner + a.length &&
         read_before.out.data() + read_before.out.size() == read.out.data();
}

}  // namespace

ObjectReader::ObjectReader(const sys::Dir& store_dir, IndexDir& index, const StoreOptions& options)
    : store_dir_(store_dir),
      index_(index),
      containers_(store_dir, options.open_containers),
      blocks_(options.block_cache_bytes) {}

Result<void> ObjectReader::read(const Digest& id, const Prepare& prepare) {
  if (try_places(id, prepare)) return {};
  COWSTORE_TRY(index_.reload());
  return try_places(id, prepare);
}

Result<void> ObjectReader::try_places(const Digest& id, const Prepare& prepare) {
  std::shared_ptr<const IndexView> view = index_.view();
  FoundPlaces found = view->find_all(id);
  std::optional<Error> failure = std::move(found.damage);
  for (const FoundObject& place : found.places) {
    auto outcome = read_place(place, id, prepare);
    if (outcome) return {};
    keep_worse(failure, std::move(outcome).error());
  }
  if (failure) return *failure;
  return nothing_found(*view, id);
}

Result<void> ObjectReader::read_place(const FoundObject& found, const Digest& id, const Prepare& prepare) {
  const Location& location = found.location;
  ContainerRecord record = COWSTORE_TRY(found.segment->container(location.container));
  std::string path = store_dir_.path_of(record.path());
  auto out = prepare(location);
  if (!out) return located(std::move(out).error(), path, location.offset);
  auto outcome = read_bytes(found, *out);
  if (outcome) outcome = verify_object(location.kind, id, *out);
  if (outcome) return {};
  // A second look must not meet the same bytes: the file may be a good one by then.
  containers_.forget(record.name);
  blocks_.forget({record.name, location.offset});
  return located(std::move(outcome).error(), path, location.offset);
}

std::vector<std::size_t> ObjectReader::try_chunks(std::span<const ChunkRead> reads) {
  const std::vector<bool> fetched = fetch(reads);
  std::vector<ByteView> messages;
  for (std::size_t i = 0; i < reads.size(); ++i) messages.push_back(fetched[i] ? reads[i].out : ByteView());
  std::vector<Digest> digests(messages.size());
  hash::sha256_many(messages, digests);
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    if (!fetched[i] || digests[i] != reads[i].id.digest()) wrong.push_back(i);
  }
  return wrong;
}

std::vector<bool> ObjectReader::fetch(std::span<const ChunkRead> reads) {
  std::shared_ptr<const IndexView> view = index_.view();
  std::vector<std::optional<FoundObject>> places;
  for (const ChunkRead& read : reads) places.push_back(find_chunk(*view, read));
  std::vector<bool> fetched(reads.size());
  for (std::size_t begin = 0, end = 0; begin < reads.size(); begin = end) {
    std::size_t bytes = reads[begin].out.size();
    for (end = begin + 1; end < reads.size() && follows(places[end - 1], reads[end - 1], places[end], reads[end]);
         ++end)
      bytes += reads[end].out.size();
    if (!places[begin]) continue;
    auto outcome = read_bytes(*places[begin], std::span(reads[begin].out.data(), bytes));
    std::fill(fetched.begin() + static_cast<std::ptrdiff_t>(begin), fetched.begin() + static_cast<std::ptrdiff_t>(end),
              outcome.ok());
  }
  return fetched;
}

Result<void> ObjectReader::read_bytes(const FoundObject& found, std::span<std::uint8_t> out) {
  ContainerRecord record = COWSTORE_TRY(found.segment->container(found.location.container));
  return record.kind == ContainerKind::kPack ? read_packed(record.name, found.location, out)
                                             : read_loose(record, found.location, out);
}

Result<void> ObjectReader::read_packed(const Digest& pack, const Location& location, std::span<std::uint8_t> out) {
  BlockKey key{pack, location.offset};
  auto block = blocks_.find(key);
  if (!block) {
    auto reader = COWSTORE_TRY(containers_.pack(pack));
    // What is wanted of it as a whole goes straight to its place: nobody else will ask for it.
    if (COWSTORE_TRY(reader->read_directly(location.offset, location.inner, out))) return {};
    block = COWSTORE_TRY(blocks_.get(key, [&] { return reader->read_block(location.offset); }));
  }
  const Bytes& bytes = **block;
  if (location.inner > bytes.size() || bytes.size() - location.inner < out.size()) {
    return corrupt("the index places an object beyond its block");
  }
  std::copy_n(bytes.begin() + location.inner, out.size(), out.begin());
  return {};
}

Result<void> ObjectReader::read_loose(const ContainerRecord& record, const Location& location,
                                      std::span<std::uint8_t> out) {
  auto fd = COWSTORE_TRY(containers_.loose(record));
  return sys::read_exactly_at(*fd, out, location.offset, store_dir_.path_of(record.path()));
}

}  // namespace cowstore::store
