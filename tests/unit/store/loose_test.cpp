// Loose files: through Transaction and Store, since both sides make the promise.
#include <cerrno>

#include "store/containers.hpp"
#include "store/inventory.hpp"
#include "store/new_container.hpp"
#include "store/store.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

class LooseTest : public StoreFixture {
 protected:
  LooseTest() : StoreFixture("/tmp") {}
  void publish_loose(Store& store, const Sample& content) {
    auto transaction = begin(store);
    ASSERT_OK(add_loose(*transaction, content));
    ASSERT_OK(transaction->publish());
  }
  std::string file_of(const Sample& content) {
    std::string hex = content.id.hex();
    return path("loose/" + hex.substr(0, 2) + "/" + hex.substr(2));
  }
  LooseState state_of(Store& store, const Sample& content) {
    auto file = store.open_loose(FileId(content.id.digest()));
    EXPECT_OK(file);
    EXPECT_EQ(file->fd.valid(), file->state == LooseState::kIntact || file->state == LooseState::kAltered);
    return file->state;
  }
  Sample content_ = text_chunk(10000, 1);
  object::FileRef file_{0, content_.bytes.size(), FileId(content_.id.digest())};
};

TEST_F(LooseTest, IsTheRawContentReadOnlyUnderItsId) {
  publish_loose(*open(), content_);
  EXPECT_EQ(test::read_file(file_of(content_)), std::string(as_text(content_.bytes)));
  auto store = open();
  EXPECT_EQ(
      store->dir().stat("loose/" + content_.id.hex().substr(0, 2) + "/" + content_.id.hex().substr(2))->mode & 0222, 0);
  auto file = store->open_loose(FileId(content_.id.digest()));
  ASSERT_OK(file);
  EXPECT_EQ(file->state, LooseState::kIntact);
  EXPECT_EQ(file->size, content_.bytes.size());
  Bytes bytes(content_.bytes.size());
  ASSERT_OK(sys::read_exactly_at(file->fd, bytes, 0, ""));
  EXPECT_EQ(bytes, content_.bytes);
}

TEST_F(LooseTest, ItsChunksAreReadFromIt) {
  std::vector<Sample> chunks = {random_chunk(5000, 1), random_chunk(6000, 2), random_chunk(7000, 3)};
  Bytes whole;
  std::vector<ChunkSpan> spans;
  for (const Sample& chunk : chunks) {
    spans.push_back({chunk.id, whole.size(), static_cast<std::uint32_t>(chunk.bytes.size())});
    whole.insert(whole.end(), chunk.bytes.begin(), chunk.bytes.end());
  }
  object::FileRef file{1, whole.size(), FileId(hash::sha256(as_bytes("root of its list")))};
  auto writer = open();
  auto transaction = begin(*writer);
  auto staged = stage(*transaction, whole);
  ASSERT_OK(staged);
  ASSERT_OK(transaction->add_loose(std::move(*staged), file, spans));
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->packs, 0U);
  EXPECT_EQ(published->loose_bytes, 18000U);
  auto store = open();
  for (const Sample& chunk : chunks) EXPECT_EQ(*read(*store, chunk.id, chunk.bytes.size()), chunk.bytes);
  EXPECT_EQ(store->open_loose(file.id)->state, LooseState::kIntact);
}

TEST_F(LooseTest, OneThatNoSegmentListsIsNoSource) {
  test::write_file(file_of(content_), as_text(content_.bytes), 0444);
  EXPECT_EQ(state_of(*open(), content_), LooseState::kUnlisted);
}

TEST_F(LooseTest, AnOccupantWithoutASegmentIsReplaced) {
  test::write_file(file_of(content_), "what a crash left", 0444);
  auto store = open();
  publish_loose(*store, content_);
  EXPECT_EQ(test::read_file(file_of(content_)), std::string(as_text(content_.bytes)));
  EXPECT_EQ(state_of(*store, content_), LooseState::kIntact);
}

TEST_F(LooseTest, ToLearnThatAFileIsNotLooseCostsNoSystemCall) {
  publish_chunks(*open(), {content_});
  auto store = open();
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  EXPECT_EQ(state_of(*store, content_), LooseState::kUnlisted);
  EXPECT_EQ(calls.total(), 0U);
}

TEST_F(LooseTest, OneThatWasRemovedIsMissing) {
  publish_loose(*open(), content_);
  test::remove_path(file_of(content_));
  EXPECT_EQ(state_of(*open(), content_), LooseState::kMissing);
}

TEST_F(LooseTest, OneThatWasWrittenToIsAlteredAndItsBytesAreNotServed) {
  publish_loose(*open(), content_);
  test::set_mode(file_of(content_), 0644);
  test::overwrite_file(file_of(content_), "edited", 100);
  auto store = open();
  EXPECT_EQ(state_of(*store, content_), LooseState::kAltered);
  auto bytes = read(*store, content_.id, content_.bytes.size());
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(bytes.error().message().find(file_of(content_)), std::string::npos);
}

TEST_F(LooseTest, OneWithAnotherInodeIsAlteredButStillCountsAsStored) {
  publish_loose(*open(), content_);
  auto mtime = test::mtime_of(file_of(content_));
  test::remove_path(file_of(content_));
  test::write_file(path("other"), "keeps the inode from being reused");
  test::write_file(file_of(content_), as_text(content_.bytes), 0444);
  test::set_mtime(file_of(content_), mtime);
  auto store = open();
  if (state_of(*store, content_) == LooseState::kIntact) return;  // the file system reused the inode all the same
  EXPECT_EQ(state_of(*store, content_), LooseState::kAltered);
  EXPECT_TRUE(*store->contains(content_.id.digest()));
  EXPECT_EQ(*read(*store, content_.id, content_.bytes.size()), content_.bytes);
}

TEST_F(LooseTest, OneThatIsVouchedForIsIntactUntilItChangesAgain) {
  publish_loose(*open(), content_);
  test::set_mtime(file_of(content_), {1'000'000'000, 5});
  auto store = open();
  LooseFile altered = *store->open_loose(file_.id);
  ASSERT_EQ(altered.state, LooseState::kAltered);
  ASSERT_TRUE(altered.fd.valid());
  store->vouch(file_, altered.seen);
  EXPECT_EQ(state_of(*store, content_), LooseState::kIntact);
  EXPECT_EQ(state_of(*open(), content_), LooseState::kAltered) << "others know nothing of it yet";
  test::set_mtime(file_of(content_), {1'000'000'001, 5});
  EXPECT_EQ(state_of(*store, content_), LooseState::kAltered);
}

TEST_F(LooseTest, WhatWasVouchedForIsIntactForEverybodyOnceItIsRecorded) {
  publish_loose(*open(), content_);
  test::set_mtime(file_of(content_), {1'000'000'000, 5});
  auto store = open();
  store->vouch(file_, store->open_loose(file_.id)->seen);
  ASSERT_TRUE(store->record_vouched().ok());
  EXPECT_EQ(state_of(*open(), content_), LooseState::kIntact);
  EXPECT_EQ(*read(*open(), content_.id, content_.bytes.size()), content_.bytes);
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  ASSERT_TRUE(store->record_vouched().ok());
  EXPECT_EQ(calls.total(), 0U) << "nothing is left to record";
}

TEST_F(LooseTest, WhatChangedSinceItWasVouchedForIsNotRecorded) {
  publish_loose(*open(), content_);
  test::set_mtime(file_of(content_), {1'000'000'000, 5});
  auto store = open();
  store->vouch(file_, store->open_loose(file_.id)->seen);
  test::set_mode(file_of(content_), 0644);
  test::overwrite_file(file_of(content_), "edited", 100);
  test::set_mtime(file_of(content_), {1'000'000'000, 5});
  ASSERT_TRUE(store->record_vouched().ok());
  EXPECT_EQ(state_of(*open(), content_), LooseState::kAltered);
}

TEST_F(LooseTest, WhatAnAlteredOneHeldIsStoredAgain) {
  publish_loose(*open(), content_);
  test::set_mode(file_of(content_), 0644);
  test::overwrite_file(file_of(content_), "edited", 100);
  auto store = open();
  publish_chunks(*store, {content_});
  EXPECT_EQ(*read(*store, content_.id, content_.bytes.size()), content_.bytes);
}

TEST_F(LooseTest, AnAlteredOneIsReplacedByAnIntactOne) {
  publish_loose(*open(), content_);
  test::set_mode(file_of(content_), 0644);
  test::overwrite_file(file_of(content_), "edited", 100);
  auto store = open();
  publish_loose(*store, content_);
  for (const auto& reader : {store, open()}) EXPECT_EQ(state_of(*reader, content_), LooseState::kIntact);
}

TEST_F(LooseTest, AKnownFileIsNotStagedAgain) {
  auto store = open();
  publish_loose(*store, content_);
  auto inode = test::inode_of(file_of(content_));
  auto transaction = begin(*store);
  EXPECT_TRUE(*transaction->knows_loose(FileId(content_.id.digest())));
  EXPECT_EQ(*add_loose(*transaction, content_), PutOutcome::kKnown);
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_FALSE(published->segment);
  EXPECT_EQ(published->loose_known, 1U);
  EXPECT_EQ(test::inode_of(file_of(content_)), inode);
}

TEST_F(LooseTest, TheSameFileTwiceInOneTransactionIsOne) {
  auto store = open();
  auto transaction = begin(*store);
  EXPECT_EQ(*add_loose(*transaction, content_), PutOutcome::kStored);
  EXPECT_TRUE(*transaction->knows_loose(FileId(content_.id.digest())));
  EXPECT_EQ(*add_loose(*transaction, content_), PutOutcome::kKnown);
  auto published = transaction->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->loose_new, 1U);
}

TEST_F(LooseTest, OneThatSomebodyElsePublishedMeanwhileStaysAndIsIntactForBoth) {
  auto one = open();
  auto two = open();
  auto first = begin(*one);
  auto second = begin(*two);
  ASSERT_OK(add_loose(*first, content_));
  ASSERT_OK(add_loose(*second, content_));
  ASSERT_OK(first->publish());
  auto inode = test::inode_of(file_of(content_));
  auto published = second->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->loose_new, 0U);
  EXPECT_EQ(published->loose_known, 1U);
  EXPECT_EQ(test::inode_of(file_of(content_)), inode);
  for (const auto& store : {one, two, open()}) EXPECT_EQ(state_of(*store, content_), LooseState::kIntact);
}

TEST_F(LooseTest, OneThatSomebodyElsePublishesAtTheLastMomentStaysIntact) {
  auto one = open();
  auto two = open();
  auto first = begin(*one);
  auto second = begin(*two);
  ASSERT_OK(add_loose(*first, content_));
  ASSERT_OK(add_loose(*second, content_));
  // The first one comes in between the second one's segment and its rename.
  test::ActBefore meanwhile(sys::Call::kStat, content_.id.hex().substr(2), [&] { ASSERT_OK(first->publish()); });
  {
    test::ScopedObserver watching(meanwhile);
    ASSERT_OK(second->publish());
  }
  ASSERT_TRUE(meanwhile.fired());
  for (const auto& store : {one, two, open()}) {
    EXPECT_EQ(state_of(*store, content_), LooseState::kIntact);
    EXPECT_EQ(*read(*store, content_.id, content_.bytes.size()), content_.bytes);
  }
}

TEST_F(LooseTest, OneThatSomebodyElsePublishedIsNotReplacedByOnePlacedAhead) {
  auto one = open();
  auto two = open();
  auto first = begin(*one);
  auto second = begin(*two);
  ASSERT_OK(add_loose(*first, content_));
  ASSERT_OK(add_loose(*second, content_));
  for (std::uint64_t i = 0; i < kSyncSingly; ++i) ASSERT_OK(add_loose(*second, text_chunk(500, 2000 + i)));
  ASSERT_OK(first->publish());
  auto inode = test::inode_of(file_of(content_));
  second->place_ahead();
  auto published = second->publish();
  ASSERT_OK(published);
  EXPECT_EQ(published->loose_new, kSyncSingly);
  EXPECT_EQ(published->loose_known, 1U);
  EXPECT_EQ(test::inode_of(file_of(content_)), inode);
  for (const auto& store : {one, two, open()}) EXPECT_EQ(state_of(*store, content_), LooseState::kIntact);
}

TEST_F(LooseTest, WhatIsAddedAfterOthersWerePlacedAheadIsPublishedToo) {
  auto store = open();
  auto transaction = begin(*store);
  for (std::uint64_t i = 0; i <= kSyncSingly; ++i) ASSERT_OK(add_loose(*transaction, text_chunk(500, 3000 + i)));
  transaction->place_ahead();
  ASSERT_OK(add_loose(*transaction, content_));
  ASSERT_OK(transaction->publish());
  EXPECT_EQ(state_of(*open(), content_), LooseState::kIntact);
  EXPECT_EQ(state_of(*open(), text_chunk(500, 3000)), LooseState::kIntact);
}

TEST_F(LooseTest, FewAreNotPlacedAhead) {
  auto store = open();
  auto transaction = begin(*store);
  ASSERT_OK(add_loose(*transaction, content_));
  transaction->place_ahead();
  transaction.reset();
  EXPECT_TRUE(names_in("loose").empty());
}

TEST_F(LooseTest, StaysListedWhenItsRecordsWereMerged) {
  auto store = open();
  publish_loose(*store, content_);
  for (std::uint64_t i = 0; i < 5; ++i) publish_chunks(*store, {text_chunk(10, 100 + i)});
  EXPECT_EQ(names_in("index").size(), 1U);
  EXPECT_EQ(state_of(*open(), content_), LooseState::kIntact);
}

TEST_F(LooseTest, IsListedThoughAllItsChunksAreKnown) {
  auto store = open();
  publish_chunks(*store, {content_});
  publish_loose(*store, content_);
  EXPECT_EQ(state_of(*open(), content_), LooseState::kIntact);
}

TEST_F(LooseTest, WhatDoesNotFitIsRefused) {
  auto store = open();
  auto transaction = begin(*store);
  auto length = static_cast<std::uint32_t>(content_.bytes.size());
  auto file = object::FileRef::single_chunk(content_.id, length);
  auto add = [&](std::size_t staged_bytes, const std::vector<ChunkSpan>& spans) {
    auto staged = stage(*transaction, ByteView(content_.bytes).first(staged_bytes));
    EXPECT_OK(staged);
    return transaction->add_loose(std::move(*staged), file, spans);
  };
  EXPECT_EQ(add(length - 1, {{content_.id, 0, length}}).error().code, ErrorCode::kConflict);
  EXPECT_EQ(add(length, {{content_.id, 1, length}}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(add(length, {{content_.id, ~0ULL, 2}}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(add(length, {{content_.id, 0, 0}}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(add(length, {{content_.id, 5, 10}, {content_.id, 0, 5}}).error().code, ErrorCode::kUsage);
  EXPECT_OK(add(length, {{content_.id, 0, length}}));
}

TEST_F(LooseTest, AnAddThatFailsClaimsNoChunk) {
  Sample known = random_chunk(100, 1), fresh = random_chunk(200, 2);
  auto store = open();
  publish_chunks(*store, {known});
  auto transaction = begin(*store);
  Bytes whole = fresh.bytes;
  whole.insert(whole.end(), known.bytes.begin(), known.bytes.end());
  auto staged = stage(*transaction, whole);
  ASSERT_OK(staged);
  class PackUnreadable : public sys::Observer {
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kStat && name.ends_with(".pack") ? EIO : 0;
    }
  } observer;
  {
    test::ScopedObserver watching(observer);
    auto added = transaction->add_loose(std::move(*staged), {1, 300, FileId(hash::sha256(as_bytes("root")))},
                                        {{fresh.id, 0, 200}, {known.id, 200, 100}});
    ASSERT_FALSE(added);
  }
  EXPECT_EQ(*transaction->put_chunk(fresh.id, fresh.bytes), PutOutcome::kStored);
  ASSERT_OK(transaction->publish());
  EXPECT_EQ(*read(*store, fresh.id, 200), fresh.bytes);
}

TEST_F(LooseTest, AStagedFileThatIsNotAddedGoes) {
  auto store = open();
  auto transaction = begin(*store);
  std::string staged_path;
  {
    auto staged = transaction->stage_loose();
    ASSERT_OK(staged);
    staged_path = staged->path();
    StagedLoose moved = std::move(*staged);
    EXPECT_TRUE(test::exists(staged_path));
  }
  EXPECT_FALSE(test::exists(staged_path));
}

TEST_F(LooseTest, AdoptedContainersAreListedAsTheyLie) {
  std::vector<Sample> chunks = {text_chunk(100, 1), text_chunk(70000, 2), random_chunk(200000, 3)};
  {
    auto store = open();
    auto transaction = begin(*store);
    for (const Sample& chunk : chunks) ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
    ASSERT_OK(add_loose(*transaction, content_));
    ASSERT_OK(transaction->publish());
  }
  // All segments are lost.
  test::remove_path(path("index/" + names_in("index").at(0)));
  auto store = open();
  auto inventory = take_inventory(*store);
  ASSERT_OK(inventory);
  ASSERT_EQ(inventory->unlisted_packs.size(), 1U);
  ASSERT_EQ(inventory->unlisted_loose.size(), 1U);
  auto transaction = begin(*store);
  ASSERT_OK(transaction->adopt_pack(inventory->unlisted_packs[0]));
  auto length = static_cast<std::uint32_t>(content_.bytes.size());
  ASSERT_OK(transaction->adopt_loose(object::FileRef::single_chunk(content_.id, length), {{content_.id, 0, length}}));
  ASSERT_OK(transaction->publish());
  auto fresh = open();
  for (const Sample& chunk : chunks) EXPECT_EQ(*read(*fresh, chunk.id, chunk.bytes.size()), chunk.bytes);
  EXPECT_EQ(*read(*fresh, content_.id, length), content_.bytes);
  EXPECT_EQ(state_of(*fresh, content_), LooseState::kIntact);
}

}  // namespace
}  // namespace cowstore::store
