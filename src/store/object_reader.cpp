#include "store/object_reader.hpp"

#include "base/try.hpp"
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
  auto outcome = record.kind == ContainerKind::kPack ? read_packed(record.name, location, *out)
                                                     : read_loose(record, location, *out);
  if (outcome) outcome = verify_object(location.kind, id, *out);
  if (outcome) return {};
  // A second look must not meet the same bytes: the file may be a good one by then.
  containers_.forget(record.name);
  blocks_.forget({record.name, location.offset});
  return located(std::move(outcome).error(), path, location.offset);
}

Result<void> ObjectReader::read_packed(const Digest& pack, const Location& location, std::span<std::uint8_t> out) {
  BlockKey key{pack, location.offset};
  auto block = blocks_.find(key);
  if (!block) {
    auto reader = COWSTORE_TRY(containers_.pack(pack));
    // A block of one object goes straight to its place: nobody else will ask for it.
    if (location.inner == 0 && COWSTORE_TRY(reader->read_whole_block(location.offset, out))) return {};
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
