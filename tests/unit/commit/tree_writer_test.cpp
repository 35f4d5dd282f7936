#include "commit/tree_writer.hpp"

#include <filesystem>

#include "changes/compare.hpp"
#include "commit/staged_nodes.hpp"
#include "commit_bed.hpp"
#include "object/splice.hpp"
#include "support/random_bytes.hpp"

namespace cowstore::commit {
namespace {

using changes::Record;
using object::TreeRoots;

class TreeWriter : public CommitBed {
 protected:
  Result<TreeRoots> spliced(const TreeRoots& base, const TreeRoots& donor, const std::vector<std::string>& paths) {
    StagedNodes nodes(*bed_.store, *transaction_);
    return object::splice_paths(nodes, nodes, base, donor, paths);
  }

  /// Whether everything above the path is a directory, or isn't there.
  bool is_reachable(const std::string& path) const {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      std::string above = copy_ / path.substr(0, at);
      if (test::exists(above) && !std::filesystem::is_directory(above)) return false;
    }
    return true;
  }

  /// Makes, replaces or removes a few of these paths.
  void edit(test::Random& random, const std::vector<std::string>& paths) {
    for (int i = 0; i < 6; ++i) {
      const std::string& path = paths[random.below(paths.size())];
      if (!is_reachable(path)) continue;
      test::remove_path(copy_ / path);
      if (random.below(3) != 0) have(path, std::to_string(random.below(3)));
    }
  }
};

TEST_F(TreeWriter, MakesTheTreesThatTheDiskHas) {
  EXPECT_EQ(commit_all(), copy_.record());
  have("a", "1");
  have("d/x", test::random_bytes(300'000, 1));
  have("d/e/y", "");
  have("\xff name", "2");
  test::make_dirs(copy_ / "empty/below");
  test::make_symlink("d/x", copy_ / "l");
  test::set_mode(copy_ / "a", 0751);
  test::set_mode(copy_ / "d", 0700);
  for (int i = 0; i < 600; ++i) have("many/" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(commit_all(), copy_.record());
}

TEST_F(TreeWriter, RecordsNoAttributesWhereTheStoreKeepsNone) {
  have("d/x", "1");
  begin();
  changes::Scan scan = copy_.scan();
  store(scan);
  EXPECT_EQ(write(scan, {}, store::AttributesPolicy::kNone), copy_.record(Record::kContent));
}

TEST_F(TreeWriter, OfASelectionPutsThatIntoTheBaseAndKeepsTheRest) {
  have("a", "1");
  have("b", "1");
  have("d/x", "1");
  have("d/y", "1");
  have("gone/x", "1");
  have("gone/y", "1");
  have("file/x", "1");
  have("file/y", "1");
  TreeRoots base = commit_all();
  have("a", "2");
  have("b", "2");
  have("d/x", "2");
  have("d/y", "2");
  have("n/e/w", "3");
  have("n/other", "3");
  test::remove_path(copy_ / "gone");
  test::remove_path(copy_ / "file");
  have("file", "4");
  TreeRoots now = copy_.record();
  commit_all();  // so that the store has the nodes that splicing reads
  const std::vector<std::vector<std::string>> kSelections = {{"a"},
                                                             {"d/x"},
                                                             {"d"},
                                                             {"n/e/w"},
                                                             {"n"},
                                                             {"gone"},
                                                             {"gone/x"},
                                                             {"gone/x", "gone/y"},
                                                             {"file"},
                                                             {"file/x"},
                                                             {"absent"},
                                                             {"absent/x"},
                                                             {"a", "d/y", "n/other"},
                                                             {"d/absent", "b"},
                                                             {"a/below"}};
  for (const auto& paths : kSelections) {
    begin();
    changes::Scan scan = scan_of(paths);
    store(scan);
    auto expected = spliced(base, now, paths);
    ASSERT_TRUE(expected.ok()) << expected.error().message();
    EXPECT_EQ(write(scan, base), *expected) << paths.front();
  }
}

TEST_F(TreeWriter, OfASelectionWithoutABaseHasThatAlone) {
  have("a", "1");
  have("d/x", "1");
  have("d/y", "1");
  begin();
  changes::Scan scan = scan_of({"d/x"});
  store(scan);
  TreeRoots roots = write(scan);
  publish();
  test::remove_path(copy_ / "a");
  test::remove_path(copy_ / "d/y");
  EXPECT_EQ(roots.tree, copy_.record().tree);
}

TEST_F(TreeWriter, AgreesWithSplicingForRandomEditsAndSelections) {
  constexpr std::uint64_t kRounds = COWSTORE_SOAK ? 300 : 12;
  const std::vector<std::string> kPaths{"a", "b", "d", "d/x", "d/e", "d/e/z", "d/e/f/g", "w/x", "w"};
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    test::Random random(seed);
    edit(random, kPaths);
    TreeRoots base = commit_all();
    edit(random, kPaths);
    TreeRoots now = commit_all();
    std::vector<std::string> paths;
    for (std::uint64_t i = random.below(3) + 1; i > 0; --i) paths.push_back(kPaths[random.below(kPaths.size())]);
    begin();
    changes::Scan scan = scan_of(paths);
    store(scan);
    auto expected = spliced(base, now, paths);
    ASSERT_TRUE(expected.ok());
    ASSERT_EQ(write(scan, base), *expected) << "seed " << seed;
  }
}

TEST_F(TreeWriter, LeavesADirectoryThatIsntLookedIntoAsItWas) {
  have("nested/x", "1");
  have("a", "1");
  TreeRoots base = commit_all();
  test::make_dirs(copy_ / "nested/.cowstore");
  have("nested/x", "2");
  begin();
  changes::Scan scan = copy_.scan();
  store(scan);
  TreeRoots roots = write(scan, base);
  EXPECT_EQ(roots.tree, base.tree);
  for (const char* path : {"nested", "nested/x"}) {
    changes::Scan partial = scan_of({path});
    EXPECT_EQ(write(partial, base).tree, base.tree) << path;
  }
}

TEST_F(TreeWriter, KeepsTheFileInWhosePlaceThereIsANestedRepository) {
  have("x", "1");
  TreeRoots base = commit_all();
  test::remove_path(copy_ / "x");
  test::make_dirs(copy_ / "x/.cowstore");
  begin();
  changes::Scan scan = copy_.scan();
  store(scan);
  EXPECT_EQ(write(scan, base).tree, base.tree);
}

TEST_F(TreeWriter, EncodesNothingAgainThatTheIndexKnows) {
  for (int i = 0; i < 30; ++i) have("d" + std::to_string(i) + "/x", std::to_string(i));
  TreeRoots base = commit_all();
  copy_.settle(copy_.record());
  have("d7/x", "changed");
  begin();
  changes::Scan scan = copy_.scan();
  store(scan);
  EXPECT_EQ(ingester_->files_hashed(), 1u);
  TreeRoots roots = write(scan, base);
  store::TransactionStats stats = transaction_->stats();
  EXPECT_LE(stats.nodes_new + stats.nodes_known, 4u);
  EXPECT_EQ(roots, copy_.record());
}

TEST_F(TreeWriter, TellsDirectoriesTheIdsThatTheyWereWrittenUnder) {
  have("a", "1");
  have("d/e/x", "2");
  test::make_symlink("a", copy_ / "d/l");
  begin();
  changes::Scan scan = copy_.scan();
  store(scan);
  const TreeRoots roots = write(scan);
  EXPECT_EQ(scan.directory().known_tree, roots.tree);
  EXPECT_EQ(scan.directory().known_attributes, roots.attributes);
  publish();
  const std::vector<changes::ScannedDirectory*> told = {scan.find("d")->directory.get(),
                                                        scan.find("d/e")->directory.get()};
  std::vector<std::pair<std::optional<TreeId>, std::optional<AttributesId>>> ids;
  for (auto* each : told) {
    ids.emplace_back(each->known_tree, each->known_attributes);
    each->known_tree.reset();
    each->known_attributes.reset();
  }
  scan.directory().known_tree.reset();
  // A comparison finds the same.
  changes::CompareTools tools{copy_.root(), *bed_.store, chunk::rule_of(chunk::Profile::kDefault), copy_.pool};
  ASSERT_TRUE(changes::compare(scan, roots, tools, {changes::Times::kReport}).ok());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_TRUE(ids[i].first && ids[i].second);
    EXPECT_EQ(ids[i], std::pair(told[i]->known_tree, told[i]->known_attributes));
  }
}

TEST_F(TreeWriter, TellsNoDirectoryOfWhichThereIsSomethingThatNobodyLookedAt) {
  have("kept/x", "1");
  have("nested/x", "1");
  have("d/x", "1");
  const TreeRoots base = commit_all();
  test::make_dirs(copy_ / "nested/.cowstore");
  have("d/x", "changed");
  begin();
  changes::Scan scan = copy_.scan();
  store(scan);
  scan.find("kept/x")->state = changes::ScannedEntry::State::kKept;
  write(scan, base);
  EXPECT_FALSE(scan.directory().known_tree);
  EXPECT_FALSE(scan.find("kept")->directory->known_tree);
  EXPECT_FALSE(scan.find("nested")->directory->known_tree);
  EXPECT_TRUE(scan.find("d")->directory->known_tree);
  changes::Scan partial = scan_of({"d/x"});
  store(partial);
  write(partial, base);
  EXPECT_FALSE(partial.directory().known_tree);
  EXPECT_FALSE(partial.find("d")->directory->known_tree);
}

TEST_F(TreeWriter, EncodesAgainWhatTheIndexKnowsButTheStoreLacks) {
  have("d/x", "1");
  commit_all();
  copy_.settle(copy_.record());
  // Another store, in which nothing of it is.
  test::TempDir other_temp;
  test::StoreBed other(other_temp);
  auto transaction = std::move(other.store->begin()).value();
  changes::Scan scan = copy_.scan();
  auto roots =
      write_trees(*other.store, *transaction, store::AttributesPolicy::kTimes, scan, scan.selection, {}, copy_.root());
  ASSERT_TRUE(roots.ok());
  EXPECT_EQ(*roots, copy_.record());
  EXPECT_GE(transaction->stats().nodes_new, 4u);
}

}  // namespace
}  // namespace cowstore::commit
