// Directories that are large enough to be looked at in pieces.

#include "changes/directory_visit.hpp"

#include <algorithm>

#include "support/descriptor_limit.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

constexpr int kMany = 5000;

std::string number_text(int number) {
  return std::to_string(100'000 + number);
}

/// So many names in `directory`, all of one file.
void make_many(const WorkingCopy& copy, const std::string& directory, int count) {
  test::write_file(copy / (directory + "/" + number_text(0)), "x");
  for (int i = 1; i < count; ++i) {
    test::make_hard_link(copy / (directory + "/" + number_text(0)), copy / (directory + "/" + number_text(i)));
  }
}

class LargeDirectory : public testing::Test {
 protected:
  test::TempDir temp_;
  WorkingCopy copy_{temp_};
};

TEST_F(LargeDirectory, LeavesNoGapWhereNamesAreIgnored) {
  make_many(copy_, "many", kMany);
  test::write_file(copy_ / ".cowignore", "/many/*[13579]\n/many/101*\n");  // in all pieces, and one of them wholly
  const Scan scan = copy_.scan();
  const auto& entries = scan.find("many")->directory->entries;
  ASSERT_EQ(entries.size(), 2000u);
  for (const ScannedEntry& entry : entries) {
    ASSERT_EQ(entry.name.size(), 6u);
    EXPECT_EQ((entry.name.back() - '0') % 2, 0) << entry.name;
  }
  EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end(),
                             [](const ScannedEntry& a, const ScannedEntry& b) { return a.name < b.name; }));
}

TEST_F(LargeDirectory, EntersTheDirectoriesOfAllPieces) {
  make_many(copy_, "many", kMany);
  for (int i = 0; i < kMany; i += 500) test::write_file(copy_ / ("many/" + number_text(i) + "d/inside"), "x");
  const Scan scan = copy_.scan();
  for (int i = 0; i < kMany; i += 500) {
    EXPECT_NE(scan.find("many/" + number_text(i) + "d/inside"), nullptr) << i;
  }
  EXPECT_EQ(scan.find("many")->directory->entries.size(), static_cast<std::size_t>(kMany + kMany / 500));
}

TEST_F(LargeDirectory, IsKnownAsAWholeIfAllPiecesAre) {
  make_many(copy_, "many", kMany);
  const object::TreeRoots version = copy_.record();
  copy_.settle(version);
  const index::StatIndex index = copy_.index();
  const TreeId tree = *index.find_directory("many")->tree();
  EXPECT_EQ(copy_.scan().find("many")->directory->known_tree, tree);

  test::write_file(copy_ / ("many/" + number_text(4321) + "new"), "x");
  const Scan scan = copy_.scan();
  EXPECT_EQ(scan.find("many")->directory->known_tree, std::nullopt);
  EXPECT_EQ(copy_.status(version), "A many/" + number_text(4321) + "new\n");
  test::remove_path(copy_ / ("many/" + number_text(4321) + "new"));
  test::remove_path(copy_ / ("many/" + number_text(1024)));
  EXPECT_EQ(copy_.status(version), "D many/" + number_text(1024) + "\n");
}

TEST_F(LargeDirectory, HoldsFewDescriptorsHoweverManyThereAre) {
  for (int i = 0; i < 30; ++i) make_many(copy_, "d" + std::to_string(i), 1100);
  const index::StatIndex index = copy_.index();
  const test::DescriptorLimit limit(static_cast<rlim_t>(copy_.control().fd()) + 12);
  auto scan = changes::scan(copy_.root(), copy_.control(), index, copy_.pool, {});
  ASSERT_TRUE(scan.ok()) << scan.error().message();
  EXPECT_EQ(scan->find("d29")->directory->entries.size(), 1100u);
}

}  // namespace
}  // namespace cowstore::changes
