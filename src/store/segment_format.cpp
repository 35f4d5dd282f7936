#include "store/segment_format.hpp"

#include "base/try.hpp"
#include "store/filter.hpp"
#include "store/located.hpp"

namespace cowstore::store {

namespace {

constexpr std::string_view kMagic = "cowindx\n";
constexpr std::size_t kHeaderChecked = 56;
constexpr unsigned kKindShift = 56;
constexpr std::uint32_t kNanosecondsPerSecond = 1'000'000'000;

void pad(base::Writer& out, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.u8(0);
}

Result<void> expect_zeros(base::Reader& in, std::size_t bytes) {
  for (std::uint8_t byte : COWSTORE_TRY(in.raw(bytes))) {
    if (byte != 0) return corrupt("reserved bytes aren't zero");
  }
  return {};
}

Result<void> check_layout(const SegmentLayout& layout, std::uint64_t file_size) {
  if (layout.objects > kMaxSegmentObjects) return corrupt("too many objects in a segment");
  if (layout.fanout_bits > kMaxFanoutBits) return corrupt("too large a fan-out");
  if (layout.filter_blocks == 0 || layout.filter_blocks > layout.objects + 1) return corrupt("impossible filter");
  if (layout.superseded > kMaxSuperseded) return corrupt("impossible number of superseded segments");
  if (layout.file_size() != file_size) return corrupt("the tables don't add up to the file's size");
  return {};
}

}  // namespace

Bytes encode_segment_header(const SegmentLayout& layout) {
  Bytes bytes;
  base::Writer out(bytes);
  out.raw(as_bytes(kMagic));
  out.u32(kSegmentVersion);
  out.u32(0);
  out.u64(layout.objects);
  out.u32(layout.containers);
  out.u32(layout.superseded);
  out.u8(static_cast<std::uint8_t>(layout.fanout_bits));
  pad(out, 7);
  out.u64(layout.filter_blocks);
  out.u64(layout.file_size());
  out.raw(check_of({ByteView(bytes)}));
  return bytes;
}

void encode_container(const ContainerRecord& record, base::Writer& out) {
  out.u8(static_cast<std::uint8_t>(record.kind));
  out.u8(record.depth);
  pad(out, 6);
  out.raw(record.name.bytes);
  out.u64(record.size);
  out.u64(static_cast<std::uint64_t>(record.mtime.seconds));
  out.u32(record.mtime.nanoseconds);
  pad(out, 4);
  out.u64(record.inode);
}

void encode_location(const Location& location, base::Writer& out) {
  out.u32(location.container);
  out.u32(location.inner);
  out.u32(location.length);
  out.u64(location.offset | std::uint64_t{static_cast<std::uint8_t>(location.kind)} << kKindShift);
}

Result<SegmentLayout> decode_segment_header(ByteView bytes) {
  base::Reader in(bytes);
  if (as_text(COWSTORE_TRY(in.raw(kMagic.size()))) != kMagic) return corrupt("not an index segment");
  std::uint32_t version = COWSTORE_TRY(in.u32());
  if (version > kSegmentVersion) return unsupported("segment format " + std::to_string(version) + " isn't known");
  std::uint32_t flags = COWSTORE_TRY(in.u32());
  SegmentLayout layout;
  layout.objects = COWSTORE_TRY(in.u64());
  layout.containers = COWSTORE_TRY(in.u32());
  layout.superseded = COWSTORE_TRY(in.u32());
  layout.fanout_bits = COWSTORE_TRY(in.u8());
  COWSTORE_TRY(expect_zeros(in, 7));
  layout.filter_blocks = COWSTORE_TRY(in.u64());
  std::uint64_t file_size = COWSTORE_TRY(in.u64());
  ByteView check = COWSTORE_TRY(in.raw(8));
  COWSTORE_TRY(in.expect_end());
  Check computed = check_of({bytes.first(kHeaderChecked)});
  if (!std::equal(check.begin(), check.end(), computed.begin())) return corrupt("the header's checksum is wrong");
  // Only a header that is whole can mean what its flags say.
  if (version == 0) return corrupt("segment format 0 doesn't exist");
  if (flags != 0) return unsupported("segment feature flags " + std::to_string(flags) + " aren't known");
  COWSTORE_TRY(check_layout(layout, file_size));
  return layout;
}

Result<ContainerRecord> decode_container(ByteView bytes) {
  base::Reader in(bytes);
  ContainerRecord record;
  std::uint8_t kind = COWSTORE_TRY(in.u8());
  if (kind != 1 && kind != 2) return corrupt("unknown kind of container");
  record.kind = static_cast<ContainerKind>(kind);
  record.depth = COWSTORE_TRY(in.u8());
  COWSTORE_TRY(expect_zeros(in, 6));
  ByteView name = COWSTORE_TRY(in.raw(record.name.bytes.size()));
  std::copy(name.begin(), name.end(), record.name.bytes.begin());
  record.size = COWSTORE_TRY(in.u64());
  record.mtime.seconds = static_cast<std::int64_t>(COWSTORE_TRY(in.u64()));
  record.mtime.nanoseconds = COWSTORE_TRY(in.u32());
  COWSTORE_TRY(expect_zeros(in, 4));
  record.inode = COWSTORE_TRY(in.u64());
  COWSTORE_TRY(in.expect_end());
  if (record.mtime.nanoseconds >= kNanosecondsPerSecond) return corrupt("impossible time of a container");
  return record;
}

Result<Location> decode_location(ByteView bytes, std::uint32_t containers) {
  base::Reader in(bytes);
  Location location;
  location.container = COWSTORE_TRY(in.u32());
  location.inner = COWSTORE_TRY(in.u32());
  location.length = COWSTORE_TRY(in.u32());
  std::uint64_t offset_and_kind = COWSTORE_TRY(in.u64());
  auto kind = object_kind_of_byte(static_cast<std::uint8_t>(offset_and_kind >> kKindShift));
  location.offset = offset_and_kind & ((std::uint64_t{1} << kKindShift) - 1);
  if (!kind || location.container >= containers || location.length == 0 || location.length > kMaxObjectBytes ||
      location.inner > kMaxObjectBytes - location.length) {
    return corrupt("an impossible location");
  }
  location.kind = *kind;
  return location;
}

}  // namespace cowstore::store
