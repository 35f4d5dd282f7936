#include "store/merge_policy.hpp"

#include <numeric>

#include "segment_test_support.hpp"

namespace cowstore::store {
namespace {

/// Publishes commits of `per_commit` objects, merging as the policy says.
class MergePolicyTest : public testing::Test {
 protected:
  void publish(std::uint64_t objects) {
    auto index = IndexDir::open(temp_.open());
    ASSERT_TRUE(index);
    SegmentContents contents = numbered_contents(next_, next_ + objects);
    next_ += objects;
    contents.merged = choose_merge(*(*index)->view(), objects + 1);
    for (const auto& segment : contents.merged) {
      contents.superseded.push_back(segment->name());
      written_ += segment->size();
    }
    std::vector<Digest> gone = contents.superseded;
    put_segment(temp_.open(), std::move(contents));
    for (const Digest& name : gone) test::remove_path(temp_ / segment_file_name(name));
  }
  std::shared_ptr<const IndexView> view() { return (*IndexDir::open(temp_.open()))->view(); }
  test::TempDir temp_{"/dev/shm"};
  std::uint64_t next_ = 0;
  std::uint64_t written_ = 0;  ///< entries that were written again
};

TEST_F(MergePolicyTest, SmallSegmentsBecomeOne) {
  for (int i = 0; i < 100; ++i) publish(5);
  EXPECT_EQ(view()->segments().size(), 1U);
}

TEST_F(MergePolicyTest, TheNumberOfSegmentsGrowsWithTheLogarithm) {
  for (int i = 0; i < 150; ++i) publish(500);
  EXPECT_LE(view()->segments().size(), 10U);
  EXPECT_LE(written_, next_ * 6);
  std::uint64_t listed = 0;
  auto live = view();
  for (const auto& segment : live->segments()) listed += segment->size();
  EXPECT_EQ(listed, next_);
}

TEST_F(MergePolicyTest, ASmallCommitLeavesALargeSegmentAlone) {
  publish(30000);
  publish(10);
  EXPECT_EQ(view()->segments().size(), 2U);
}

TEST_F(MergePolicyTest, ALargeCommitTakesInAllThatIsSmaller) {
  for (int i = 0; i < 3; ++i) publish(1500);
  publish(30000);
  EXPECT_EQ(view()->segments().size(), 1U);
}

}  // namespace
}  // namespace cowstore::store
