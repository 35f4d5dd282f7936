#include "index/record.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/coding.hpp"
#include "hash/sha256.hpp"

namespace cowstore::index::layout {

using base::load_u32;
using base::load_u64;
using base::store_u32;
using base::store_u64;

namespace entry {

std::size_t recorded_bytes(std::uint8_t flags) {
  return ((flags & kRecordedMode) != 0 ? sizeof(std::uint16_t) : 0) +
         ((flags & kRecordedMtime) != 0 ? kTimestampBytes : 0);
}

}  // namespace entry

Digest checksum(ByteView covered) {
  constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
  std::vector<ByteView> pieces;
  for (std::size_t at = 0; at < covered.size(); at += kPieceBytes)
    pieces.push_back(covered.subspan(at, std::min(kPieceBytes, covered.size() - at)));
  std::vector<Digest> digests(pieces.size());
  hash::sha256_many(pieces, digests);
  Bytes all;
  for (const Digest& digest : digests) all.insert(all.end(), digest.bytes.begin(), digest.bytes.end());
  return hash::sha256(all);
}

Times load_times(const std::uint8_t* at) {
  return {{static_cast<std::int64_t>(load_u64(at)), load_u32(at + 16)},
          {static_cast<std::int64_t>(load_u64(at + 8)), load_u32(at + 20)}};
}

void store_times(std::uint8_t* at, const Times& times) {
  store_u64(at, static_cast<std::uint64_t>(times.mtime.seconds));
  store_u64(at + 8, static_cast<std::uint64_t>(times.ctime.seconds));
  store_u32(at + 16, times.mtime.nanoseconds);
  store_u32(at + 20, times.ctime.nanoseconds);
}

Timestamp load_timestamp(const std::uint8_t* at) {
  return {static_cast<std::int64_t>(load_u64(at)), load_u32(at + 8)};
}

void store_timestamp(std::uint8_t* at, Timestamp time) {
  store_u64(at, static_cast<std::uint64_t>(time.seconds));
  store_u32(at + 8, time.nanoseconds);
}

std::uint16_t load_u16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] | at[1] << 8);
}

void store_u16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value);
  at[1] = static_cast<std::uint8_t>(value >> 8);
}

Digest load_digest(const std::uint8_t* at) {
  Digest digest;
  std::memcpy(digest.bytes.data(), at, digest.bytes.size());
  return digest;
}

void store_digest(std::uint8_t* at, const Digest& digest) {
  std::memcpy(at, digest.bytes.data(), digest.bytes.size());
}

}  // namespace cowstore::index::layout
