#include "commit/store_changes.hpp"

#include "changes/unreadable.hpp"
#include "commit_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"

namespace cowstore::commit {
namespace {

using State = changes::ScannedEntry::State;

class StoreChanges : public CommitBed {
 protected:
  using Names = std::vector<std::string>;
};

/// Fails to open files whose name ends so.
class Unreadable : public sys::Observer {
 public:
  explicit Unreadable(std::string suffix) : suffix_(std::move(suffix)) {}
  int before(sys::Call call, std::uint64_t, std::string_view name) override {
    return call == sys::Call::kOpen && name.ends_with(suffix_) ? EACCES : 0;
  }

 private:
  std::string suffix_;
};

TEST_F(StoreChanges, MakesEveryContentKnown) {
  for (int i = 0; i < 300; ++i) have("d" + std::to_string(i % 7) + "/" + std::to_string(i), std::to_string(i));
  have("large", test::random_bytes(20 << 20, 1));
  begin();
  changes::Scan scan = copy_.scan();
  StoredChanges stored = store(scan);
  EXPECT_TRUE(stored.moving.empty() && stored.vanished.empty());
  EXPECT_EQ(ingester_->files_hashed(), 301u);
  for (int i = 0; i < 300; ++i) {
    const auto* entry = scan.find("d" + std::to_string(i % 7) + "/" + std::to_string(i));
    ASSERT_EQ(entry->state, State::kKnown);
    EXPECT_EQ(entry->file, copy_.reference_to(std::to_string(i)));
  }
}

TEST_F(StoreChanges, DropsWhatTheIndexSaidOfAContentThatIsNotThere) {
  have("same", "content");
  have("other", "content");
  begin();
  changes::Scan scan = copy_.scan();
  for (const char* name : {"same", "other"}) {
    auto& entry = *scan.directory().find(name);
    entry.file = copy_.reference_to(name == std::string("same") ? "content" : "CONTENT");
    entry.recorded = std::make_unique<index::Recorded>(index::Recorded{{}, Timestamp{7, 0}});
    entry.durability = index::Durability::kSynced;
  }
  store(scan);
  EXPECT_EQ(scan.find("same")->mtime(), (Timestamp{7, 0}));
  EXPECT_EQ(scan.find("same")->durability, index::Durability::kSynced);
  EXPECT_NE(scan.find("other")->mtime(), (Timestamp{7, 0}));
  EXPECT_EQ(scan.find("other")->durability, index::Durability::kUnsynced);
}

TEST_F(StoreChanges, ReadsNothingThatIsKnown) {
  have("a", "1");
  have("b", "2");
  commit_all();
  copy_.settle(copy_.record());
  have("a", "changed");
  begin();
  changes::Scan scan = copy_.scan();
  EXPECT_TRUE(has_unknown(scan));
  store(scan);
  EXPECT_EQ(ingester_->files_hashed(), 1u);
  EXPECT_EQ(ingester_->bytes_hashed(), 7u);
  EXPECT_FALSE(has_unknown(scan));
}

TEST_F(StoreChanges, TakesFilesThatVanishedOutOfTheScan) {
  have("a", "1");
  have("d/x", "2");
  begin();
  changes::Scan scan = copy_.scan();
  test::remove_path(copy_ / "a");
  StoredChanges stored = store(scan);
  EXPECT_EQ(stored.vanished, Names{"a"});
  EXPECT_EQ(scan.find("a"), nullptr);
  EXPECT_NE(scan.find("d/x"), nullptr);
}

TEST_F(StoreChanges, SaysThatADirectoryIsNotWhereItWas) {
  have("a", "1");
  have("d/x", "2");
  begin();
  changes::Scan scan = copy_.scan();
  test::rename_path(copy_ / "d", copy_ / "e");
  StoredChanges stored = store(scan);
  EXPECT_EQ(stored.places, StoredChanges::Places::kMoved);
  EXPECT_EQ(stored.vanished, Names{});
  EXPECT_EQ(scan.find("a")->state, State::kKnown);
}

TEST_F(StoreChanges, SaysThatAFileWasGoneForAMomentOnly) {
  have("a", "1");
  begin();
  changes::Scan scan = copy_.scan();
  test::rename_path(copy_ / "a", copy_ / "b");
  test::ActBefore back(sys::Call::kStat, "a", [&] { test::rename_path(copy_ / "b", copy_ / "a"); });
  test::ScopedObserver watching(back);
  EXPECT_EQ(store(scan).places, StoredChanges::Places::kMoved);
  EXPECT_TRUE(back.fired());
}

TEST_F(StoreChanges, NeverFollowsALinkThatReplacedADirectory) {
  have("d/x", "mine");
  begin();
  changes::Scan scan = copy_.scan();
  test::TempDir outside;
  test::write_file(outside / "x", "a secret");
  test::remove_path(copy_ / "d");
  test::make_symlink(outside.path(), copy_ / "d");
  EXPECT_EQ(store(scan).places, StoredChanges::Places::kMoved);
  EXPECT_EQ(transaction_->stats().chunks_new, 0u);
}

TEST_F(StoreChanges, ListsAllFilesThatCantBeReadAndStoresTheOthers) {
  have("a.secret", "1");
  have("d/b.secret", "2");
  have("c", "3");
  begin();
  changes::Scan scan = copy_.scan();
  Unreadable unreadable(".secret");
  test::ScopedObserver watching(unreadable);
  store(scan);
  EXPECT_EQ(scan.find("a.secret")->state, State::kKept);
  EXPECT_EQ(scan.find("d/b.secret")->state, State::kKept);
  EXPECT_EQ(scan.find("c")->state, State::kKnown);
  auto readable = changes::require_readable(scan, "the way out");
  ASSERT_FALSE(readable.ok());
  EXPECT_EQ(readable.error().code, ErrorCode::kIo);
  EXPECT_EQ(readable.error().message(), "read a.secret, d/b.secret: permission denied");
  EXPECT_EQ(readable.error().hint, "the way out");
}

TEST_F(StoreChanges, AFailingStoreIsNoUnreadableFile) {
  have("a", test::random_bytes(100'000, 1));
  begin();
  changes::Scan scan = copy_.scan();
  test::FailNth fault(1, EIO, {sys::Call::kWrite}, test::Repeat::kFromThenOn);
  test::ScopedObserver watching(fault);
  auto stored = try_store(scan);
  const bool published = stored.ok() && transaction_->publish().ok();
  EXPECT_FALSE(published);
  EXPECT_TRUE(scan.skipped.empty());
}

TEST_F(StoreChanges, ListsWhatIsWrittenToAllTheWhileAndProvesNothingOfIt) {
  class EditAlways : public sys::Observer {
   public:
    explicit EditAlways(std::string path) : path_(std::move(path)) {}
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      if (call == sys::Call::kRead && name.ends_with("busy")) test::append_file(path_, "x");
      return 0;
    }

   private:
    std::string path_;
  } edits(copy_ / "busy");
  have("busy", "1");
  have("still", "1");
  begin();
  changes::Scan scan = copy_.scan();
  StoredChanges stored;
  {
    test::ScopedObserver watching(edits);
    stored = store(scan);
  }
  EXPECT_EQ(stored.moving, Names{"busy"});
  EXPECT_EQ(scan.find("busy")->proof, index::Proof::kUnproven);
}

TEST_F(StoreChanges, EndsAtOnceOnAFullDisk) {
  for (int i = 0; i < 50; ++i) have(std::to_string(i), test::random_bytes(100'000, static_cast<std::uint64_t>(i)));
  begin();
  changes::Scan scan = copy_.scan();
  test::FailNth fault(1, ENOSPC, {sys::Call::kWrite}, test::Repeat::kFromThenOn);
  test::ScopedObserver watching(fault);
  auto stored = try_store(scan);
  // A pack may still be buffered; then it is its publishing that fails.
  if (stored) {
    EXPECT_FALSE(transaction_->publish().ok());
  } else {
    EXPECT_EQ(stored.error().code, ErrorCode::kNoSpace);
  }
}

}  // namespace
}  // namespace cowstore::commit
