#include "sys/system.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <thread>

#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::sys {
namespace {

TEST(System, TheBootIdIsAUuidAndStays) {
  auto first = boot_id();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->size(), 36U);
  EXPECT_EQ((*first)[8], '-');
  EXPECT_EQ(*boot_id(), *first);
}

TEST(System, UserAndHostHaveNames) {
  EXPECT_FALSE(user_name().empty());
  EXPECT_FALSE(host_name().empty());
}

TEST(System, AUserWithoutANameIsItsNumber) {
  if (!test::is_root_or_skip()) return;
  auto end = test::run_child([] { return ::setuid(3456789) == 0 && user_name() == "3456789" ? 0 : 1; });
  EXPECT_EQ(end, (test::ChildEnd{0, 0}));
}

TEST(System, NowIsARealTime) {
  Timestamp time = now();
  EXPECT_GT(time.seconds, 1700000000);
  EXPECT_LT(time.nanoseconds, 1000000000U);
}

TEST(System, TheOffsetOfAZoneIsInMinutesAndKnowsSummer) {
  auto offset_in = [](const char* zone, std::int64_t seconds) {
    auto end = test::run_child([&] {
      ::setenv("TZ", zone, 1);
      ::tzset();
      return utc_offset_minutes({seconds, 0}) / 15 + 100;
    });
    return (end.status - 100) * 15;
  };
  constexpr std::int64_t kWinter = 1768478400;  // 2026-01-15
  constexpr std::int64_t kSummer = 1784116800;  // 2026-07-15
  EXPECT_EQ(offset_in("UTC0", kWinter), 0);
  EXPECT_EQ(offset_in("IST-5:30", kWinter), 330);
  EXPECT_EQ(offset_in("NST3:30", kWinter), -210);
  EXPECT_EQ(offset_in("CET-1CEST,M3.5.0,M10.5.0/3", kWinter), 60);
  EXPECT_EQ(offset_in("CET-1CEST,M3.5.0,M10.5.0/3", kSummer), 120);
}

TEST(System, CoresAreThoseThisProcessMayUse) {
  EXPECT_GE(usable_cores(), 1U);
  auto end = test::run_child([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    return ::sched_setaffinity(0, sizeof one, &one) == 0 && usable_cores() == 1 ? 0 : 1;
  });
  EXPECT_EQ(end, (test::ChildEnd{0, 0}));
}

TEST(System, TheProcessIdIsThatOfTheProcess) {
  auto end = test::run_child([] { return process_id() == ::getpid() ? 0 : 1; });
  EXPECT_EQ(end, (test::ChildEnd{0, 0}));
}

TEST(System, UniqueNamesDifferBetweenCallsThreadsAndProcesses) {
  std::mutex mutex;
  std::set<std::string> names;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        std::string name = unique_name();
        std::lock_guard lock(mutex);
        names.insert(name);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(names.size(), 4000U);
  EXPECT_EQ(names.begin()->find('/'), std::string::npos);
  std::string prefix = std::to_string(::getpid()) + "-";
  EXPECT_EQ(test::run_child([&] { return unique_name().starts_with(prefix) ? 1 : 0; }), (test::ChildEnd{0, 0}));
}

TEST(System, RealPathsAreAbsoluteAndFreeOfLinks) {
  test::TempDir temp;
  test::make_dirs(temp / "real");
  test::make_symlink("real", temp / "link");
  EXPECT_EQ(*real_path(temp / "link/../link"), temp / "real");
  auto absent = real_path(temp / "absent");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

class SystemOnTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, SystemOnTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(SystemOnTest, TheFileSystemsClockLiesBetweenTwoChanges) {
  Dir dir = temp().open();
  test::write_file(temp() / "before", "x");
  auto stamp = file_system_now(dir);
  test::write_file(temp() / "after", "x");
  ASSERT_TRUE(stamp.ok());
  EXPECT_LE(test::mtime_of(temp() / "before"), *stamp);
  EXPECT_LE(*stamp, test::mtime_of(temp() / "after"));
  EXPECT_EQ(dir.list()->size(), 2U) << "nothing is left behind";
}

TEST_P(SystemOnTest, TheClockCanBeReadWithoutLeavingATrace) {
  Dir dir = temp().open();
  test::write_file(temp() / "before", "x");
  const Timestamp touched = test::mtime_of(temp().path());
  auto stamp = file_system_now_unseen(dir);
  EXPECT_EQ(test::mtime_of(temp().path()), touched);
  test::write_file(temp() / "after", "x");
  ASSERT_TRUE(stamp.ok()) << stamp.error().message();
  EXPECT_LE(test::mtime_of(temp() / "before"), *stamp);
  EXPECT_LE(*stamp, test::mtime_of(temp() / "after"));
}

TEST_P(SystemOnTest, FreeSpaceIsThatOfTheFileSystem) {
  Dir dir = temp().open();
  auto free = free_space(dir);
  ASSERT_TRUE(free.ok());
  EXPECT_GT(free->bytes, 100U << 20);
  EXPECT_LT(free->bytes, 2ULL << 30);
  EXPECT_EQ(free->files.has_value(), filesystem() != "btrfs") << "which has no fixed number of inodes";
  EXPECT_GT(free->files.value_or(1000), 100U);
  EXPECT_EQ(free->exact, filesystem() != "btrfs") << "which may compress";
}

}  // namespace
}  // namespace cowstore::sys
