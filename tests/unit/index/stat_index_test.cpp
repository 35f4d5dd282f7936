#include "index/stat_index.hpp"

#include "index/index_builder.hpp"
#include "samples.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::index {
namespace {

TEST(StatIndex, HoldsEverythingThatWasPutIn) {
  const StatIndex index = StatIndex::decode(sample_index(), kBoot);
  ASSERT_EQ(index.problem(), "");
  EXPECT_EQ(index.directory_count(), 2u);
  EXPECT_EQ(index.entry_count(), 6u);
  const auto root = index.find_directory("");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->mode(), 0755);
  EXPECT_EQ(root->inode(), 7u);
  EXPECT_EQ(root->mtime(), (Timestamp{1'700'000'000, 123'456'789}));
  EXPECT_EQ(root->ctime(), (Timestamp{1'700'000'001, 987'654'321}));
  EXPECT_EQ(root->tree(), TreeId(digest_of("tree")));
  EXPECT_EQ(root->attributes(), AttributesId(digest_of("attributes")));

  const auto variant = root->find("variant");
  ASSERT_TRUE(variant);
  EXPECT_EQ(variant->kind, object::EntryKind::kExecutable);
  EXPECT_EQ(variant->mode, 0555);
  EXPECT_EQ(variant->size, 9u);
  EXPECT_EQ(variant->inode, 42u);
  EXPECT_EQ(variant->mtime, (Timestamp{1'700'000'000, 123'456'789}));
  EXPECT_EQ(variant->ctime, (Timestamp{1'700'000'001, 987'654'321}));
  EXPECT_EQ(variant->file, content("#!/bin/sh"));
  EXPECT_EQ(variant->proof, Proof::kProven);
  EXPECT_EQ(variant->durability, Durability::kSynced);
  EXPECT_EQ(variant->sharing, Sharing::kSharedInode);
  EXPECT_EQ(variant->recorded, (Recorded{std::uint16_t{0755}, Timestamp{-5, 999'999'999}}));

  const auto link = root->find("link");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->kind, object::EntryKind::kSymlink);
  EXPECT_EQ(link->target, "where/to");
  EXPECT_TRUE(link->recorded.empty());

  const auto inner = index.find_directory("d");
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->tree(), std::nullopt);
  EXPECT_EQ(inner->attributes(), std::nullopt);
  ASSERT_TRUE(inner->find("inner"));
  EXPECT_EQ(inner->find("inner")->file, content("inner content"));
  EXPECT_EQ(inner->find("inner")->durability, Durability::kUnsynced);
}

TEST(StatIndex, FindsNothingThatIsNotThere) {
  const StatIndex index = StatIndex::decode(sample_index(), kBoot);
  EXPECT_FALSE(index.find_directory("c"));
  EXPECT_FALSE(index.find_directory("d/inner"));
  EXPECT_FALSE(index.find_directory("e"));
  for (const char* name : {"", "0", "b", "inner", "z"}) EXPECT_FALSE(index.find_directory("")->find(name)) << name;
}

TEST(StatIndex, StaysValidWhenItIsMoved) {
  StatIndex first = StatIndex::decode(sample_index(), kBoot);
  const StatIndex second = std::move(first);
  EXPECT_EQ(describe(second), describe(StatIndex::decode(sample_index(), kBoot)));
}

TEST(StatIndex, AFileOfTheRecordedStatIsClean) {
  const StatIndex index = StatIndex::decode(sample_index(), kBoot);
  const auto entry = index.find_directory("")->find("a");
  EXPECT_EQ(index.judge(*entry, file_stat("content of a")), Trust::kClean);
}

TEST(StatIndex, AnyDifferenceInTheStatIsAChange) {
  const StatIndex index = StatIndex::decode(sample_index(), kBoot);
  const auto entry = index.find_directory("")->find("a");
  const sys::Stat same = file_stat("content of a");
  const auto judge_with = [&](auto change) {
    sys::Stat stat = same;
    change(stat);
    return index.judge(*entry, stat);
  };
  EXPECT_EQ(judge_with([](sys::Stat& s) { ++s.size; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { ++s.inode; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { s.mode = 0600; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { s.mode = 0744; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { ++s.mtime.nanoseconds; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { ++s.mtime.seconds; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { ++s.ctime.nanoseconds; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { s.kind = sys::FileKind::kDirectory; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { s.kind = sys::FileKind::kSymlink; }), Trust::kChanged);
  EXPECT_EQ(judge_with([](sys::Stat& s) { s.kind = sys::FileKind::kFifo; }), Trust::kChanged);
}

TEST(StatIndex, WhatIsNotPartOfTheContentIsNotCompared) {
  const StatIndex index = StatIndex::decode(sample_index(), kBoot);
  sys::Stat stat = file_stat("content of a");
  stat.device = 99;
  stat.links = 5;
  stat.blocks = 8;
  EXPECT_EQ(index.judge(*index.find_directory("")->find("a"), stat), Trust::kClean);
}

TEST(StatIndex, OfASharedInodeTheCtimeIsNotCompared) {
  const StatIndex index = StatIndex::decode(sample_index(), kBoot);
  sys::Stat stat = file_stat("#!/bin/sh", 0555);
  stat.ctime = {1'900'000'000, 0};
  EXPECT_EQ(index.judge(*index.find_directory("")->find("variant"), stat), Trust::kClean);
  stat.mtime.seconds += 1;
  EXPECT_EQ(index.judge(*index.find_directory("")->find("variant"), stat), Trust::kChanged);
}

TEST(StatIndex, AfterAnotherBootOnlyWhatWasSyncedIsTrusted) {
  const StatIndex index = StatIndex::decode(sample_index(), kOtherBoot);
  EXPECT_FALSE(index.of_this_boot());
  EXPECT_TRUE(index.of_earlier_boot());
  const auto root = index.find_directory("");
  EXPECT_EQ(index.judge(*root->find("a"), file_stat("content of a")), Trust::kUncertain);
  EXPECT_EQ(index.judge(*root->find("variant"), file_stat("#!/bin/sh", 0555)), Trust::kClean);
}

TEST(StatIndex, WithoutABootIdNothingUnsyncedIsTrusted) {
  for (const auto& [written, now] :
       {std::pair{kBoot, std::string_view()}, {std::string_view(), std::string_view()}, {std::string_view(), kBoot}}) {
    const StatIndex index = StatIndex::decode(sample_index(written), now);
    EXPECT_FALSE(index.of_this_boot());
    EXPECT_FALSE(index.of_earlier_boot());
    EXPECT_EQ(index.judge(*index.find_directory("")->find("a"), file_stat("content of a")), Trust::kUncertain);
  }
}

TEST(StatIndex, AnUnprovenEntryIsUncertain) {
  IndexBuilder builder(kBoot);
  builder.begin_directory({"", {}, {}, {}});
  NewEntry entry = file_entry("racy", "x");
  entry.proof = Proof::kUnproven;
  entry.durability = Durability::kSynced;
  builder.add(entry);
  const StatIndex index = StatIndex::decode(builder.finish(), kBoot);
  EXPECT_EQ(index.judge(*index.find_directory("")->find("racy"), file_stat("x")), Trust::kUncertain);
}

TEST(StatIndex, ProofNeedsBothTimesBeforeTheStamp) {
  sys::Stat stat = file_stat("x");
  stat.mtime = {100, 5};
  stat.ctime = {100, 7};
  EXPECT_EQ(prove(stat, {100, 8}), Proof::kProven);
  EXPECT_EQ(prove(stat, {100, 7}), Proof::kUnproven);
  EXPECT_EQ(prove(stat, {99, 999}), Proof::kUnproven);
  stat.mtime = {200, 0};
  EXPECT_EQ(prove(stat, {150, 0}), Proof::kUnproven);
}

TEST(StatIndex, ProofOfASharedInodeNeedsItsMtimeOnly) {
  sys::Stat stat = file_stat("x");
  stat.mtime = {100, 5};
  stat.ctime = {300, 0};
  EXPECT_EQ(prove(stat, {200, 0}, Sharing::kSharedInode), Proof::kProven);
  EXPECT_EQ(prove(stat, {100, 5}, Sharing::kSharedInode), Proof::kUnproven);
}

TEST(StatIndex, AMissingFileIsAnEmptyIndexAndNoProblem) {
  test::TempDir temp;
  const StatIndex index = StatIndex::load(temp.open(), kBoot);
  EXPECT_TRUE(index.empty());
  EXPECT_EQ(index.problem(), "");
  EXPECT_FALSE(index.find_directory(""));
}

TEST(StatIndex, AFileOfAnotherSizeIsAnEmptyIndexThatSaysWhy) {
  test::TempDir temp;
  const std::string whole(as_text(sample_index()));
  for (std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{88}, whole.size() - 1, whole.size() + 1}) {
    std::string other = whole;
    other.resize(size);
    test::write_file(temp / "index", other);
    const StatIndex index = StatIndex::load(temp.open(), kBoot);
    EXPECT_TRUE(index.empty()) << size;
    EXPECT_NE(index.problem(), "") << size;
  }
}

TEST(StatIndex, AGiantSparseFileIsNotReadIntoMemory) {
  test::TempDir temp;
  test::write_file(temp / "index", as_text(sample_index()));
  test::overwrite_file(temp / "index", std::string(1, '\0'), std::uint64_t{1} << 40);
  const StatIndex index = StatIndex::load(temp.open(), kBoot);
  EXPECT_TRUE(index.empty());
  EXPECT_NE(index.problem(), "");
}

TEST(StatIndex, ADirectoryInItsPlaceIsAnEmptyIndexThatSaysWhy) {
  test::TempDir temp;
  test::make_dirs(temp / "index");
  const StatIndex index = StatIndex::load(temp.open(), kBoot);
  EXPECT_TRUE(index.empty());
  EXPECT_NE(index.problem(), "");
}

/// An index of one directory.
Bytes index_with(const NewDirectory& directory, const std::vector<NewEntry>& entries = {}) {
  IndexBuilder builder(kBoot);
  builder.begin_directory(directory);
  for (const NewEntry& entry : entries) builder.add(entry);
  return builder.finish();
}

TEST(StatIndex, AListingHoldsForTheVerySameDirectoryInTheSameBoot) {
  const sys::Stat stat = stat_of(sys::FileKind::kDirectory, 0755, 0, 7);
  const Bytes bytes = index_with({"", stat, {}, {}, Listing::kComplete}, {file_entry("a", "1")});
  const StatIndex index = StatIndex::decode(bytes, kBoot);
  EXPECT_TRUE(index.lists(index.directory(0), stat));
  std::vector<sys::Stat> others(5, stat);
  others[0].inode = 8;
  others[1].mode = 0700;
  others[2].mtime.nanoseconds += 1;
  others[3].ctime.nanoseconds += 1;
  others[4].kind = sys::FileKind::kRegular;
  for (const sys::Stat& other : others) EXPECT_FALSE(index.lists(index.directory(0), other));
  for (std::string_view boot : {kOtherBoot, std::string_view()}) {
    const StatIndex later = StatIndex::decode(bytes, boot);
    EXPECT_FALSE(later.lists(later.directory(0), stat));
  }
  const StatIndex unlisted = StatIndex::decode(index_with({"", stat, {}, {}}), kBoot);
  EXPECT_FALSE(unlisted.lists(unlisted.directory(0), stat));
}

TEST(StatIndex, AListingIsNotCompleteWithoutAnEntryThatWasLeftOut) {
  const sys::Stat stat = stat_of(sys::FileKind::kDirectory, 0755, 0, 7);
  NewEntry torn = file_entry("torn", "content");
  ++torn.stat.size;
  const StatIndex index = StatIndex::decode(
      index_with({"", stat, {}, {}, Listing::kComplete}, {file_entry("a", "1"), torn, file_entry("u", "1")}), kBoot);
  ASSERT_EQ(index.directory(0).size(), 2u);
  EXPECT_EQ(index.directory(0).listing(), Listing::kUnknown);
}

TEST(StatIndex, AListingThatIsTakenOverKeepsItsWorthAndGainsNone) {
  const sys::Stat stat = stat_of(sys::FileKind::kDirectory, 0755, 0, 7);
  const Bytes bytes = index_with({"", stat, {}, {}, Listing::kComplete}, {file_entry("a", "1")});
  for (std::string_view boot : {kBoot, kOtherBoot}) {
    const StatIndex old = StatIndex::decode(bytes, boot);
    IndexBuilder builder(boot);
    builder.keep(old, old.directory(0));
    const StatIndex index = StatIndex::decode(builder.finish(), boot);
    EXPECT_EQ(index.lists(index.directory(0), stat), boot == kBoot);
  }
}

}  // namespace
}  // namespace cowstore::index
