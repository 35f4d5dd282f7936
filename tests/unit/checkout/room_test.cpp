#include "checkout/room.hpp"

#include <gtest/gtest.h>

#include "support/test_filesystems.hpp"
#include "sys/system.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::checkout {
namespace {

class RoomTest : public test::FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    target_ = temp().open();
    free_ = sys::free_space(target_)->bytes;
  }

  /// A file of one chunk over and over, at least that many bytes.
  object::FileRef file_of(std::uint64_t size, std::uint8_t byte = 'x') {
    constexpr std::uint64_t kLength = 256 << 10;
    auto transaction = std::move(bed_.store->begin()).value();
    object::ChunkListBuilder list(*transaction);
    ChunkId chunk(hash::sha256(Bytes(kLength, byte)));
    EXPECT_TRUE(list.add(chunk, kLength, size / kLength + 1).ok());
    object::FileRef file = std::move(list.finish()).value();
    EXPECT_TRUE(transaction->publish().ok());
    return file;
  }

  Result<void> ask(const object::FileRef& file, bool can_clone, std::uint64_t freed = 0) {
    RoomRequest request;
    request.files = [&](const FileSink& sink) { return sink(file); };
    request.freed = freed;
    request.can_clone = [=] { return Result<bool>(can_clone); };
    request.path = "/target";
    return expect_room(*bed_.store, target_, request);
  }

  test::TempDir store_dir_;
  test::StoreBed bed_{store_dir_};
  sys::Dir target_;
  std::uint64_t free_ = 0;
};
INSTANTIATE_TEST_SUITE_P(On, RoomTest, test::every_filesystem(), test::filesystem_param_name);

}  // namespace

TEST_P(RoomTest, WhatCertainlyDoesntFitIsRefusedWithBothNumbers) {
  if (skipped()) return;
  auto asked = ask(file_of(free_ + (std::uint64_t{1} << 30)), false);
  if (filesystem() == "btrfs") {
    EXPECT_TRUE(asked.ok()) << "it may be compressed";
    return;
  }
  ASSERT_FALSE(asked.ok());
  EXPECT_EQ(asked.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(asked.error().message().find("GiB by copying"), std::string::npos) << asked.error().message();
  EXPECT_NE(asked.error().message().find("are free"), std::string::npos) << asked.error().message();
}

TEST_P(RoomTest, WhatFitsIsNot) {
  if (skipped()) return;
  EXPECT_TRUE(ask(file_of(free_ / 2), false).ok());
  EXPECT_TRUE(ask(file_of(free_ + 1000), false, std::uint64_t{1} << 30).ok()) << "what is replaced comes free";
  EXPECT_TRUE(ask(file_of(free_ * 2), true).ok()) << "clones take no space";
}

TEST_P(RoomTest, HolesTakeNone) {
  if (skipped()) return;
  EXPECT_TRUE(ask(file_of(free_ * 4, 0), false).ok());
}

}  // namespace cowstore::checkout
