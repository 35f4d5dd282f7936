#include "store/index_view.hpp"

#include <thread>

#include "segment_test_support.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

class IndexViewTest : public testing::Test {
 protected:
  std::unique_ptr<IndexDir> open() {
    auto index = IndexDir::open(temp_.open());
    EXPECT_TRUE(index) << index.error().message();
    return index ? std::move(*index) : nullptr;
  }
  std::string file_of(const Digest& name) { return temp_ / segment_file_name(name); }
  Digest put(SegmentContents contents) { return put_segment(temp_.open(), std::move(contents)); }
  /// A segment that takes in those that are live, and supersedes them.
  Digest merge(const IndexView& view, SegmentContents fresh) {
    fresh.merged = view.segments();
    for (const auto& segment : view.segments()) fresh.superseded.push_back(segment->name());
    return put(std::move(fresh));
  }
  test::TempDir temp_{"/dev/shm"};
};

TEST_F(IndexViewTest, FindsAnObjectInWhicheverSegmentHasIt) {
  put(numbered_contents(0, 10));
  put(numbered_contents(10, 40));
  auto index = open();
  for (std::uint64_t i = 0; i < 40; ++i) EXPECT_TRUE(index->view()->find_first(numbered_id(i))) << i;
  EXPECT_FALSE(index->view()->find_first(numbered_id(40)));
}

TEST_F(IndexViewTest, GivesOnePlaceForEachSegmentThatHasTheObject) {
  put(numbered_contents(0, 10));
  put(numbered_contents(5, 40));
  auto index = open();
  EXPECT_EQ(index->view()->find_all(numbered_id(7)).places.size(), 2U);
  EXPECT_EQ(index->view()->find_all(numbered_id(2)).places.size(), 1U);
}

TEST_F(IndexViewTest, SupersededSegmentsThatAreStillThereAreIgnored) {
  put(numbered_contents(0, 10));
  put(numbered_contents(10, 20));
  Digest merged = merge(*open()->view(), {});
  auto index = open();
  ASSERT_EQ(index->view()->segments().size(), 1U);
  EXPECT_EQ(index->view()->segments()[0]->name(), merged);
  EXPECT_EQ(index->view()->superseded().size(), 2U);
  EXPECT_EQ(index->view()->find_all(numbered_id(3)).places.size(), 1U);
}

TEST_F(IndexViewTest, ReloadTellsWhetherAnythingChangedAndKeepsMappings) {
  put(numbered_contents(0, 10));
  auto index = open();
  auto first = index->view();
  auto changed = index->reload();
  ASSERT_TRUE(changed);
  EXPECT_FALSE(*changed);
  put(numbered_contents(10, 11));
  changed = index->reload();
  ASSERT_TRUE(changed);
  EXPECT_TRUE(*changed);
  EXPECT_EQ(index->view()->segments()[0], first->segments()[0]);
  EXPECT_FALSE(first->find_first(numbered_id(10))) << "a view changed under its reader";
}

TEST_F(IndexViewTest, AViewOutlivesItsFiles) {
  Digest name = put(numbered_contents(0, 10));
  auto view = open()->view();
  test::remove_path(file_of(name));
  EXPECT_TRUE(view->find_first(numbered_id(3)));
}

TEST_F(IndexViewTest, ADamagedSegmentIsSetAsideAndNamed) {
  Digest good = put(numbered_contents(0, 10));
  Digest bad = put(numbered_contents(10, 20));
  test::overwrite_file(file_of(bad), "garbage", 16);
  auto index = open();
  ASSERT_EQ(index->view()->segments().size(), 1U);
  EXPECT_EQ(index->view()->segments()[0]->name(), good);
  ASSERT_EQ(index->view()->damaged().size(), 1U);
  EXPECT_EQ(index->view()->damaged()[0].path, file_of(bad));
}

TEST_F(IndexViewTest, ASegmentThatVanishesWhileTheListIsLoadedIsFoundInItsSuccessor) {
  Digest old = put(numbered_contents(0, 10));
  auto view = open()->view();
  sys::Dir dir = temp_.open();
  // Right before the old segment is opened, another process merges it.
  test::ActBefore merging(sys::Call::kOpen, segment_file_name(old), [&] {
    merge(*view, numbered_contents(10, 20));
    test::remove_path(file_of(old));
  });
  test::ScopedObserver watching(merging);
  auto index = IndexDir::open(std::move(dir));
  ASSERT_TRUE(index) << index.error().message();
  EXPECT_TRUE(merging.fired());
  EXPECT_TRUE((*index)->view()->find_first(numbered_id(3)));
  EXPECT_TRUE((*index)->view()->find_first(numbered_id(13)));
}

TEST_F(IndexViewTest, AMergeBetweenTwoListingsIsNoticed) {
  Digest old = put(numbered_contents(0, 10));
  auto view = open()->view();
  sys::Dir dir = temp_.open();
  int listings = 0;
  class BeforeSecondListing : public sys::Observer {
   public:
    BeforeSecondListing(int& count, std::function<void()> action) : count_(count), action_(std::move(action)) {}
    int before(sys::Call call, std::uint64_t, std::string_view) override {
      if (call == sys::Call::kList && ++count_ == 2) action_();
      return 0;
    }
    int& count_;
    std::function<void()> action_;
  } merging(listings, [&] {
    sys::set_observer(nullptr);
    merge(*view, {});
    test::remove_path(file_of(old));
    sys::set_observer(&merging);
  });
  test::ScopedObserver watching(merging);
  auto index = IndexDir::open(std::move(dir));
  ASSERT_TRUE(index) << index.error().message();
  EXPECT_GE(listings, 3);
  EXPECT_TRUE((*index)->view()->find_first(numbered_id(3)));
}

TEST_F(IndexViewTest, ForeignNamesAreNoSegments) {
  test::write_file(temp_ / "README", "hello");
  test::write_file(temp_ / "0123.idx", "hello");
  auto index = open();
  EXPECT_TRUE(index->view()->segments().empty());
  EXPECT_TRUE(index->view()->damaged().empty());
}

}  // namespace
}  // namespace cowstore::store
