#include "changes/scanned.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace cowstore::changes {
namespace {

ScannedEntry file(std::string name, std::uint64_t size = 1) {
  ScannedEntry entry;
  entry.name = std::move(name);
  entry.stat.size = size;
  entry.state = ScannedEntry::State::kKnown;
  return entry;
}

ScannedEntry directory(std::string name) {
  ScannedEntry entry;
  entry.name = std::move(name);
  entry.kind = object::EntryKind::kDirectory;
  return entry;
}

Scan empty_scan() {
  Scan scan;
  scan.root.kind = object::EntryKind::kDirectory;
  scan.root.directory = std::make_unique<ScannedDirectory>();
  return scan;
}

TEST(Scanned, EntriesArePutInOrder) {
  Scan scan = empty_scan();
  for (const char* name : {"m", "z", "a", "n"}) put_entry(scan, "", file(name));
  std::vector<std::string> names;
  for (const ScannedEntry& entry : scan.directory().entries) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "m", "n", "z"}));
}

TEST(Scanned, PuttingAnEntryReplacesTheOneOfThatName) {
  Scan scan = empty_scan();
  put_entry(scan, "", file("a", 1));
  put_entry(scan, "", file("a", 2));
  ASSERT_EQ(scan.directory().entries.size(), 1u);
  EXPECT_EQ(scan.find("a")->stat.size, 2u);
}

TEST(Scanned, PlacesThatAreMadeTogetherAreTheSameAsThoseMadeOneByOne) {
  Scan together = empty_scan();
  Scan singly = empty_scan();
  for (Scan* scan : {&together, &singly}) {
    for (const char* name : {"d", "b", "f"}) put_entry(*scan, "x", file(name, 7));
    put_entry(*scan, "", file("y"));
  }
  const std::vector<std::string_view> paths = {"x/g", "x/a", "x/d", "new/2", "new/1", "x/e", "z", "y", "y2", "new", "x/g"};
  make_places(together, paths);
  for (Scan* scan : {&together, &singly}) {
    for (std::string_view path : paths) {
      const std::size_t slash = std::min(path.rfind('/'), path.size());
      const bool nested = slash < path.size();
      std::string name(nested ? path.substr(slash + 1) : path);
      put_entry(*scan, nested ? path.substr(0, slash) : "", name == "new" ? directory(name) : file(name, 9));
    }
  }
  auto text = [](const ScannedDirectory& of, auto& self) -> std::string {
    std::string all;
    for (const ScannedEntry& entry : of.entries) {
      all += entry.name + ":" + std::to_string(entry.stat.size) + " ";
      if (entry.directory) all += "(" + self(*entry.directory, self) + ")";
    }
    return all;
  };
  EXPECT_EQ(text(together.directory(), text), text(singly.directory(), text));
  EXPECT_EQ(text(together.directory(), text), "new:0 (1:9 2:9 )x:0 (a:9 b:7 d:9 e:9 f:7 g:9 )y:9 y2:9 z:9 ");
}

TEST(Scanned, MissingDirectoriesAreAdded) {
  Scan scan = empty_scan();
  put_entry(scan, "a/b", file("c"));
  ASSERT_NE(scan.find("a/b/c"), nullptr);
  EXPECT_EQ(scan.find("a/b")->kind, object::EntryKind::kDirectory);
  EXPECT_EQ(scan.find("a/b")->directory->path, "a/b");
}

TEST(Scanned, ADirectoryPutOverOneKeepsWhatIsBelow) {
  Scan scan = empty_scan();
  put_entry(scan, "a", file("c"));
  ScannedEntry again = directory("a");
  again.stat.mode = 0700;
  put_entry(scan, "", std::move(again));
  EXPECT_NE(scan.find("a/c"), nullptr);
  EXPECT_EQ(scan.find("a")->directory->stat.mode, 0700);
}

TEST(Scanned, AFilePutOverADirectoryTakesItsPlace) {
  Scan scan = empty_scan();
  put_entry(scan, "a", file("c"));
  put_entry(scan, "", file("a"));
  EXPECT_EQ(scan.find("a")->directory, nullptr);
  EXPECT_EQ(scan.find("a/c"), nullptr);
}

TEST(Scanned, WhatIsPutBelowAFileMakesItADirectory) {
  Scan scan = empty_scan();
  put_entry(scan, "", file("a"));
  put_entry(scan, "a", file("c"));
  EXPECT_EQ(scan.find("a")->kind, object::EntryKind::kDirectory);
  EXPECT_NE(scan.find("a/c"), nullptr);
}

TEST(Scanned, RemovingTakesAllBelowAndMindsNothingThatIsAbsent) {
  Scan scan = empty_scan();
  put_entry(scan, "a/b", file("c"));
  put_entry(scan, "", file("d"));
  remove_entries(scan, {"nothing", "a/b/c", "d/x", "a"});
  EXPECT_EQ(scan.find("a"), nullptr);
  EXPECT_NE(scan.find("d"), nullptr);
}

TEST(Scanned, RemovingManyLeavesTheOthersInOrder) {
  Scan scan = empty_scan();
  std::vector<std::string> even;
  for (const char* name : {"0", "1", "2", "3", "4", "5"}) {
    for (const char* parent : {"", "a", "a.b"}) put_entry(scan, parent, file(name));
  }
  for (const char* path : {"a/4", "4", "a.b/2", "0", "2", "a/0", "a.b/0", "a/2", "a.b/4"}) even.emplace_back(path);
  remove_entries(scan, even);
  for (const std::string& path : even) EXPECT_EQ(scan.find(path), nullptr) << path;
  for (const char* parent : {"a", "a.b"}) {
    const std::vector<ScannedEntry>& left = scan.find(parent)->directory->entries;
    ASSERT_EQ(left.size(), 3U);
    EXPECT_EQ(left[0].name + left[1].name + left[2].name, "135");
  }
  EXPECT_NE(scan.find("1"), nullptr);
}

TEST(Scanned, ChangesTakeTheKnownIdsFromTheDirectoriesAboveAlone) {
  for (const bool put : {true, false}) {
    Scan scan = empty_scan();
    put_entry(scan, "a/b", file("c"));
    put_entry(scan, "other", file("x"));
    for (const char* path : {"", "a", "a/b", "other"}) {
      ScannedDirectory& each = *const_cast<ScannedEntry*>(scan.find(path))->directory;
      each.known_tree = TreeId();
      each.known_attributes = AttributesId();
    }
    if (put) {
      put_entry(scan, "a/b", file("d"));
    } else {
      remove_entries(scan, {"a/b/c"});
    }
    for (const char* path : {"", "a", "a/b"}) {
      EXPECT_FALSE(scan.find(path)->directory->known_tree) << path;
      EXPECT_FALSE(scan.find(path)->directory->known_attributes) << path;
    }
    EXPECT_TRUE(scan.find("other")->directory->known_tree);
    EXPECT_TRUE(scan.find("other")->directory->known_attributes);
  }
}

TEST(Scanned, WhatWasRecordedCountsInPlaceOfTheStat) {
  ScannedEntry entry = file("a");
  entry.stat.mode = 0444;
  entry.stat.mtime = {5, 0};
  EXPECT_EQ(entry.mode(), 0444);
  EXPECT_EQ(entry.mtime(), (Timestamp{5, 0}));
  entry.recorded = std::make_unique<index::Recorded>(index::Recorded{std::uint16_t{0644}, Timestamp{9, 0}});
  EXPECT_EQ(entry.mode(), 0644);
  EXPECT_EQ(entry.mtime(), (Timestamp{9, 0}));
}

TEST(Scanned, AContentThatIsConfirmedKeepsWhatWasSaidOfIt) {
  const object::FileRef reference{0, 1, FileId(Digest{{1}})};
  for (const bool same : {true, false}) {
    ScannedEntry entry = file("a");
    entry.state = ScannedEntry::State::kUnknown;
    entry.file = reference;
    entry.durability = index::Durability::kSynced;
    entry.recorded = std::make_unique<index::Recorded>(index::Recorded{{}, Timestamp{7, 0}});
    entry.set_content(same ? reference : object::FileRef{0, 1, FileId(Digest{{2}})}, entry.stat, {1, 0});
    EXPECT_EQ(entry.state, ScannedEntry::State::kKnown);
    EXPECT_EQ(entry.recorded != nullptr, same);
    EXPECT_EQ(entry.durability == index::Durability::kSynced, same);
  }
}

TEST(Scanned, PermissionsThatTheDiskWasGivenOnPurposeOutliveAnEditOfTheContent) {
  const object::FileRef edited{0, 1, FileId(Digest{{2}})};
  for (const bool same_file : {true, false}) {
    ScannedEntry entry = file("a");
    entry.state = ScannedEntry::State::kUnknown;
    entry.recorded = std::make_unique<index::Recorded>(index::Recorded{std::uint16_t{0600}, Timestamp{7, 0}});
    sys::Stat as_of = entry.stat;
    if (!same_file) as_of.mode ^= 0200;
    entry.set_content(edited, as_of, {1, 0});
    EXPECT_EQ(entry.mode(), same_file ? 0600 : as_of.mode);
    EXPECT_EQ(entry.mtime(), as_of.mtime);
  }
}

TEST(Scanned, TheContentOfASharedInodeIsConfirmedHoweverOftenItIsLinkedMeanwhile) {
  const object::FileRef reference{0, 1, FileId(Digest{{1}})};
  ScannedEntry entry = file("a");
  entry.state = ScannedEntry::State::kUnknown;
  entry.file = reference;
  entry.sharing = index::Sharing::kSharedInode;
  entry.durability = index::Durability::kSynced;
  sys::Stat as_of = entry.stat;
  as_of.ctime.seconds += 5;
  entry.set_content(reference, as_of, {1, 0});
  EXPECT_EQ(entry.durability, index::Durability::kSynced);
  EXPECT_EQ(entry.sharing, index::Sharing::kSharedInode);
}

}  // namespace
}  // namespace cowstore::changes
