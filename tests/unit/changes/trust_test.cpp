// What the index is trusted with, and what not: a write that goes unnoticed would be lost by the next checkout.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <vector>

#include "index/index_builder.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

class Trust : public WorkingCopyTest {
 protected:
  void SetUp() override {
    WorkingCopyTest::SetUp();
    if (!copy_) return;
    for (const char* path : {"a", "d/b", "d/e/c", "f/g"}) test::write_file(*copy_ / path, "content");
    test::make_symlink("a", *copy_ / "d/link");
    version_ = copy_->record();
  }

  struct Cost {
    std::string status;
    std::uint64_t reads = 0;
    std::uint64_t opens = 0;
    std::uint64_t lists = 0;
    std::size_t nodes = 0;
  };
  /// Of a scan and a comparison, the loading of the index not counted.
  Cost status_and_cost() {
    const index::StatIndex index = copy_->index();
    copy_->nodes.reset_counts();
    test::CountCalls calls;
    test::ScopedObserver watching(calls);
    auto scan = changes::scan(copy_->root(), copy_->control(), index, copy_->pool, {});
    EXPECT_TRUE(scan.ok());
    Cost cost{describe(copy_->compare(*scan, version_)), 0, 0, 0, 0};
    cost.reads = calls.count(sys::Call::kRead);
    cost.opens = calls.count(sys::Call::kOpen);
    cost.lists = calls.count(sys::Call::kList) / 2;  // of a small directory: once for its names, once for the end
    cost.nodes = copy_->nodes.reads;
    return cost;
  }

  object::TreeRoots version_;
};
INSTANTIATE_TEST_SUITE_P(On, Trust, all_filesystems(), test::filesystem_param_name);

TEST_P(Trust, UnchangedFilesAreNotOpenedAndUnchangedDirectoriesReadNoNode) {
  if (!copy_) return;
  copy_->settle(version_);
  const Cost cost = status_and_cost();
  EXPECT_EQ(cost.status, "");
  EXPECT_EQ(cost.reads, 0u);
  EXPECT_LE(cost.opens, 4u);  // three directories, to stat in them; the file that shows the time
  EXPECT_EQ(cost.lists, 0u);
  EXPECT_EQ(cost.nodes, 0u);
}

TEST_P(Trust, WhateverHappensToTheNamesInADirectoryIsFound) {
  if (!copy_) return;
  struct Case {
    const char* what;
    std::function<void()> change;
    const char* status;
  };
  const std::string base = *copy_ / "d";
  const std::vector<Case> cases = {
      {"a new file", [&] { test::write_file(base + "/new", "content"); }, "A d/new\n"},
      {"a new directory with a file", [&] { test::write_file(base + "/e/x/y", "1"); }, "A d/e/x/y\n"},
      {"a removed file", [&] { test::remove_path(base + "/b"); }, "D d/b\n"},
      {"a renamed file", [&] { test::rename_path(base + "/b", base + "/c"); }, "D d/b\nA d/c\n"},
      {"a file from elsewhere in its place", [&] { test::rename_path(*copy_ / "f/g", base + "/b"); }, "D f/g\n"},
      {"a link", [&] { test::make_hard_link(*copy_ / "a", base + "/linked"); }, "A d/linked\n"},
      {"a directory in a file's place",
       [&] {
         test::remove_path(base + "/b");
         test::write_file(base + "/b/b", "1");
       },
       "M d/b\nA d/b/b\n"},
  };
  for (const Case& one : cases) {
    std::filesystem::remove_all(base);
    for (const char* path : {"d/b", "d/e/c", "f/g"}) test::write_file(*copy_ / path, "content");
    version_ = copy_->record();
    copy_->settle(version_);
    ASSERT_EQ(status_and_cost().lists, 0u) << one.what;
    // The times that can be set are set back: that takes another ctime.
    const Timestamp before = test::mtime_of(base);
    const Timestamp below = test::mtime_of(base + "/e");
    one.change();
    test::set_mtime(base, before);
    test::set_mtime(base + "/e", below);
    std::string status = status_and_cost().status;
    for (std::string expected(one.status); !expected.empty(); expected.erase(0, expected.find('\n') + 1)) {
      EXPECT_NE(status.find(expected.substr(0, expected.find('\n') + 1)), std::string::npos) << one.what << "\n"
                                                                                             << status;
    }
  }
}

TEST_P(Trust, NamesThatComeRightAfterAScanAreFoundAtOnce) {
  if (!copy_) return;
  for (int i = 0; i < 200; ++i) {
    copy_->refresh(version_);
    // Within a tick of the clock with the scan, mostly.
    test::write_file(*copy_ / "d/new", "content");
    ASSERT_EQ(status_and_cost().status, "A d/new\n") << i;
    test::remove_path(*copy_ / "d/new");
  }
}

TEST_P(Trust, ANameThatComesBetweenTheStatAndTheListingOfItsDirectoryDoesNoHarm) {
  if (!copy_) return;
  copy_->settle(version_);
  test::write_file(*copy_ / "d/first", "content");
  test::ActBefore change(sys::Call::kList, "d", [&] { test::remove_path(*copy_ / "d/first"); });
  {
    test::ScopedObserver watching(change);
    EXPECT_EQ(copy_->refresh(version_), "");
  }
  test::write_file(*copy_ / "d/first", "content");
  EXPECT_EQ(status_and_cost().status, "A d/first\n");
}

TEST_P(Trust, ADirectoryWithSomethingThatIsNotTrackedIsListed) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "*.o\n");
  version_ = copy_->record();
  const Timestamp before = test::mtime_of(*copy_ / "f");
  test::write_file(*copy_ / "f/g.o", "ignored");
  test::set_mtime(*copy_ / "f", before);  // as the version has it
  copy_->settle(version_);
  EXPECT_EQ(status_and_cost().lists, 1u);
  test::write_file(*copy_ / ".cowignore", "*.c\n");
  EXPECT_EQ(status_and_cost().status, "M .cowignore\nA f/g.o\n");
}

TEST_P(Trust, RulesThatChangeCountInDirectoriesThatAreNotListed) {
  if (!copy_) return;
  test::write_file(*copy_ / "f/new.o", "content");
  copy_->settle(copy_->record());  // the index knows it; the version doesn't
  test::write_file(*copy_ / ".cowignore", "*.o\n");
  const Cost cost = status_and_cost();
  EXPECT_EQ(cost.status, "A .cowignore\n");
  EXPECT_EQ(cost.lists, 1u);  // the root
  test::write_file(*copy_ / ".cowignore", "");
  EXPECT_EQ(status_and_cost().status, "A .cowignore\nA f/new.o\n");
}

TEST_P(Trust, AfterAnotherBootDirectoriesAreListedOnce) {
  if (!copy_) return;
  copy_->settle(version_);
  copy_->boot = kNextBoot;
  EXPECT_EQ(status_and_cost().lists, 4u);
  copy_->refresh(version_);
  EXPECT_EQ(status_and_cost().lists, 0u);
}

TEST_P(Trust, ADirectoryOverWhichAnotherIsMountedIsListed) {
  if (!copy_) return;
  if (!test::is_root_or_skip()) return;
  copy_->settle(version_);
  ASSERT_EQ(::mount((*copy_ / "f").c_str(), (*copy_ / "d").c_str(), nullptr, MS_BIND, nullptr), 0);
  const std::string status = status_and_cost().status;
  ::umount2((*copy_ / "d").c_str(), MNT_DETACH);
  EXPECT_NE(status.find("A d/g\n"), std::string::npos) << status;
  EXPECT_NE(status.find("D d/b\n"), std::string::npos) << status;
}

TEST_P(Trust, AnEditCostsTheFileAndTheDirectoriesAboveIt) {
  if (!copy_) return;
  copy_->settle(version_);
  test::write_file(*copy_ / "d/e/c", "CONTENT");
  const Cost cost = status_and_cost();
  EXPECT_EQ(cost.status, "M d/e/c\n");
  EXPECT_EQ(cost.reads, 1u);
  EXPECT_LE(cost.nodes, 6u);
}

TEST_P(Trust, AnEditOfTheSameSizeWithItsTimeSetBackIsFound) {
  if (!copy_) return;
  copy_->settle(version_);
  const Timestamp before = test::mtime_of(*copy_ / "a");
  test::overwrite_file(*copy_ / "a", "CONTENT", 0);
  test::set_mtime(*copy_ / "a", before);
  EXPECT_EQ(status_and_cost().status, "M a\n");
}

TEST_P(Trust, EditsRightAfterAScanAreFoundAtOnce) {
  if (!copy_) return;
  std::string content = "content";
  for (int i = 0; i < 200; ++i) {
    // Written, hashed and indexed within one tick of the clock; then written again within the same.
    test::overwrite_file(*copy_ / "a", "0000000", 0);
    test::set_mtime(*copy_ / "a", {1'000, 0});
    copy_->refresh(version_);
    test::overwrite_file(*copy_ / "a", i % 2 == 0 ? "content" : "1111111", 0);
    test::set_mtime(*copy_ / "a", {1'000, 0});
    ASSERT_EQ(copy_->refresh(version_), i % 2 == 0 ? "" : "M a\n") << i;
  }
}

TEST_P(Trust, AnEditDuringTheScanIsFoundByTheNext) {
  if (!copy_) return;
  test::ActBefore edit(sys::Call::kWriteback, "/a", [&] { test::overwrite_file(*copy_ / "a", "CONTENT", 0); });
  {
    test::ScopedObserver watching(edit);
    copy_->refresh(version_);
  }
  EXPECT_EQ(copy_->refresh(version_), "M a\n");
}

TEST_P(Trust, AnEditAfterTheHashingIsFoundByTheNext) {
  if (!copy_) return;
  const index::StatIndex old = copy_->index();
  Scan scan = copy_->scan();
  EXPECT_EQ(describe(copy_->compare(scan, version_)), "");
  test::overwrite_file(*copy_ / "a", "CONTENT", 0);
  test::set_mtime(*copy_ / "a", scan.find("a")->stat.mtime);
  ASSERT_TRUE(refresh_index(scan, old, copy_->boot, copy_->control()).ok());
  EXPECT_EQ(copy_->refresh(version_), "M a\n");
}

TEST_P(Trust, AStoreThroughAMappingThatIsOlderThanTheScanIsFound) {
  if (!copy_) return;
  const int fd = ::open((*copy_ / "a").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  auto* bytes = static_cast<volatile char*>(::mmap(nullptr, 7, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  ::close(fd);
  ASSERT_NE(const_cast<char*>(bytes), MAP_FAILED);
  bytes[0] = 'c';  // dirty, and writable without another fault
  version_ = copy_->record();
  copy_->settle(version_);
  bytes[0] = 'C';
  EXPECT_EQ(status_and_cost().status, "M a\n");
  ::munmap(const_cast<char*>(bytes), 7);
}

TEST_P(Trust, ATimeInTheFutureIsNeverTrusted) {
  if (!copy_) return;
  test::set_mtime(*copy_ / "a", {4'000'000'000, 0});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(copy_->refresh(version_), "");
  EXPECT_EQ(copy_->scan().find("a")->state, ScannedEntry::State::kUnknown);
}

TEST_P(Trust, AfterAnotherBootWhatNoSyncCoveredIsHashedOnceAndThenTrusted) {
  if (!copy_) return;
  copy_->settle(version_);
  copy_->boot = kNextBoot;
  EXPECT_EQ(status_and_cost().reads, 4u);
  copy_->refresh(version_);
  EXPECT_EQ(status_and_cost().reads, 0u);
  copy_->boot = kBoot;  // once more another one: what was read after a boot came from the disk
  EXPECT_EQ(status_and_cost().reads, 0u);
}

TEST_P(Trust, WithoutABootIdNothingIsTakenForSynced) {
  if (!copy_) return;
  copy_->boot = "";
  for (int i = 0; i < 3; ++i) copy_->refresh(version_);
  EXPECT_EQ(status_and_cost().reads, 4u);
  copy_->boot = kBoot;
  EXPECT_EQ(status_and_cost().reads, 4u);
}

TEST_P(Trust, AfterAnotherBootWhatASyncCoveredIsTrusted) {
  if (!copy_) return;
  copy_->settle(version_);
  Scan scan = copy_->scan();
  EXPECT_EQ(describe(copy_->compare(scan, version_)), "");
  mark_synced(scan);
  ASSERT_TRUE(index::write_index(copy_->control(), make_index(scan, copy_->index(), copy_->boot)).ok());
  copy_->boot = kNextBoot;
  EXPECT_EQ(status_and_cost().reads, 0u);
}

/// A power cut may leave a file's size and times, and zeros for its content: the stat says nothing.
TEST_P(Trust, ContentThatABootHasDamagedIsFound) {
  if (!copy_) return;
  copy_->settle(version_);
  const sys::Stat stat = *copy_->root().stat("a");
  test::overwrite_file(*copy_ / "a", "CONTENT", 0);
  test::set_mtime(*copy_ / "a", stat.mtime);
  // The ctime can't be set back, so the index is made to say what it is now.
  Scan scan = copy_->scan();
  auto& entry = *scan.directory().find("a");
  entry.file = copy_->reference_to("content");
  entry.state = ScannedEntry::State::kKnown;
  entry.proof = index::Proof::kProven;
  ASSERT_TRUE(index::write_index(copy_->control(), make_index(scan, copy_->index(), copy_->boot)).ok());
  EXPECT_EQ(status_and_cost().status, "");
  copy_->boot = kNextBoot;
  EXPECT_EQ(status_and_cost().status, "M a\n");
}

TEST_P(Trust, OfACopyWithOtherInodesEverythingIsHashed) {
  if (!copy_) return;
  copy_->settle(version_);
  for (const char* path : {"a", "d/b", "d/e/c", "f/g"}) {
    const Timestamp mtime = test::mtime_of(*copy_ / path);
    test::write_file(*copy_ / (std::string(path) + ".new"), "content");
    test::set_mtime(*copy_ / (std::string(path) + ".new"), mtime);
    test::rename_path(*copy_ / (std::string(path) + ".new"), *copy_ / path);
  }
  const Cost cost = status_and_cost();
  EXPECT_EQ(cost.status, "");
  EXPECT_EQ(cost.reads, 4u);
}

TEST_P(Trust, WithoutAClockThatCanBeAskedNothingNewIsProven) {
  if (!copy_) return;
  class NoStamp : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kCreate && name.starts_with(".stamp") ? EROFS : 0;
    }
  } no_stamp;
  {
    test::ScopedObserver watching(no_stamp);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(copy_->refresh(version_), "");
  }
  EXPECT_TRUE(copy_->index().empty() || copy_->scan().find("a")->state == ScannedEntry::State::kUnknown);
}

TEST_P(Trust, ADirectoryOfWhichAnEntryIsMissingIsNotAsKnown) {
  if (!copy_) return;
  copy_->settle(version_);
  test::remove_path(*copy_ / "d/b");
  Scan scan = copy_->scan();
  EXPECT_FALSE(scan.find("d")->directory->known_tree);
  EXPECT_FALSE(scan.directory().known_tree);
  EXPECT_TRUE(scan.find("d/e")->directory->known_tree);
  EXPECT_TRUE(scan.find("f")->directory->known_tree);
}

TEST_P(Trust, ADirectoryOfWhichAChildVanishesDuringTheScanIsNotAsKnown) {
  if (!copy_) return;
  copy_->settle(version_);
  test::ActBefore race(sys::Call::kOpen, "d/e", [&] { test::remove_path(*copy_ / "d/e"); });
  test::ScopedObserver watching(race);
  const Scan scan = copy_->scan();
  ASSERT_TRUE(race.fired());
  EXPECT_FALSE(scan.find("d")->directory->known_tree);
  EXPECT_FALSE(scan.directory().known_tree);
}

TEST_P(Trust, ADirectoryWithANewEntryIsNotAsKnown) {
  if (!copy_) return;
  copy_->settle(version_);
  test::write_file(*copy_ / "d/e/new", "");
  const Scan scan = copy_->scan();
  EXPECT_FALSE(scan.find("d/e")->directory->known_tree);
  EXPECT_FALSE(scan.find("d")->directory->known_tree);
  EXPECT_TRUE(scan.find("f")->directory->known_tree);
}

TEST_P(Trust, ADirectorysOwnModeTakesItsAttributesButNotItsTree) {
  if (!copy_) return;
  copy_->settle(version_);
  test::set_mode(*copy_ / "d", 0700);
  const Scan scan = copy_->scan();
  EXPECT_TRUE(scan.find("d")->directory->known_tree);
  EXPECT_FALSE(scan.find("d")->directory->known_attributes);
  EXPECT_FALSE(scan.directory().known_attributes);
  EXPECT_TRUE(scan.find("d/e")->directory->known_attributes);
}

TEST(TrustInDamagedIndexes, WhateverByteIsDamagedTheStatusIsRight) {
  test::TempDir temp;
  WorkingCopy copy(temp);
  for (const char* path : {"a", "d/b"}) test::write_file(copy / path, "content");
  test::make_symlink("a", copy / "link");
  const auto version = copy.record();
  copy.settle(version);
  test::overwrite_file(copy / "a", "CONTENT", 0);
  const std::string whole = test::read_file(copy / ".cowstore/index");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    test::write_file(copy / ".cowstore/index", damaged);
    ASSERT_EQ(copy.status(version), "M a\n") << "byte " << i;
  }
}

/// A hard-linked variant: its mode and time are not the recorded ones, and its ctime is everybody's.
TEST(TrustInVariants, WhatTheDiskWasGivenOnPurposeIsNoChange) {
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::write_file(copy / "variant", "content", 0644);
  test::set_mtime(copy / "variant", {1'000, 0});
  const auto version = copy.record();
  test::set_mode(copy / "variant", 0444);
  test::set_mtime(copy / "variant", {2'000, 0});

  Scan scan = copy.scan();
  auto& entry = *scan.directory().find("variant");
  entry.file = copy.reference_to("content");
  entry.state = ScannedEntry::State::kKnown;
  entry.sharing = index::Sharing::kSharedInode;
  entry.proof = index::prove(entry.stat, scan.directory().stamp, entry.sharing);
  entry.recorded = std::make_unique<index::Recorded>(index::Recorded{std::uint16_t{0644}, Timestamp{1'000, 0}});
  ASSERT_TRUE(index::write_index(copy.control(), make_index(scan, copy.index(), copy.boot)).ok());

  test::make_hard_link(copy / "variant", copy / ".cowstore/elsewhere");
  const auto again = copy.scan();
  EXPECT_EQ(again.find("variant")->state, ScannedEntry::State::kKnown);
  EXPECT_EQ(copy.status(version, {}, Times::kReport).find("variant"), std::string::npos);
  test::set_mode(copy / "variant", 0600);
  EXPECT_EQ(copy.status(version), "M variant\n");
}

TEST(TrustInVariants, AfterABootTheContentIsConfirmedAndTheRecordedModeKept) {
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::write_file(copy / "file", "content", 0644);
  const auto version = copy.record();
  test::set_mode(copy / "file", 0444);
  Scan scan = copy.scan();
  auto& entry = *scan.directory().find("file");
  entry.file = copy.reference_to("content");
  entry.state = ScannedEntry::State::kKnown;
  entry.recorded = std::make_unique<index::Recorded>(index::Recorded{std::uint16_t{0644}, {}});
  ASSERT_TRUE(index::write_index(copy.control(), make_index(scan, copy.index(), copy.boot)).ok());
  copy.boot = kNextBoot;
  EXPECT_EQ(copy.refresh(version), "");
  EXPECT_EQ(copy.refresh(version), "");
}

}  // namespace
}  // namespace cowstore::changes
