#include "store/layout.hpp"

#include <cerrno>

#include "store/store.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

TEST(StoreCreation, MakesAStoreThatOpensWithItsConfig) {
  test::TempDir temp;
  StoreConfig config{AttributesPolicy::kFull, chunk::Profile::kBulk};
  ASSERT_OK(Store::create(temp.open(), "store", config));
  auto store = Store::open(*temp.open().open_dir("store"));
  ASSERT_TRUE(store) << store.error().message();
  EXPECT_EQ((*store)->config(), config);
}

TEST(StoreCreation, AnExistingDirectoryIsAConflictAndStaysAsItIs) {
  test::TempDir temp;
  test::write_file(temp / "store/mine", "mine");
  auto created = Store::create(temp.open(), "store", {});
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kConflict);
  EXPECT_EQ(temp.open().list()->size(), 1U) << "something is left beside it";
  EXPECT_EQ(temp.open().open_dir("store")->list()->size(), 1U);
}

TEST(StoreCreation, AnEmptyDirectoryCanBecomeAStore) {
  test::TempDir temp;
  ASSERT_OK(Store::initialize(temp.open(), {}));
  ASSERT_OK(Store::open(temp.open()));
}

TEST(StoreCreation, LeavesNothingAndReportsWhicheverCallFails) {
  for (std::uint64_t n = 1;; ++n) {
    test::TempDir temp("/dev/shm");
    sys::Dir parent = temp.open();
    test::FailNth fault(n, EIO);
    Result<void> created;
    {
      test::ScopedObserver watching(fault);
      created = Store::create(parent, "store", {});
    }
    if (!fault.fired()) break;
    ASSERT_LT(n, 1000U);
    bool visible = test::exists(temp / "store");
    if (created) {
      EXPECT_TRUE(visible) << n;
    }
    if (visible) {
      EXPECT_OK(Store::open(*temp.open().open_dir("store")));
    }
  }
}

class CallRefused : public sys::Observer {
 public:
  CallRefused(sys::Call call, int error) : call_(call), error_(error) {}
  int before(sys::Call call, std::uint64_t, std::string_view) override { return call == call_ ? error_ : 0; }

 private:
  sys::Call call_;
  int error_;
};

TEST(FileSystemProbe, RefusesWithTheReasonWhatAStoreNeeds) {
  struct Case {
    sys::Call call;
    int error;
    std::string reason;
  };
  for (const Case& one : {Case{sys::Call::kLock, ENOLCK, "flock"}, Case{sys::Call::kSync, EINVAL, "fsync"},
                          Case{sys::Call::kMap, ENODEV, "mapped"}}) {
    test::TempDir temp;
    sys::Dir parent = temp.open();
    CallRefused refusal(one.call, one.error);
    test::ScopedObserver watching(refusal);
    auto created = Store::create(parent, "store", {});
    ASSERT_FALSE(created) << one.reason;
    EXPECT_EQ(created.error().code, ErrorCode::kUnsupported) << created.error().message();
    EXPECT_NE(created.error().message().find(one.reason), std::string::npos) << created.error().message();
    EXPECT_FALSE(test::exists(temp / "store"));
  }
}

TEST(FileSystemProbe, AFullDiskIsNoVerdict) {
  test::TempDir temp;
  sys::Dir dir = temp.open();
  CallRefused refusal(sys::Call::kSync, ENOSPC);
  test::ScopedObserver watching(refusal);
  auto probed = probe_file_system(dir);
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().code, ErrorCode::kNoSpace);
}

TEST(StoreOpening, WhatIsNoStoreIsNotFound) {
  test::TempDir temp;
  auto opened = Store::open(temp.open());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
}

TEST(StoreOpening, ABadConfigIsNamed) {
  test::TempDir temp;
  test::write_file(temp / "config", "{}");
  auto opened = Store::open(temp.open());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(opened.error().path, temp / "config");
}

TEST(StoreOpening, AHugeConfigIsRefusedUnread) {
  test::TempDir temp;
  test::write_hole(temp / "config", std::uint64_t{1} << 40);
  auto opened = Store::open(temp.open());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST(StoreOpening, MakesNoChange) {
  test::TempDir temp;
  ASSERT_OK(Store::create(temp.open(), "store", {}));
  sys::Dir dir = *temp.open().open_dir("store");
  using sys::Call;
  test::FailNth fault(1, EROFS,
                      {Call::kWrite, Call::kMakeDir, Call::kRename, Call::kUnlink, Call::kLock, Call::kTruncate});
  test::ScopedObserver watching(fault);
  ASSERT_OK(Store::open(std::move(dir)));
  EXPECT_FALSE(fault.fired());
}

}  // namespace
}  // namespace cowstore::store
