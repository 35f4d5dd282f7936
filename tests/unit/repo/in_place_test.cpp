#include "repo/in_place.hpp"

#include <unistd.h>

#include <filesystem>

#include "repo_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/test_filesystems.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::repo {
namespace {

class InPlace : public RepoBed {
 protected:
  InPlace() {
    have("a", "1");
    have("d/x", "1");
    have("d/y", "1");
    have("old/z", "1");
    one_ = commit("one").hex();
    have("a", "2");
    have("d/x", "2");
    have("new/w", "2");
    test::remove_path(wc("old"));
    two_ = commit("two").hex();
  }
  std::string tree() const { return test::tree_text(temp / "wc", test::Fields::kNoTimes); }
  void expect_refused(const std::string& revision, const std::string& path) {
    std::string before = tree();
    auto report = try_checkout(revision);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.error().code, ErrorCode::kConflict);
    EXPECT_NE(report.error().message().find(path), std::string::npos) << report.error().message();
    EXPECT_EQ(tree(), before);
    EXPECT_FALSE(exists(".cowstore/journal") && status().empty());
  }
  std::string one_, two_;
};

TEST_F(InPlace, SwitchesThereAndBack) {
  std::string second = tree();
  checkout(one_);
  EXPECT_EQ(status(), Names{});
  EXPECT_EQ(read("d/x"), "1");
  EXPECT_FALSE(exists("new"));
  EXPECT_EQ(read("old/z"), "1");
  checkout(two_);
  EXPECT_EQ(tree(), second);
  EXPECT_EQ(status(), Names{});
}

TEST_F(InPlace, RefusesToOverwriteEditsAndTouchesNothing) {
  have("a", "mine");
  expect_refused(one_, "a");
  have("a", "2");
  have("old/z", "unversioned");
  expect_refused(one_, "old/z");
}

TEST_F(InPlace, CarriesEditsAlongThatAreNotInTheWay) {
  have("d/y", "mine");
  have("d/new", "mine too");
  checkout(one_);
  EXPECT_EQ(status(), (Names{"A d/new", "M d/y"}));
}

TEST_F(InPlace, WithForceKeepsEverythingItDestroysForUndo) {
  have("a", "mine");
  have("old", "a file where the target has a directory");
  test::remove_path(wc("d/x"));
  std::string before = tree();
  checkout(one_, Overwrite::kForce);
  EXPECT_EQ(read("a"), "1");
  EXPECT_EQ(read("d/x"), "1");
  EXPECT_EQ(read("old/z"), "1");
  undo();
  EXPECT_EQ(tree(), before);
  EXPECT_EQ(status(), (Names{"A old", "M a", "D d/x"}));
}

TEST_F(InPlace, WithForceOverADirectoryKeepsWhatWasInIt) {
  checkout(one_);
  have("n", "file in the third");
  CommitOptions options;
  ASSERT_TRUE(repository->commit(options).ok());
  std::string three = repository->show("@")->id.hex();
  checkout(one_);
  have("n/deep/er/file", "mine");
  have("n/other", "mine");
  std::string before = tree();
  expect_refused(three, "n");
  checkout(three, Overwrite::kForce);
  EXPECT_EQ(read("n"), "file in the third");
  undo();
  EXPECT_EQ(tree(), before);
}

TEST_F(InPlace, OfADirectoryWhosePermissionsBothChangedLosesNothingOnUndo) {
  test::set_mode(wc("d"), 0750);
  have("d/x", "3");
  commit("three");
  checkout(two_);
  test::set_mode(wc("d"), 0711);
  have("d/x", "mine");
  std::string before = tree();
  std::string three = repository->operations(0)->empty() ? "" : repository->show("main")->id.hex();
  checkout(three, Overwrite::kForce);
  undo(Overwrite::kForce);
  EXPECT_EQ(read("d/x"), "mine");
  EXPECT_EQ(read("d/y"), "1");
  EXPECT_EQ(read("a"), "2");
}

TEST_F(InPlace, RefusesWhereSomethingElseTookADirectorysPlace) {
  checkout(one_);
  test::remove_path(wc("d"));
  have("d", "a file");
  expect_refused(two_, "d");
  EXPECT_FALSE(try_checkout(two_, Overwrite::kForce).ok());
  EXPECT_EQ(read("d"), "a file");
  test::remove_path(wc("d"));
  test::make_dirs(temp / "outside");
  test::make_symlink(temp / "outside", wc("d"));
  expect_refused(two_, "d");
  EXPECT_FALSE(test::exists(temp / "outside/x"));
}

TEST_F(InPlace, KeepsUnversionedFilesOfDirectoriesThatGo) {
  have("new/mine", "5");
  CheckoutReport report = checkout(one_);
  EXPECT_EQ(report.kept, Names{"new/mine"});
  EXPECT_EQ(read("new/mine"), "5");
  EXPECT_FALSE(exists("new/w"));
}

TEST_F(InPlace, LeavesAnIndexThatVouchesForWhatItMade) {
  std::string large(std::size_t{17} << 20, 'x');
  have("large", large);
  commit("large");
  large[5] = 'y';
  have("large", large);
  commit("larger");
  checkout("@~1");
  test::CountCalls calls;
  {
    test::ScopedObserver watching(calls);
    EXPECT_EQ(status(), Names{});
  }
  EXPECT_LT(calls.bytes_read(), std::uint64_t{1} << 20);
  checkout("main");
  EXPECT_EQ(read("large"), large);
}

TEST_F(InPlace, RefusesToTakeBackSomebodysPermissionsOfADirectory) {
  test::set_mode(wc("d"), 0750);
  std::string three = commit("three").hex();
  test::set_mode(wc("d"), 0711);
  expect_refused(two_, "d");
  EXPECT_EQ(status(), Names{"M d"});
  // Versions that agree on it let it be.
  checkout(three);
  EXPECT_EQ(status(), Names{"M d"});
  checkout(two_, Overwrite::kForce);
  EXPECT_EQ(status(), Names{});
}

TEST_F(InPlace, RefusesBeforeTheFirstChangeWhereADirectoryCantBeChanged) {
  if (!test::is_root_or_skip()) return;
  test::set_mode(wc("d"), 0555);
  std::string three = commit("three").hex();
  have("d/x", "4");
  std::string four = commit("four").hex();
  std::filesystem::path all = temp.path();
  ASSERT_EQ(::chown(all.c_str(), 65534, 65534), 0);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(all))
    ASSERT_EQ(::lchown(entry.path().c_str(), 65534, 65534), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  std::string before = tree();
  auto report = try_checkout(three);
  bool journaled = exists(".cowstore/journal");
  test::set_mode(wc("d"), 0755);
  auto again = try_checkout(three);
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kIo);
  EXPECT_NE(report.error().message().find("d"), std::string::npos) << report.error().message();
  EXPECT_FALSE(journaled);
  EXPECT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(read("d/x"), "2");
}

TEST_F(InPlace, KeepsAnEditThatACrashLeftMovedOut) {
  test::write_file(wc(".cowstore/tmp/out-3"), "somebody's");
  test::write_file(wc(".cowstore/tmp/out-4"), "1");     // as one of the versions has it
  test::write_file(wc(".cowstore/tmp/new-5"), "some");  // was being made
  checkout(one_);
  Names added = status();
  ASSERT_EQ(added.size(), 1u);
  std::string name = added.front().substr(2);
  EXPECT_EQ(read(name), "somebody's");
  ASSERT_FALSE(notices.empty());
  EXPECT_NE(notices.back().find(name), std::string::npos) << notices.back();
}

TEST_F(InPlace, NeverTakesADamagedJournalForOrdersToRemoveFiles) {
  std::string journal = wc(".cowstore/journal");
  checkout(one_);
  std::string text = test::read_file(journal);
  auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  };
  replace("finished", "executing");
  replace("\"tree\":\"", "\"tree\":\"z");
  test::write_file(journal, text);
  std::string before = tree();
  // Reading goes on; what would change files refuses.
  reopen();
  auto report = try_checkout(two_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(repository->commit({}).ok());
  EXPECT_EQ(tree(), before);
}

TEST_F(InPlace, RestoresPathsAndNothingElse) {
  have("a", "mine");
  have("d/x", "mine");
  have("d/y", "mine");
  RestoreOptions options;
  options.paths = {"d/x"};
  ASSERT_TRUE(repository->restore(options).ok());
  EXPECT_EQ(read("d/x"), "2");
  EXPECT_EQ(status(), (Names{"M a", "M d/y"}));
  undo();
  EXPECT_EQ(read("d/x"), "mine");
  options.source = one_;
  options.paths = {"old", "a"};
  ASSERT_TRUE(repository->restore(options).ok());
  EXPECT_EQ(read("a"), "1");
  EXPECT_EQ(read("old/z"), "1");
  undo();
  EXPECT_EQ(read("a"), "mine");
  EXPECT_FALSE(exists("old/z"));
}

TEST_F(InPlace, RestoresWhatWasDeletedInADirectoryThatIsGone) {
  test::remove_path(wc("d"));
  RestoreOptions options;
  options.paths = {"d/x"};
  ASSERT_TRUE(repository->restore(options).ok());
  EXPECT_EQ(status(), Names{"D d/y"});
  undo();
  EXPECT_EQ(status(), (Names{"D d/x", "D d/y"}));
}

}  // namespace
}  // namespace cowstore::repo
