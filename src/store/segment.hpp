// An index segment: an immutable, sorted table from ids to locations, mapped into memory.
//
// All integers are little-endian; reserved bytes are zero. The name of a segment is the SHA-256 of the whole file.
//
//   header, 64 bytes   magic "cowindx\n" | u32 version = 1 | u32 feature flags | u64 objects N | u32 containers C
//                      | u32 superseded S | u8 fan-out bits k (0 to 16) | 7 reserved | u64 filter blocks F
//                      | u64 file size | first eight bytes of the SHA-256 of the 56 bytes before
//   superseded         S names (32): segments whose entries are all in here
//   containers         C times: u8 kind | u8 depth | 6 reserved | name (32) | u64 size | i64 mtime seconds
//                      | u32 mtime nanoseconds | 4 reserved | u64 inode  (72 bytes); unique, sorted by kind, name,
//                      depth, size, mtime, inode
//   filter             F blocks of 32 bytes (1 to N + 1), see filter.hpp
//   fan-out            2^k times u32: the number of ids whose first k bits are at most the index
//   ids                N times 32 bytes, ascending, unique
//   locations          N times: u32 container | u32 inner offset | u32 length | u64 offset + (kind << 56)  (20 bytes)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "store/object_info.hpp"
#include "sys/dir.hpp"
#include "sys/mapped_file.hpp"

namespace cowstore::store {

inline constexpr std::uint32_t kSegmentVersion = 1;
inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kContainerBytes = 72;
inline constexpr std::size_t kLocationBytes = 20;
inline constexpr unsigned kMaxFanoutBits = 16;
inline constexpr std::uint64_t kMaxSegmentObjects = 0xffffffff;
inline constexpr std::uint32_t kMaxSuperseded = std::uint32_t{1} << 20;

/// Counts of a segment's tables, and where each begins.
struct SegmentLayout {
  std::uint64_t objects = 0;
  std::uint32_t containers = 0;
  std::uint32_t superseded = 0;
  unsigned fanout_bits = 0;
  std::uint64_t filter_blocks = 0;

  [[nodiscard]] std::uint64_t superseded_at() const { return kSegmentHeaderBytes; }
  [[nodiscard]] std::uint64_t containers_at() const { return superseded_at() + std::uint64_t{superseded} * 32; }
  [[nodiscard]] std::uint64_t filter_at() const {
    return containers_at() + std::uint64_t{containers} * kContainerBytes;
  }
  [[nodiscard]] std::uint64_t fanout_at() const { return filter_at() + filter_blocks * 32; }
  [[nodiscard]] std::uint64_t ids_at() const { return fanout_at() + (std::uint64_t{4} << fanout_bits); }
  [[nodiscard]] std::uint64_t locations_at() const { return ids_at() + objects * 32; }
  [[nodiscard]] std::uint64_t file_size() const { return locations_at() + objects * kLocationBytes; }
};

/// An id and its place: what a segment is made of, and what walking it gives.
struct SegmentEntry {
  Digest id;
  Location location;
};

/// Thread-safe, immutable. open() checks the header and the bounds of the tables, look-ups check what they touch, and
/// verify() checks every byte.
class Segment {
 public:
  /// Maps "<name>.idx" in the directory `index/`. kNotFound if it isn't there, kCorrupt, or kUnsupported.
  static Result<std::shared_ptr<const Segment>> open(const sys::Dir& index_dir, const Digest& name);

  [[nodiscard]] const Digest& name() const { return name_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t size() const { return layout_.objects; }
  [[nodiscard]] std::uint64_t file_bytes() const { return layout_.file_size(); }
  [[nodiscard]] std::uint32_t container_count() const { return layout_.containers; }
  [[nodiscard]] std::vector<Digest> superseded() const;

  /// Nothing if it isn't listed. kCorrupt for a location that can't be.
  Result<std::optional<Location>> find(const Digest& id) const;
  /// The records of one container by kind and name, as a range of container numbers.
  struct Range {
    std::uint64_t begin = 0, end = 0;
  };
  [[nodiscard]] Range find_container(ContainerKind kind, const Digest& name) const;
  Result<ContainerRecord> container(std::uint64_t number) const;

  /// The position of the first id that isn't below `id`, size() if there is none.
  [[nodiscard]] std::uint64_t lower_bound(const Digest& id) const;
  [[nodiscard]] Digest id(std::uint64_t position) const;
  Result<SegmentEntry> entry(std::uint64_t position) const;

  /// Reads everything: the name, the order of the ids, the fan-out, the filter, each record. The first damage found.
  Result<void> verify() const;

 private:
  Segment(sys::MappedFile file, std::string path, const Digest& name);
  Result<void> check_bounds();
  [[nodiscard]] Error refuse_header(Error error) const;
  Result<void> check_fanout() const;
  Result<void> verify_tables() const;
  [[nodiscard]] bool may_contain(const Digest& id) const;
  [[nodiscard]] Range bucket(const Digest& id) const;
  [[nodiscard]] std::uint64_t lower_bound_in(Range range, const Digest& id) const;
  [[nodiscard]] const std::uint8_t* id_at(std::uint64_t position) const;
  [[nodiscard]] Error corrupt(std::string_view what, std::uint64_t offset) const;

  sys::MappedFile file_;
  std::string path_;
  Digest name_;
  SegmentLayout layout_;
};

/// "<hex>.idx" and back; nothing for any other name.
std::string segment_file_name(const Digest& name);
std::optional<Digest> segment_of_file_name(std::string_view file_name);

}  // namespace cowstore::store
