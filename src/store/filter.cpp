#include "store/filter.hpp"

#include "base/coding.hpp"

namespace cowstore::store {

namespace {

constexpr std::uint64_t kBitsPerId = 12;
constexpr std::size_t kWords = 8;

std::size_t block_offset(std::size_t filter_bytes, const Digest& id) {
  std::uint64_t blocks = filter_bytes / kFilterBlockBytes;
  std::uint64_t uniform = base::load_u32(id.bytes.data() + 8);
  return static_cast<std::size_t>((uniform * blocks) >> 32) * kFilterBlockBytes;
}

std::uint32_t bit_of_word(const Digest& id, std::size_t word) {
  std::uint64_t bits = base::load_u64(id.bytes.data() + 12);
  return std::uint32_t{1} << ((bits >> (5 * word)) & 31);
}

}  // namespace

std::uint64_t filter_blocks_for(std::uint64_t ids) {
  return std::max<std::uint64_t>(1, (ids * kBitsPerId + 255) / 256);
}

void filter_add(std::span<std::uint8_t> filter, const Digest& id) {
  std::uint8_t* block = filter.data() + block_offset(filter.size(), id);
  for (std::size_t word = 0; word < kWords; ++word) {
    std::uint8_t* at = block + 4 * word;
    base::store_u32(at, base::load_u32(at) | bit_of_word(id, word));
  }
}

bool filter_may_contain(ByteView filter, const Digest& id) {
  const std::uint8_t* block = filter.data() + block_offset(filter.size(), id);
  std::uint32_t missing = 0;
  for (std::size_t word = 0; word < kWords; ++word) {
    missing |= bit_of_word(id, word) & ~base::load_u32(block + 4 * word);
  }
  return missing == 0;
}

}  // namespace cowstore::store
