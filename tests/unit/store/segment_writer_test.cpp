#include "store/segment_writer.hpp"

#include <cerrno>

#include "segment_test_support.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

class SegmentWriterTest : public testing::Test {
 protected:
  std::shared_ptr<const Segment> put(SegmentContents contents) {
    Digest name = put_segment(temp_.open(), std::move(contents));
    auto segment = Segment::open(temp_.open(), name);
    EXPECT_TRUE(segment) << segment.error().message();
    return *segment;
  }
  test::TempDir temp_{"/dev/shm"};
};

TEST_F(SegmentWriterTest, AMergeHoldsAllThatItsPartsHold) {
  auto a = put(numbered_contents(0, 500));
  auto b = put(numbered_contents(400, 1500));
  auto c = put(numbered_contents(1000, 1200));
  SegmentContents contents = numbered_contents(1450, 2000);
  contents.merged = {a, b, c};
  contents.superseded = {a->name(), b->name(), c->name()};
  auto merged = put(std::move(contents));
  ASSERT_EQ(merged->size(), 2000U);
  EXPECT_EQ(merged->container_count(), 4U);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    auto found = merged->find(numbered_id(i));
    ASSERT_TRUE(found && *found) << i;
    Location location = **found;
    auto container = merged->container(location.container);
    ASSERT_TRUE(container);
    EXPECT_TRUE((i < 500 && container->name == pack_record(0).name) ||
                (i >= 400 && i < 1450 && container->name == pack_record(400).name) ||
                (i >= 1000 && i < 1200 && container->name == pack_record(1000).name) ||
                (i >= 1450 && container->name == pack_record(1450).name))
        << i;
    location.container = 0;
    EXPECT_EQ(location, numbered_location(i));
  }
  EXPECT_TRUE(merged->verify());
}

TEST_F(SegmentWriterTest, OfSeveralPlacesTheNewOneWins) {
  auto old = put(numbered_contents(0, 10));
  SegmentContents contents;
  contents.containers = {pack_record(77)};
  contents.entries = {{numbered_id(4), numbered_location(99)}};
  contents.merged = {old};
  auto merged = put(std::move(contents));
  auto found = merged->find(numbered_id(4));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(merged->container((*found)->container)->name, pack_record(77).name);
}

TEST_F(SegmentWriterTest, ContainersStayListedWhenNothingIsLeftInThem) {
  auto old = put(numbered_contents(0, 10));
  SegmentContents contents = numbered_contents(0, 10);
  contents.containers[0] = pack_record(5);
  contents.merged = {old};
  EXPECT_EQ(put(std::move(contents))->container_count(), 2U);
}

TEST_F(SegmentWriterTest, TheOrderOfWhatIsGivenDoesNotMatter) {
  SegmentContents contents = numbered_contents(0, 300);
  Digest name = put(SegmentContents(contents))->name();
  std::reverse(contents.entries.begin(), contents.entries.end());
  contents.entries.push_back(contents.entries[5]);
  EXPECT_EQ(put(std::move(contents))->name(), name);
}

TEST_F(SegmentWriterTest, AFailedWriteIsReported) {
  auto file = temp_.open().create_new("new", 0644);
  test::FailNth fault(1, ENOSPC, {sys::Call::kWrite});
  test::ScopedObserver watching(fault);
  auto written = write_segment(*file, "new", numbered_contents(0, 10));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kNoSpace);
}

TEST_F(SegmentWriterTest, ShortWritesAreContinued) {
  Digest name = put(numbered_contents(0, 400))->name();
  test::ShortWrites observer(777);
  test::ScopedObserver watching(observer);
  EXPECT_EQ(put(numbered_contents(0, 400))->name(), name);
}

}  // namespace
}  // namespace cowstore::store
