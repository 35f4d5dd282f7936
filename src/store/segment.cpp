#include "store/segment.hpp"

#include <bit>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "store/filter.hpp"
#include "store/located.hpp"
#include "store/segment_format.hpp"

namespace cowstore::store {

namespace {

std::uint64_t leading_bits(const std::uint8_t* id) {
  // Big-endian, so that numbers are ordered as ids are.
  return __builtin_bswap64(base::load_u64(id));
}

}  // namespace

Segment::Segment(sys::MappedFile file, std::string path, const Digest& name)
    : file_(std::move(file)), path_(std::move(path)), name_(name) {}

Result<std::shared_ptr<const Segment>> Segment::open(const sys::Dir& index_dir, const Digest& name) {
  std::string file_name = segment_file_name(name);
  std::string path = index_dir.path_of(file_name);
  sys::Fd fd = COWSTORE_TRY(index_dir.open_read(file_name));
  sys::MappedFile file = COWSTORE_TRY(sys::MappedFile::map(fd, path));
  std::shared_ptr<Segment> segment(new Segment(std::move(file), std::move(path), name));
  COWSTORE_TRY(segment->check_bounds());
  return std::shared_ptr<const Segment>(std::move(segment));
}

Result<void> Segment::check_bounds() {
  ByteView bytes = file_.bytes();
  if (bytes.size() < kSegmentHeaderBytes) return corrupt("too short for a segment", bytes.size());
  auto layout = decode_segment_header(bytes.first(kSegmentHeaderBytes));
  if (!layout) return refuse_header(std::move(layout).error());
  layout_ = *layout;
  if (layout_.file_size() != bytes.size()) return corrupt("the tables don't fill the file", bytes.size());
  return check_fanout();
}

/// A damaged version or flag must not look like a newer format, which keeps the whole store from being opened.
Error Segment::refuse_header(Error error) const {
  if (error.code == ErrorCode::kUnsupported && hash::sha256(file_.bytes()) != name_) {
    return corrupt("the header is damaged", 0);
  }
  return located(std::move(error), path_, 0);
}

Result<void> Segment::check_fanout() const {
  const std::uint8_t* fanout = file_.bytes().data() + layout_.fanout_at();
  std::uint32_t before = 0;
  for (std::uint64_t bucket = 0; bucket < std::uint64_t{1} << layout_.fanout_bits; ++bucket) {
    std::uint32_t end = base::load_u32(fanout + 4 * bucket);
    if (end < before || end > layout_.objects) return corrupt("bad fan-out", layout_.fanout_at() + 4 * bucket);
    before = end;
  }
  if (before != layout_.objects) return corrupt("the fan-out doesn't cover all ids", layout_.fanout_at());
  return {};
}

std::vector<Digest> Segment::superseded() const {
  std::vector<Digest> names(layout_.superseded);
  const std::uint8_t* at = file_.bytes().data() + layout_.superseded_at();
  for (Digest& name : names) {
    std::copy_n(at, name.bytes.size(), name.bytes.begin());
    at += name.bytes.size();
  }
  return names;
}

const std::uint8_t* Segment::id_at(std::uint64_t position) const {
  return file_.bytes().data() + layout_.ids_at() + position * 32;
}

Digest Segment::id(std::uint64_t position) const {
  Digest id;
  std::copy_n(id_at(position), id.bytes.size(), id.bytes.begin());
  return id;
}

bool Segment::may_contain(const Digest& id) const {
  ByteView filter = file_.bytes().subspan(layout_.filter_at(), layout_.filter_blocks * kFilterBlockBytes);
  return filter_may_contain(filter, id);
}

Segment::Range Segment::bucket(const Digest& id) const {
  // A shift by 64 isn't defined, hence two.
  std::uint64_t number = (leading_bits(id.bytes.data()) >> 1) >> (63 - layout_.fanout_bits);
  const std::uint8_t* at = file_.bytes().data() + layout_.fanout_at() + 4 * number;
  return {number == 0 ? 0 : base::load_u32(at - 4), base::load_u32(at)};
}

/// Ids are uniform, so the place of one in its bucket can be guessed; the guess is off by about the square root of the
/// bucket's size. From there steps that double find bounds, whatever the ids are.
std::uint64_t Segment::lower_bound_in(Range range, const Digest& id) const {
  auto below = [&](std::uint64_t position) {
    return std::memcmp(id_at(position), id.bytes.data(), id.bytes.size()) < 0;
  };
  if (range.begin == range.end) return range.begin;
  std::uint64_t fraction = (leading_bits(id.bytes.data()) << layout_.fanout_bits) >> 32;
  std::uint64_t guess = range.begin + ((fraction * (range.end - range.begin)) >> 32);
  std::uint64_t low = range.begin, high = range.end;
  if (below(guess)) {
    low = guess + 1;
    for (std::uint64_t step = 1; low + step < high; step *= 2) {
      if (!below(low + step))
        high = low + step;
      else
        low += step + 1;
    }
  } else {
    high = guess;
    for (std::uint64_t step = 1; low + step < high; step *= 2) {
      if (below(high - step))
        low = high - step + 1;
      else
        high -= step;
    }
  }
  while (low < high) {
    std::uint64_t middle = low + (high - low) / 2;
    if (below(middle))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::uint64_t Segment::lower_bound(const Digest& id) const {
  return lower_bound_in(bucket(id), id);
}

Result<std::optional<Location>> Segment::find(const Digest& id) const {
  if (!may_contain(id)) return std::optional<Location>();
  std::uint64_t position = lower_bound(id);
  if (position == layout_.objects || std::memcmp(id_at(position), id.bytes.data(), id.bytes.size()) != 0) {
    return std::optional<Location>();
  }
  return std::optional<Location>(COWSTORE_TRY(entry(position)).location);
}

Result<SegmentEntry> Segment::entry(std::uint64_t position) const {
  std::uint64_t offset = layout_.locations_at() + position * kLocationBytes;
  auto location = decode_location(file_.bytes().subspan(offset, kLocationBytes), layout_.containers);
  if (!location) return located(std::move(location).error(), path_, offset);
  return SegmentEntry{id(position), *location};
}

Result<ContainerRecord> Segment::container(std::uint64_t number) const {
  std::uint64_t offset = layout_.containers_at() + number * kContainerBytes;
  if (number >= layout_.containers) return corrupt("no such container", offset);
  auto record = decode_container(file_.bytes().subspan(offset, kContainerBytes));
  if (!record) return located(std::move(record).error(), path_, offset);
  return record;
}

Segment::Range Segment::find_container(ContainerKind kind, const Digest& name) const {
  // Records begin with kind, depth and padding; the order is that of kind, name, and the rest.
  const std::uint8_t* table = file_.bytes().data() + layout_.containers_at();
  auto compare = [&](std::uint64_t number) {
    const std::uint8_t* at = table + number * kContainerBytes;
    if (at[0] != static_cast<std::uint8_t>(kind)) return at[0] < static_cast<std::uint8_t>(kind) ? -1 : 1;
    return std::memcmp(at + 8, name.bytes.data(), name.bytes.size());
  };
  auto first_not = [&](auto before) {
    std::uint64_t low = 0, high = layout_.containers;
    while (low < high) {
      std::uint64_t middle = low + (high - low) / 2;
      if (before(compare(middle)))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  };
  return {first_not([](int order) { return order < 0; }), first_not([](int order) { return order <= 0; })};
}

Error Segment::corrupt(std::string_view what, std::uint64_t offset) const {
  return corrupt_at(path_, offset, what);
}

Result<void> Segment::verify() const {
  if (hash::sha256(file_.bytes()) != name_) return corrupt("the bytes don't have the digest that the name says", 0);
  return verify_tables();
}

Result<void> Segment::verify_tables() const {
  std::optional<ContainerRecord> last;
  for (std::uint64_t number = 0; number < layout_.containers; ++number) {
    ContainerRecord record = COWSTORE_TRY(container(number));
    if (last && !(*last < record)) return corrupt("containers out of order", layout_.containers_at());
    last = record;
  }
  for (std::uint64_t position = 0; position < layout_.objects; ++position) {
    SegmentEntry entry = COWSTORE_TRY(this->entry(position));
    if (position > 0 && !(id(position - 1) < entry.id)) return corrupt("ids out of order", layout_.ids_at());
    Range bucket = this->bucket(entry.id);
    if (position < bucket.begin || position >= bucket.end) return corrupt("bad fan-out", layout_.fanout_at());
    if (!may_contain(entry.id)) return corrupt("the filter misses an id", layout_.filter_at());
  }
  return {};
}

std::string segment_file_name(const Digest& name) {
  return name.hex() + ".idx";
}

std::optional<Digest> segment_of_file_name(std::string_view file_name) {
  if (!file_name.ends_with(".idx")) return std::nullopt;
  return Digest::from_hex(file_name.substr(0, file_name.size() - 4));
}

}  // namespace cowstore::store
