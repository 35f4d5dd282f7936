#include "sys/extents.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fiemap.h>

#include <cerrno>

#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/dir.hpp"
#include "sys/file.hpp"

namespace cowstore::sys {
namespace {

class ExtentsTest : public test::FilesystemTest {
 protected:
  std::vector<Extent> map_of(const std::string& name, std::size_t limit = 100000) {
    auto extents = extent_map(*temp().open().open_read(name), limit, name);
    EXPECT_TRUE(extents.ok());
    return extents.ok() ? *extents : std::vector<Extent>();
  }

  /// Data in every second block of 4 KiB: one extent for each.
  void write_fragments(const std::string& name, std::uint64_t count) {
    test::write_hole(temp() / name, count * 8192);
    Fd fd = *temp().open().open_write(name);
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(write_at(fd, as_bytes(test::random_bytes(4096, i)), i * 8192, name).ok());
    }
  }
};
INSTANTIATE_TEST_SUITE_P(On, ExtentsTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(ExtentsTest, DirtyDataIsWrittenBackFirst) {
  test::write_file(temp() / "file", test::random_bytes(300000, 1));
  std::uint64_t covered = 0;
  for (const Extent& extent : map_of("file")) {
    EXPECT_TRUE(extent.comparable());
    EXPECT_EQ(extent.flags & FIEMAP_EXTENT_DELALLOC, 0U);
    EXPECT_GT(extent.physical, 0U);
    EXPECT_EQ(extent.logical, covered);
    covered += extent.length;
  }
  EXPECT_GE(covered, 300000U);
}

TEST_P(ExtentsTest, EmptyFilesAndHolesHaveNoExtents) {
  test::write_file(temp() / "empty", "");
  test::write_hole(temp() / "hole", 1 << 20);
  EXPECT_TRUE(map_of("empty").empty());
  EXPECT_TRUE(map_of("hole").empty());
}

TEST_P(ExtentsTest, ManyExtentsComeInOrderAndWhole) {
  constexpr std::uint64_t kCount = 400;  // more than one call takes
  write_fragments("file", kCount);
  auto extents = map_of("file");
  ASSERT_EQ(extents.size(), kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(extents[i].logical, i * 8192);
    EXPECT_EQ(extents[i].length, 4096U);
  }
}

TEST_P(ExtentsTest, ManyExtentsAreCountedInOneCall) {
  write_fragments("file", 400);
  test::write_file(temp() / "empty", "");
  Fd fd = *temp().open().open_write("file");
  ASSERT_TRUE(sync_data(fd, "file").ok());
  test::CountCalls calls;
  {
    test::ScopedObserver watching(calls);
    EXPECT_EQ(*count_extents(fd, "file"), 400U);
  }
  EXPECT_EQ(calls.count(Call::kExtents), 1U);
  EXPECT_EQ(*count_extents(*temp().open().open_read("empty"), "empty"), 0U);
}

TEST_P(ExtentsTest, MoreExtentsThanTheLimitAreRefused) {
  write_fragments("file", 300);
  Fd fd = *temp().open().open_read("file");
  EXPECT_TRUE(extent_map(fd, 300, "file").ok());
  auto refused = extent_map(fd, 299, "file");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(refused.error().message(), "map the extents of file: it has more than 299");
}

TEST_P(ExtentsTest, PreallocatedSpaceIsMarkedUnwritten) {
  test::write_file(temp() / "file", "");
  ASSERT_EQ(::posix_fallocate(temp().open().open_write("file")->get(), 0, 1 << 20), 0);
  auto extents = map_of("file");
  ASSERT_FALSE(extents.empty());
  for (const Extent& extent : extents) EXPECT_NE(extent.flags & FIEMAP_EXTENT_UNWRITTEN, 0U);
}

TEST(Extents, WithoutTheIoctlTheFileSystemIsUnsupported) {
  auto extents = extent_map(*Dir::open("/proc/self")->open_read("status"), 10, "status");
  ASSERT_FALSE(extents.ok());
  EXPECT_EQ(extents.error().code, ErrorCode::kUnsupported);
}

TEST(Extents, InlineCompressedAndUnknownExtentsAreNotComparable) {
  for (std::uint32_t flag :
       {FIEMAP_EXTENT_UNKNOWN, FIEMAP_EXTENT_DELALLOC, FIEMAP_EXTENT_ENCODED, FIEMAP_EXTENT_DATA_ENCRYPTED,
        FIEMAP_EXTENT_NOT_ALIGNED, FIEMAP_EXTENT_DATA_INLINE, FIEMAP_EXTENT_DATA_TAIL}) {
    Extent extent{0, 4096, 4096, flag};
    EXPECT_FALSE(extent.comparable());
    EXPECT_FALSE(same_blocks({extent}, {extent})) << flag;
  }
  for (std::uint32_t flag :
       {0, FIEMAP_EXTENT_LAST, FIEMAP_EXTENT_SHARED, FIEMAP_EXTENT_MERGED, FIEMAP_EXTENT_UNWRITTEN}) {
    Extent extent{0, 4096, 4096, flag};
    EXPECT_TRUE(same_blocks({extent}, {extent})) << flag;
  }
}

TEST(Extents, MapsAreTheSameHoweverTheyAreCut) {
  std::vector<Extent> whole{{0, 8192, 12288, FIEMAP_EXTENT_LAST}};
  std::vector<Extent> cut{{0, 8192, 4096, FIEMAP_EXTENT_SHARED}, {4096, 12288, 8192, FIEMAP_EXTENT_LAST}};
  EXPECT_TRUE(same_blocks(whole, cut));
  EXPECT_TRUE(same_blocks(cut, whole));
  EXPECT_TRUE(same_blocks({}, {}));
}

TEST(Extents, AnUnwrittenExtentIsAHole) {
  std::vector<Extent> data{{0, 8192, 4096, 0}};
  std::vector<Extent> reserved{{0, 8192, 4096, 0}, {4096, 12288, 8192, FIEMAP_EXTENT_UNWRITTEN}};
  EXPECT_TRUE(same_blocks(data, reserved));
  EXPECT_TRUE(same_blocks({}, {{0, 8192, 4096, FIEMAP_EXTENT_UNWRITTEN}}));
  EXPECT_FALSE(same_blocks(data, {{0, 8192, 4096, FIEMAP_EXTENT_UNWRITTEN}}));
}

TEST(Extents, AnyDifferenceOfPlaceMakesMapsDifferent) {
  std::vector<Extent> base{{0, 8192, 4096, 0}, {8192, 40960, 4096, FIEMAP_EXTENT_LAST}};
  auto changed = [&](auto change) {
    std::vector<Extent> other = base;
    change(other);
    return other;
  };
  EXPECT_FALSE(same_blocks(base, changed([](auto& map) { map[0].physical += 4096; })));
  EXPECT_FALSE(same_blocks(base, changed([](auto& map) { map[1].logical += 4096; })));
  EXPECT_FALSE(same_blocks(base, changed([](auto& map) { map[1].length += 4096; })));
  EXPECT_FALSE(same_blocks(base, changed([](auto& map) { map[1].flags |= FIEMAP_EXTENT_UNWRITTEN; })));
  EXPECT_FALSE(same_blocks(base, changed([](auto& map) { map.pop_back(); })));
  EXPECT_FALSE(same_blocks({}, base));
  // Neighbours in the file that lie apart on the device, or the other way round, are not one extent.
  EXPECT_FALSE(same_blocks({{0, 8192, 8192, 0}}, {{0, 8192, 4096, 0}, {4096, 40960, 4096, 0}}));
  EXPECT_FALSE(same_blocks({{0, 8192, 8192, 0}}, {{0, 8192, 4096, 0}, {8192, 12288, 4096, 0}}));
}

}  // namespace
}  // namespace cowstore::sys
