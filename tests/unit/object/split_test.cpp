#include "object/split.hpp"

#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

Digest id_with_head(std::uint32_t head) {
  Digest id;
  for (int i = 0; i < 4; ++i) id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(head >> (24 - 8 * i));
  return id;
}

TEST(Split, RunsEndAtLowIdsBetween64And1024) {
  EXPECT_TRUE(ends_after_run(64, id_with_head(22369621)));
  EXPECT_FALSE(ends_after_run(64, id_with_head(22369622)));
  EXPECT_FALSE(ends_after_run(63, id_with_head(0)));
  EXPECT_FALSE(ends_after_run(1023, id_with_head(0xffffffff)));
  EXPECT_TRUE(ends_after_run(1024, id_with_head(0xffffffff)));
}

// Computed by an independent implementation: they pin the hash for ever.
TEST(Split, NameHashesAreFixed) {
  EXPECT_EQ(name_hash(0, ""), 0xb9034ad3U);
  EXPECT_EQ(name_hash(0, "a"), 0x60de25dbU);
  EXPECT_EQ(name_hash(1, "a"), 0x30ccdd7fU);
  EXPECT_EQ(name_hash(0, "include/cowstore"), 0xcb1f678aU);
  EXPECT_EQ(name_hash(2, "\xff\xfe"), 0x90423c66U);
}

TEST(Split, NodesOfNamesHaveAtLeast1KiBAndEndAt32KiB) {
  for (int i = 0; i < 10000; ++i) {
    std::string name = numbered("n", static_cast<std::uint64_t>(i));
    EXPECT_FALSE(ends_after_name(0, name, 0, kMinNamedBytes - 1));
    EXPECT_TRUE(ends_after_name(0, name, kMaxNamedBytes - 1, kMaxNamedBytes));
  }
}

struct Sizes {
  double mean = 0;
  std::size_t max = 0;
};

Sizes node_sizes(std::size_t entry_bytes, std::uint8_t level) {
  std::size_t size = 0, total = 0, nodes = 0, max = 0;
  for (std::uint64_t i = 0; i < 400000 && nodes < 3000; ++i) {
    size += entry_bytes;
    if (!ends_after_name(level, numbered("entry", i), size - entry_bytes, size)) continue;
    total += size;
    max = std::max(max, size);
    ++nodes;
    size = 0;
  }
  return {static_cast<double>(total) / static_cast<double>(nodes), max};
}

TEST(Split, NodesOfNamesAreAbout8KiBWhateverTheSizeOfEntries) {
  for (std::size_t entry_bytes : {40, 75, 300}) {
    for (std::uint8_t level : {std::uint8_t{0}, std::uint8_t{1}}) {
      Sizes sizes = node_sizes(entry_bytes, level);
      EXPECT_GT(sizes.mean, 7800) << entry_bytes;
      EXPECT_LT(sizes.mean, 8800) << entry_bytes;
      EXPECT_LT(sizes.max, 20000U) << entry_bytes;
    }
  }
}

}  // namespace
}  // namespace cowstore::object
