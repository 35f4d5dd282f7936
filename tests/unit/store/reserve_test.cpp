#include "store/reserve.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "store/store.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

class ReserveTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(Store::initialize(dir_, {})); }

  [[nodiscard]] std::string file(int number) const { return temp_ / ("reserve/" + std::to_string(number)); }
  /// Bytes of disk that its files hold.
  [[nodiscard]] std::uint64_t held() const {
    std::uint64_t bytes = 0;
    for (int i = 0; i < kReserveFiles; ++i) {
      struct stat info {};
      if (::stat(file(i).c_str(), &info) == 0) bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    }
    return bytes;
  }

  static constexpr std::uint64_t kAll = kReserveFiles * kReserveFileBytes;
  test::TempDir temp_;
  sys::Dir dir_ = temp_.open();
};

TEST_F(ReserveTest, ANewStoreHasOne) {
  EXPECT_GE(held(), kAll);
  EXPECT_LT(held(), 2 * kReserveFiles * kReserveFileBytesOnBtrfs);
}

TEST_F(ReserveTest, IsGivenUpOnce) {
  EXPECT_TRUE(*release_reserve(dir_));
  EXPECT_EQ(held(), 0U);
  EXPECT_FALSE(*release_reserve(dir_));
}

TEST_F(ReserveTest, AStoreOfAnEarlierVersionHasNoneToGiveUpAndGetsOne) {
  test::remove_path(temp_ / "reserve");
  EXPECT_FALSE(*release_reserve(dir_));
  ASSERT_OK(replenish_reserve(dir_));
  EXPECT_GE(held(), kAll);
}

TEST_F(ReserveTest, WhatHasBecomeAHoleIsMadeAnew) {
  for (int i = 0; i < kReserveFiles; ++i) test::write_hole(file(i), kReserveFileBytes);  // as `cp -a` does
  EXPECT_LT(held(), kAll);
  ASSERT_OK(replenish_reserve(dir_));
  EXPECT_GE(held(), kAll);
}

TEST_F(ReserveTest, AFullDiskLeavesAPartOfItAndNoEmptyFiles) {
  ASSERT_OK(release_reserve(dir_));
  test::FailNth full(4, ENOSPC, {sys::Call::kAllocate}, test::Repeat::kFromThenOn);
  Result<void> made;
  {
    test::ScopedObserver watching(full);
    made = replenish_reserve(dir_);
  }
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(dir_.open_dir("reserve")->list()->size(), 3U);
  EXPECT_TRUE(*release_reserve(dir_)) << "a part is worth something too";
  ASSERT_OK(replenish_reserve(dir_));
  EXPECT_GE(held(), kAll);
}

TEST_F(ReserveTest, CostsOneCallWhenItIsThere) {
  test::CountCalls calls;
  {
    test::ScopedObserver watching(calls);
    ASSERT_OK(replenish_reserve(dir_));
  }
  EXPECT_LE(calls.total(), 2U);
}

}  // namespace
}  // namespace cowstore::store
