#include "maint/commit_weights.hpp"

#include <gtest/gtest.h>

#include "object/commit.hpp"
#include "object/named_tree.hpp"
#include "support/random_bytes.hpp"
#include "unit/object/samples.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::maint {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class CommitWeights : public testing::Test {
 protected:
  /// A commit with these files in a directory, which stands twice in it.
  CommitId commit_of(const std::vector<object::FileRef>& files, const std::vector<CommitId>& parents = {}) {
    auto transaction = std::move(bed_.store->begin()).value();
    std::vector<object::TreeEntry> entries;
    for (const object::FileRef& file : files) {
      object::TreeEntry entry;
      entry.name = "f" + std::to_string(entries.size());
      entry.kind = object::EntryKind::kFile;
      entry.file = file;
      entries.push_back(entry);
    }
    TreeId below = object::build_tree(*transaction, entries);
    object::Commit commit;
    commit.tree =
        object::build_tree(*transaction, {object::directory_entry("d", below), object::directory_entry("e", below)});
    commit.author = "a";
    commit.parents = parents;
    commit.message = std::to_string(number_++);
    auto id = object::put_commit(*transaction, commit);
    EXPECT_TRUE(id.ok());
    EXPECT_TRUE(transaction->publish().ok());
    return *id;
  }

  std::vector<CommitWeight> weigh(const std::vector<CommitId>& all, const std::vector<CommitId>& wanted) {
    bed_.reopen();
    auto weights = weigh_commits(*bed_.store, all, wanted);
    EXPECT_TRUE(weights.ok());
    return weights ? *weights : std::vector<CommitWeight>(wanted.size());
  }

  test::TempDir temp_;
  test::StoreBed bed_{temp_};
  int number_ = 0;
};

TEST_F(CommitWeights, EqualDirectoriesCountEachTimeButAreStoredOnce) {
  CommitId commit = commit_of({bed_.add_loose(test::random_bytes(kMiB, 1))});
  CommitWeight weight = weigh({commit}, {commit})[0];
  EXPECT_EQ(weight.files, 2U);
  EXPECT_EQ(weight.apparent, 2 * kMiB);
  EXPECT_GE(weight.exclusive, kMiB);
  EXPECT_LT(weight.exclusive, kMiB + kMiB / 2);
  EXPECT_EQ(weight.shared, 0U);
}

TEST_F(CommitWeights, WhatTwoCommitsReachIsNobodysOwn) {
  object::FileRef both = bed_.add_loose(test::random_bytes(kMiB, 1));
  object::FileRef only = bed_.add_loose(test::random_bytes(2 * kMiB, 2));
  CommitId first = commit_of({both, only});
  CommitId second = commit_of({both});
  auto weights = weigh({first, second}, {first, second});
  EXPECT_GE(weights[0].shared, kMiB);
  EXPECT_GE(weights[0].exclusive, 2 * kMiB);
  EXPECT_LT(weights[0].exclusive, 3 * kMiB);
  EXPECT_GE(weights[1].shared, kMiB);
  EXPECT_LT(weights[1].exclusive, kMiB);
}

TEST_F(CommitWeights, TheOrderOfCommitsChangesNothing) {
  object::FileRef a = bed_.add_loose(test::random_bytes(kMiB, 1));
  object::FileRef b = bed_.add_loose(test::random_bytes(2 * kMiB, 2));
  std::vector<CommitId> commits{commit_of({a, b}), commit_of({b}), commit_of({a, b}), commit_of({a})};
  std::vector<CommitId> backwards(commits.rbegin(), commits.rend());
  auto one = weigh(commits, {commits[0]})[0];
  auto other = weigh(backwards, {commits[0]})[0];
  EXPECT_EQ(one.exclusive, other.exclusive);
  EXPECT_EQ(one.shared, other.shared);
}

TEST_F(CommitWeights, AncestorsAreNotPartOfACommit) {
  CommitId first = commit_of({bed_.add_loose(test::random_bytes(kMiB, 1))});
  CommitId second = commit_of({}, {first});
  auto weights = weigh({first, second}, {first, second});
  EXPECT_GE(weights[0].exclusive, kMiB);
  EXPECT_EQ(weights[1].apparent, 0U);
  EXPECT_LT(weights[1].exclusive + weights[1].shared, kMiB);
}

}  // namespace
}  // namespace cowstore::maint
