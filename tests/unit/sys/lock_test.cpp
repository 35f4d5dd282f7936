#include "sys/lock.hpp"

#include <gtest/gtest.h>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "sys/system.hpp"

namespace cowstore::sys {
namespace {

class LockTest : public testing::Test {
 protected:
  [[nodiscard]] bool is_free() const {
    auto lock = FileLock::try_acquire(dir_, "lock", "probe");
    return lock.ok() && lock->has_value();
  }
  test::TempDir temp_;
  Dir dir_ = temp_.open();
};

TEST_F(LockTest, ExcludesAnotherLockOfTheSameProcessUntilItGoes) {
  {
    auto held = FileLock::try_acquire(dir_, "lock", "first");
    ASSERT_TRUE(held.ok() && held->has_value());
    EXPECT_FALSE(is_free());
  }
  EXPECT_TRUE(is_free());
}

TEST_F(LockTest, ExcludesOtherProcesses) {
  test::ProcessSignal locked;
  test::ProcessSignal release;
  test::Child child([&] {
    auto lock = FileLock::acquire(dir_, "lock", "cowstore commit");
    locked.notify();
    release.wait();
    return lock.ok() ? 0 : 1;
  });
  locked.wait();
  EXPECT_FALSE(is_free());
  EXPECT_EQ(FileLock::holder(dir_, "lock"), std::to_string(child.pid()) + " cowstore commit");
  release.notify();
  EXPECT_EQ(child.wait(), (test::ChildEnd{0, 0}));
  EXPECT_TRUE(is_free());
}

TEST_F(LockTest, KnowsWhetherItsFileStillHasItsName) {
  auto lock = FileLock::acquire(dir_, "lock", "mine");
  ASSERT_TRUE(lock.ok());
  EXPECT_TRUE(*lock->is_at(dir_, "lock"));
  ASSERT_TRUE(dir_.unlink("lock").ok());
  EXPECT_FALSE(*lock->is_at(dir_, "lock"));
  auto another = FileLock::acquire(dir_, "lock", "mine");
  ASSERT_TRUE(another.ok());
  EXPECT_FALSE(*lock->is_at(dir_, "lock"));
}

TEST_F(LockTest, SharedLocksOfADirectoryKeepOutTheExclusiveOneAlone) {
  using Kind = DirLock::Kind;
  auto first = DirLock::try_acquire(dir_, Kind::kShared);
  auto second = DirLock::try_acquire(dir_, Kind::kShared);
  ASSERT_TRUE(first.ok() && first->has_value());
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_FALSE(DirLock::try_acquire(dir_)->has_value());
  first->reset();
  second->reset();
  auto alone = DirLock::try_acquire(dir_);
  ASSERT_TRUE(alone.ok() && alone->has_value());
  EXPECT_FALSE(DirLock::try_acquire(dir_, Kind::kShared)->has_value());
}

TEST_F(LockTest, AKilledProcessLeavesNoLock) {
  test::ProcessSignal locked;
  test::Child child([&] {
    auto lock = FileLock::acquire(dir_, "lock", "doomed");
    locked.notify();
    test::ProcessSignal().wait();
    return 0;
  });
  locked.wait();
  EXPECT_FALSE(is_free());
  child.kill();
  EXPECT_TRUE(child.wait().killed());
  EXPECT_TRUE(is_free());
}

TEST_F(LockTest, AcquireWaitsForTheHolder) {
  test::ProcessSignal locked;
  test::Child child([&] {
    auto lock = FileLock::acquire(dir_, "lock", "child");
    locked.notify();
    test::write_file(temp_ / "released", "in a moment");
    return lock.ok() ? 0 : 1;
  });
  locked.wait();
  ASSERT_TRUE(FileLock::acquire(dir_, "lock", "parent").ok());
  EXPECT_TRUE(test::exists(temp_ / "released"));
  EXPECT_EQ(child.wait(), (test::ChildEnd{0, 0}));
}

TEST_F(LockTest, OneAfterTheOtherGetsIt) {
  // Each child adds one to a number that it reads and writes under the lock.
  test::write_file(temp_ / "number", "0");
  std::vector<std::unique_ptr<test::Child>> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(std::make_unique<test::Child>([&] {
      for (int n = 0; n < 25; ++n) {
        auto lock = FileLock::acquire(dir_, "lock", "adder");
        if (!lock) return 1;
        int number = std::stoi(test::read_file(temp_ / "number"));
        test::write_file(temp_ / "number", std::to_string(number + 1));
      }
      return 0;
    }));
  }
  for (auto& child : children) EXPECT_EQ(child->wait(), (test::ChildEnd{0, 0}));
  EXPECT_EQ(test::read_file(temp_ / "number"), "100");
}

TEST_F(LockTest, TheLockFileIsNeverReplaced) {
  ASSERT_TRUE(is_free());
  std::uint64_t inode = test::inode_of(temp_ / "lock");
  ASSERT_TRUE(is_free());
  EXPECT_EQ(test::inode_of(temp_ / "lock"), inode);
}

TEST_F(LockTest, NamesItsHolder) {
  auto held = FileLock::acquire(dir_, "lock", "cowstore gc --now");
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(FileLock::holder(dir_, "lock"), std::to_string(process_id()) + " cowstore gc --now");
  EXPECT_EQ(FileLock::holder(dir_, "no such lock"), "");
}

TEST_F(LockTest, ALongCommandIsCutNotLost) {
  auto held = FileLock::acquire(dir_, "lock", "cowstore add " + std::string(100000, 'x'));
  ASSERT_TRUE(held.ok());
  std::string holder = FileLock::holder(dir_, "lock");
  EXPECT_TRUE(holder.starts_with(std::to_string(process_id()) + " cowstore add xxx"));
  EXPECT_LE(holder.size(), 4096U);
}

TEST_F(LockTest, AFullDiskDoesNotKeepFromLocking) {
  test::FailNth full(1, ENOSPC, {Call::kWrite, Call::kTruncate}, test::Repeat::kFromThenOn);
  test::ScopedObserver watching(full);
  auto lock = FileLock::acquire(dir_, "lock", "me");
  EXPECT_TRUE(lock.ok());
  EXPECT_TRUE(full.fired());
}

TEST_F(LockTest, AnUnusableFileIsAnErrorNotAFreeLock) {
  test::make_dirs(temp_ / "lock");
  EXPECT_FALSE(FileLock::try_acquire(dir_, "lock", "me").ok());
  EXPECT_FALSE(FileLock::acquire(dir_, "lock", "me").ok());
}

class LockOnTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, LockOnTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(LockOnTest, LocksExcludeEachOther) {
  Dir dir = temp().open();
  auto held = FileLock::try_acquire(dir, "lock", "first");
  ASSERT_TRUE(held.ok() && held->has_value());
  auto second = FileLock::try_acquire(dir, "lock", "second");
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->has_value());
}

}  // namespace
}  // namespace cowstore::sys
