#include "changes/refresh_index.hpp"

#include "index/index_builder.hpp"
#include "support/fault_observer.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

class RefreshIndex : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* path : {"a/x", "a/y", "b/x", "b/c/y", "z"}) test::write_file(copy_ / path, "content");
    version_ = copy_.record();
  }
  std::uint64_t inode() { return test::inode_of(copy_ / ".cowstore/index"); }
  Scan scan_of(const std::vector<std::string>& paths) {
    ScanOptions options;
    options.paths = *PathSelection::of(paths);
    return copy_.scan(options);
  }
  /// Paths of which a scan would have to read the content.
  std::string unknown() {
    std::string text;
    collect(copy_.scan().directory(), text);
    return text;
  }
  static void collect(const ScannedDirectory& directory, std::string& text) {
    for (const ScannedEntry& entry : directory.entries) {
      if (entry.directory != nullptr) {
        collect(*entry.directory, text);
      } else if (entry.state == ScannedEntry::State::kUnknown) {
        text += (directory.path.empty() ? "" : directory.path + "/") + entry.name + "\n";
      }
    }
  }

  test::TempDir temp_;
  WorkingCopy copy_{temp_};
  object::TreeRoots version_;
};

TEST_F(RefreshIndex, AnIndexThatWouldSayNothingNewIsNotWritten) {
  copy_.settle(version_);
  const std::uint64_t before = inode();
  EXPECT_EQ(copy_.refresh(version_), "");
  EXPECT_EQ(inode(), before);
  test::write_file(copy_ / "z", "longer than before");
  test::write_file(copy_ / "new", "new");
  EXPECT_EQ(copy_.refresh(version_), "A new\nM z\n");
  EXPECT_EQ(inode(), before);
}

TEST_F(RefreshIndex, WhatWasHashedIsKnownNextTime) {
  copy_.settle(version_);
  test::write_file(copy_ / "z", "CONTENT");
  while (!unknown().empty()) EXPECT_EQ(copy_.refresh(version_), "M z\n");
  EXPECT_EQ(copy_.scan().find("z")->file, copy_.reference_to("CONTENT"));
}

TEST_F(RefreshIndex, OfASelectionOnlyThatIsReplaced) {
  copy_.settle(version_);
  test::write_file(copy_ / "a/x", "CONTENT");
  const index::StatIndex old = copy_.index();
  Scan scan = scan_of({"a/x"});
  EXPECT_EQ(describe(copy_.compare(scan, version_)), "M a/x\n");
  ASSERT_TRUE(index::write_index(copy_.control(), make_index(scan, old, copy_.boot)).ok());
  const index::StatIndex index = copy_.index();
  ASSERT_EQ(index.problem(), "");
  EXPECT_EQ(index.find_directory("a")->find("x")->file, copy_.reference_to("CONTENT"));
  EXPECT_TRUE(index.find_directory("a")->find("y"));
  EXPECT_EQ(index.find_directory("a")->tree(), std::nullopt);
  EXPECT_EQ(index.find_directory("")->tree(), std::nullopt);
  EXPECT_TRUE(index.find_directory("b")->tree());
  EXPECT_EQ(index.entry_count(), old.entry_count());
}

TEST_F(RefreshIndex, AFileThatIsGoneLeavesTheIndexOfASelection) {
  copy_.settle(version_);
  test::remove_path(copy_ / "a/x");
  Scan scan = scan_of({"a/x"});
  const Bytes bytes = make_index(scan, copy_.index(), copy_.boot);
  const auto index = index::StatIndex::decode(bytes, copy_.boot);
  EXPECT_FALSE(index.find_directory("a")->find("x"));
  EXPECT_TRUE(index.find_directory("a")->find("y"));
}

TEST_F(RefreshIndex, WhatASelectionLeftOutDoesNotBecomeProvenByIt) {
  copy_.settle(version_);
  copy_.boot = kNextBoot;
  Scan scan = scan_of({"a"});
  EXPECT_EQ(describe(copy_.compare(scan, version_)), "");
  ASSERT_TRUE(index::write_index(copy_.control(), make_index(scan, copy_.index(), copy_.boot)).ok());
  EXPECT_EQ(unknown(), "b/c/y\nb/x\nz\n");
}

TEST_F(RefreshIndex, AnEntryOfWhichNothingIsKnownIsLeftOut) {
  Scan scan = copy_.scan();
  const auto index = index::StatIndex::decode(make_index(scan, index::StatIndex(), copy_.boot), copy_.boot);
  ASSERT_EQ(index.problem(), "");
  EXPECT_EQ(index.find_directory("")->size(), 2u);  // the directories
  EXPECT_EQ(index.find_directory("a")->size(), 0u);
}

TEST_F(RefreshIndex, WhatWasPutIntoTheScanIsInTheIndex) {
  copy_.settle(version_);
  Scan scan = copy_.scan();
  test::write_file(copy_ / "new/deep/file", "something");
  ScannedEntry entry;
  entry.name = "file";
  entry.stat = *copy_.root().stat("new/deep/file");
  entry.file = copy_.reference_to("something");
  entry.state = ScannedEntry::State::kKnown;
  entry.proof = index::Proof::kProven;
  put_entry(scan, "new/deep", std::move(entry));
  remove_entries(scan, {"a"});
  ASSERT_TRUE(index::write_index(copy_.control(), make_index(scan, copy_.index(), copy_.boot)).ok());
  const index::StatIndex index = copy_.index();
  EXPECT_FALSE(index.find_directory("a"));
  EXPECT_EQ(copy_.scan().find("new/deep/file")->state, ScannedEntry::State::kKnown);
}

TEST_F(RefreshIndex, AnOpaqueDirectoryIsForgotten) {
  copy_.settle(version_);
  test::make_dirs(copy_ / "b/.cowstore");
  Scan scan = copy_.scan();
  const auto index = index::StatIndex::decode(make_index(scan, copy_.index(), copy_.boot), copy_.boot);
  EXPECT_FALSE(index.find_directory("b"));
  EXPECT_FALSE(index.find_directory("b/c"));
  EXPECT_FALSE(index.find_directory("")->tree());
  EXPECT_TRUE(index.find_directory("a")->tree());
}

TEST_F(RefreshIndex, TheAttributesOfADirectoryThatIsYoungerThanTheScanAreNotKeptAsKnown) {
  test::set_mtime(copy_ / "b", {4'000'000'000, 0});
  version_ = copy_.record();
  Scan scan = copy_.scan();
  EXPECT_EQ(describe(copy_.compare(scan, version_)), "");
  EXPECT_TRUE(scan.find("b")->directory->known_attributes);
  const auto index = index::StatIndex::decode(make_index(scan, copy_.index(), copy_.boot), copy_.boot);
  EXPECT_TRUE(index.find_directory("b")->tree());
  EXPECT_FALSE(index.find_directory("b")->attributes());
}

TEST_F(RefreshIndex, AFailureLeavesTheOldIndex) {
  copy_.settle(version_);
  test::write_file(copy_ / "z", "CONTENT");
  const std::uint64_t before = inode();
  const index::StatIndex old = copy_.index();
  Scan scan = copy_.scan();
  EXPECT_EQ(describe(copy_.compare(scan, version_)), "M z\n");
  scan.directory().find("z")->proof = index::Proof::kProven;
  test::FailNth full(1, ENOSPC, {sys::Call::kWrite});
  test::ScopedObserver watching(full);
  auto refreshed = refresh_index(scan, old, copy_.boot, copy_.control());
  ASSERT_FALSE(refreshed.ok());
  EXPECT_EQ(refreshed.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(inode(), before);
}

}  // namespace
}  // namespace cowstore::changes
