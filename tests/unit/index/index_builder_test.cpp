#include "index/index_builder.hpp"

#include "samples.hpp"
#include "support/fault_observer.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::index {
namespace {

TEST(IndexBuilder, TakesDirectoriesInAnyOrder) {
  IndexBuilder builder(kBoot);
  for (const char* path : {"a", "a/b", "", "a-b", "z"}) {
    builder.begin_directory({path, {}, {}, {}});
    builder.add(file_entry("file", path));
  }
  const StatIndex index = StatIndex::decode(builder.finish(), kBoot);
  ASSERT_EQ(index.problem(), "");
  for (const char* path : {"a", "a/b", "", "a-b", "z"}) {
    ASSERT_TRUE(index.find_directory(path)) << path;
    EXPECT_EQ(index.find_directory(path)->find("file")->file, content(path));
  }
}

TEST(IndexBuilder, LeavesOutAFileWhoseReferenceIsOfAnotherSize) {
  IndexBuilder builder(kBoot);
  builder.begin_directory({"", {}, {}, {}});
  NewEntry entry = file_entry("file", "four");
  entry.stat.size = 5;
  builder.add(entry);
  const StatIndex index = StatIndex::decode(builder.finish(), kBoot);
  EXPECT_EQ(index.problem(), "");
  EXPECT_EQ(index.entry_count(), 0u);
}

TEST(IndexBuilder, KeepsDirectoriesAsTheyAre) {
  const StatIndex old = StatIndex::decode(sample_index(), kBoot);
  IndexBuilder builder(kBoot);
  for (std::size_t i = old.directory_count(); i-- > 0;) builder.keep(old, old.directory(i));
  const StatIndex kept = StatIndex::decode(builder.finish(), kBoot);
  EXPECT_EQ(kept.problem(), "");
  EXPECT_EQ(describe(kept), describe(old));
}

TEST(IndexBuilder, KeepsSingleEntriesAsTheyAre) {
  const StatIndex old = StatIndex::decode(sample_index(), kBoot);
  const IndexedDirectory root = *old.find_directory("");
  IndexBuilder builder(kBoot);
  builder.begin_directory({"moved", {}, {}, {}});
  builder.add(file_entry("0", "new"));
  for (std::size_t i = 0; i < root.size(); ++i) builder.keep(old, root, i);
  const StatIndex kept = StatIndex::decode(builder.finish(), kBoot);
  ASSERT_EQ(kept.problem(), "");
  const auto moved = kept.find_directory("moved");
  ASSERT_EQ(moved->size(), root.size() + 1);
  EXPECT_EQ(moved->find("link")->target, "where/to");
  EXPECT_EQ(moved->find("variant")->recorded, root.find("variant")->recorded);
  EXPECT_EQ(moved->find("a")->file, content("content of a"));
}

TEST(IndexBuilder, WhatWasUncertainAfterABootStaysSoInTheNextIndex) {
  const StatIndex old = StatIndex::decode(sample_index(kOtherBoot), kBoot);
  IndexBuilder builder(kBoot);
  builder.keep(old, *old.find_directory(""));
  const StatIndex kept = StatIndex::decode(builder.finish(), kBoot);
  ASSERT_TRUE(kept.of_this_boot());
  const auto root = kept.find_directory("");
  EXPECT_EQ(kept.judge(*root->find("a"), file_stat("content of a")), Trust::kUncertain);
  EXPECT_EQ(kept.judge(*root->find("variant"), file_stat("#!/bin/sh", 0555)), Trust::kClean);
}

TEST(WriteIndex, IsWhatTheNextLoadReads) {
  test::TempDir temp;
  ASSERT_TRUE(write_index(temp.open(), IndexBuilder(kBoot).finish()).ok());
  ASSERT_TRUE(write_index(temp.open(), sample_index()).ok());
  const StatIndex index = StatIndex::load(temp.open(), kBoot);
  EXPECT_EQ(index.problem(), "");
  EXPECT_EQ(describe(index), describe(StatIndex::decode(sample_index(), kBoot)));
}

TEST(WriteIndex, LeavesTheOldOneAndNoRubbishWhenAnyCallFails) {
  test::TempDir temp;
  const sys::Dir control = temp.open();
  ASSERT_TRUE(write_index(control, sample_index()).ok());
  for (std::uint64_t n = 1;; ++n) {
    test::FailNth fault(n, ENOSPC);
    Result<void> written;
    {
      test::ScopedObserver watching(fault);
      written = write_index(control, IndexBuilder(kBoot).finish());
    }
    if (!fault.fired()) break;
    ASSERT_LT(n, 20u);
    EXPECT_FALSE(written.ok());
    EXPECT_EQ(StatIndex::load(control, kBoot).directory_count(), 2u);
    EXPECT_EQ(control.list()->size(), 1u);
  }
}

TEST(WriteIndex, ShortWritesAreContinued) {
  test::TempDir temp;
  test::ShortWrites slow(7);
  test::ScopedObserver watching(slow);
  ASSERT_TRUE(write_index(temp.open(), sample_index()).ok());
  EXPECT_EQ(StatIndex::load(temp.open(), kBoot).entry_count(), 6u);
}

}  // namespace
}  // namespace cowstore::index
