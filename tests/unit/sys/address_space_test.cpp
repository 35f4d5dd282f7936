#include "sys/address_space.hpp"

#include <linux/fiemap.h>

#include <cerrno>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/file.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::sys {
namespace {

class AddressSpaceTest : public test::FilesystemTest {
 protected:
  std::string space_of(const std::string& path) { return *address_space_of(*Dir::open(path)); }
};
INSTANTIATE_TEST_SUITE_P(On, AddressSpaceTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(AddressSpaceTest, IsOnePerFileSystem) {
  if (skipped()) return;
  test::TempDir elsewhere;
  test::make_dirs(temp() / "a/b");
  EXPECT_EQ(space_of(temp() / "a"), space_of(temp() / "a/b"));
  EXPECT_NE(space_of(temp() / "a"), space_of(elsewhere.path()));
}

TEST_P(AddressSpaceTest, VisitsManyExtentsInOrderWithoutWritingBack) {
  if (skipped()) return;
  constexpr std::uint64_t kCount = 200;  // more than one call takes
  test::write_hole(temp() / "file", kCount * 8192);
  {
    Fd fd = *temp().open().open_write("file");
    for (std::uint64_t i = 0; i < kCount; ++i)
      ASSERT_TRUE(write_at(fd, as_bytes(test::random_bytes(4096, i)), i * 8192, "file").ok());
    ASSERT_TRUE(sync_data(fd, "file").ok());
  }
  std::vector<Extent> found;
  ASSERT_TRUE(
      visit_extents(*temp().open().open_read("file"), "file", [&](const Extent& e) { found.push_back(e); }).ok());
  ASSERT_EQ(found.size(), kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(found[i].logical, i * 8192);
    EXPECT_EQ(placement_of(found[i]), Placement::kPlain);
  }
}

TEST(AddressSpace, OfSubvolumesIsThatOfTheirFileSystem) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  ASSERT_TRUE(create_subvolume(temp->open(), "sub").ok());
  Dir sub = *Dir::open(*temp / "sub");
  EXPECT_NE(sub.stat_self()->device, temp->open().stat_self()->device);
  EXPECT_EQ(*address_space_of(sub), *address_space_of(temp->open()));
}

TEST(AddressSpace, PlacementComesFromTheFlags) {
  auto placed = [](std::uint32_t flags) { return placement_of({0, 0, 4096, flags}); };
  EXPECT_EQ(placed(FIEMAP_EXTENT_SHARED | FIEMAP_EXTENT_LAST), Placement::kPlain);
  EXPECT_EQ(placed(FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_NOT_ALIGNED), Placement::kInline);
  EXPECT_EQ(placed(FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNKNOWN), Placement::kDelayed);
  EXPECT_EQ(placed(FIEMAP_EXTENT_ENCODED), Placement::kEncoded);
  EXPECT_EQ(placed(FIEMAP_EXTENT_UNKNOWN), Placement::kDelayed);
}

}  // namespace
}  // namespace cowstore::sys
