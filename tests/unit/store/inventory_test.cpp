#include "store/inventory.hpp"

#include "segment_test_support.hpp"
#include "store/index_view.hpp"
#include "store_fixture.hpp"

namespace cowstore::store {
namespace {

class InventoryTest : public StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    auto store = open();
    auto transaction = begin(*store);
    for (std::uint64_t i = 0; i < 3; ++i) {
      Sample chunk = text_chunk(100, i);
      ASSERT_OK(transaction->put_chunk(chunk.id, chunk.bytes));
      ASSERT_OK(add_loose(*transaction, text_chunk(100, 10 + i)));
    }
    ASSERT_OK(transaction->publish());
  }
  Inventory take() {
    auto inventory = take_inventory(*open());
    EXPECT_OK(inventory);
    return inventory ? *inventory : Inventory();
  }
  std::string loose_file(std::uint64_t i) {
    std::string hex = text_chunk(100, 10 + i).id.hex();
    return path("loose/" + hex.substr(0, 2) + "/" + hex.substr(2));
  }
};

TEST_F(InventoryTest, AHealthyStoreHasNothingToTell) {
  Inventory inventory = take();
  EXPECT_TRUE(inventory.unlisted_packs.empty());
  EXPECT_TRUE(inventory.unlisted_loose.empty());
  EXPECT_TRUE(inventory.missing.empty());
  EXPECT_TRUE(inventory.altered.empty());
  EXPECT_TRUE(inventory.superseded.empty());
  EXPECT_TRUE(inventory.stale_sessions.empty());
  EXPECT_TRUE(inventory.foreign.empty());
  EXPECT_TRUE(inventory.damaged_segments.empty());
}

TEST_F(InventoryTest, NamesWhatIsMissingAlteredUnlistedOrForeign) {
  std::string pack = names_in("packs").at(0);
  test::rename_path(path("packs/" + pack), path("packs/" + numbered_id(1).hex() + ".pack"));
  test::remove_path(loose_file(0));
  test::set_mode(loose_file(1), 0644);
  test::append_file(loose_file(1), "x");
  test::write_file(path("loose/ab/" + std::string(62, '7')), "unlisted");
  test::write_file(path("packs/notes.txt"), "foreign");
  test::write_file(path("index/notes.txt"), "foreign");
  test::write_file(path("loose/notes.txt"), "foreign");
  test::write_file(path("loose/ab/notes.txt"), "foreign");
  test::write_file(path("tmp/crashed/file"), "stale");
  test::write_file(path("index/" + numbered_id(2).hex() + ".idx"), "damaged");
  Inventory inventory = take();
  EXPECT_EQ(inventory.unlisted_packs, std::vector<Digest>{numbered_id(1)});
  EXPECT_EQ(inventory.unlisted_loose, std::vector<Digest>{*Digest::from_hex("ab" + std::string(62, '7'))});
  ASSERT_EQ(inventory.missing.size(), 2U);
  ASSERT_EQ(inventory.altered.size(), 1U);
  EXPECT_EQ(inventory.altered[0].name, text_chunk(100, 11).id.digest());
  EXPECT_EQ(inventory.foreign.size(), 4U);
  EXPECT_EQ(inventory.stale_sessions, std::vector<std::string>{"crashed"});
  EXPECT_EQ(inventory.damaged_segments.size(), 1U);
}

TEST_F(InventoryTest, NamesSegmentsThatAreSupersededButStillThere) {
  auto live = open()->view()->segments().at(0);
  SegmentContents contents;
  contents.merged = {live};
  contents.superseded = {live->name()};
  put_segment(*temp_.open().open_dir("store/index"), std::move(contents));
  EXPECT_EQ(take().superseded, std::vector<std::string>{"index/" + segment_file_name(live->name())});
  // The next transaction that publishes takes it away.
  publish_chunks(*open(), {text_chunk(100, 99)});
  EXPECT_TRUE(take().superseded.empty());
  EXPECT_EQ(names_in("index").size(), 1U);
}

TEST_F(InventoryTest, ARunningSessionIsNotStale) {
  auto store = open();
  auto transaction = begin(*store);
  EXPECT_TRUE(take().stale_sessions.empty());
}

}  // namespace
}  // namespace cowstore::store
