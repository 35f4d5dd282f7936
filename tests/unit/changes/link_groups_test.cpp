#include "changes/link_groups.hpp"

#include <gtest/gtest.h>

#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

using Links = FullAttributes::Links;

class LinkGroups : public testing::Test {
 protected:
  Scan scan(const std::vector<std::string>& paths = {""}) {
    ScanOptions options;
    options.attributes = store::AttributesPolicy::kFull;
    options.paths = *PathSelection::of(paths);
    return copy_.scan(options);
  }
  static Links links_at(const Scan& scan, const std::string& path) {
    const ScannedEntry* entry = scan.find(path);
    return entry == nullptr || entry->full == nullptr ? Links::kAlone : entry->full->links;
  }
  static std::uint64_t number_at(const Scan& scan, const std::string& path) {
    return scan.find(path)->full->link_group;
  }

  test::TempDir temp_;
  WorkingCopy copy_{temp_};
};

TEST_F(LinkGroups, HaveTheNumberOfTheirFirstPathAcrossDirectories) {
  test::write_file(copy_ / "z", "1");
  test::make_dirs(copy_ / "d");
  test::make_hard_link(copy_ / "z", copy_ / "d/x");
  test::make_hard_link(copy_ / "z", copy_ / "d.txt");
  test::write_file(copy_ / "alone", "1");
  const Scan found = scan();
  for (const char* path : {"z", "d/x", "d.txt"}) {
    EXPECT_EQ(links_at(found, path), Links::kGroup) << path;
    EXPECT_EQ(number_at(found, path), link_group_of("d.txt")) << path;
  }
  EXPECT_EQ(links_at(found, "alone"), Links::kAlone);
}

TEST_F(LinkGroups, KeepTheirNumbersWhenOtherGroupsComeAndInodesChange) {
  test::write_file(copy_ / "m", "1");
  test::make_hard_link(copy_ / "m", copy_ / "n");
  const std::uint64_t before = number_at(scan(), "m");
  test::write_file(copy_ / "a", "2");
  test::make_hard_link(copy_ / "a", copy_ / "b");
  test::remove_path(copy_ / "n");
  test::remove_path(copy_ / "m");
  test::write_file(copy_ / "n", "3");
  test::make_hard_link(copy_ / "n", copy_ / "m");
  EXPECT_EQ(number_at(scan(), "n"), before);
}

TEST_F(LinkGroups, OfNamesOutsideOfTheDirectoryAreNone) {
  test::write_file(copy_ / "a", "1");
  test::TempDir elsewhere;
  test::make_hard_link(copy_ / "a", elsewhere / "outside");
  EXPECT_EQ(links_at(scan(), "a"), Links::kAlone);
}

TEST_F(LinkGroups, AreUnknownWhereTheSelectionLeavesOutNames) {
  test::write_file(copy_ / "a", "1");
  test::make_hard_link(copy_ / "a", copy_ / "b");
  test::make_hard_link(copy_ / "a", copy_ / "c");
  EXPECT_EQ(links_at(scan({"a"}), "a"), Links::kUnknown);
  EXPECT_EQ(links_at(scan({"a", "b"}), "b"), Links::kUnknown);
  EXPECT_EQ(links_at(scan({"a", "b", "c"}), "b"), Links::kGroup);
}

TEST_F(LinkGroups, OfLinksAndSpecialFilesAreFoundToo) {
  test::make_symlink("nowhere", copy_ / "l1");
  test::make_hard_link(copy_ / "l1", copy_ / "l2");
  EXPECT_EQ(links_at(scan(), "l2"), Links::kGroup);
}

TEST_F(LinkGroups, AreNotLookedForWithoutFullAttributes) {
  test::write_file(copy_ / "a", "1");
  test::make_hard_link(copy_ / "a", copy_ / "b");
  EXPECT_EQ(copy_.scan().find("a")->full, nullptr);
}

TEST(LinkGroupNumber, IsFiftySixBitsOfThePathAlone) {
  EXPECT_EQ(link_group_of("a"), link_group_of("a"));
  EXPECT_NE(link_group_of("a"), link_group_of("b"));
  EXPECT_EQ(link_group_of("some/long path") >> 56, 0U);
}

}  // namespace
}  // namespace cowstore::changes
