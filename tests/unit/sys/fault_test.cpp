#include "sys/fault.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "support/temp_dir.hpp"
#include "sys/clone.hpp"
#include "sys/dir.hpp"
#include "sys/extents.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/mapped_file.hpp"
#include "sys/nodes.hpp"
#include "sys/ownership.hpp"
#include "sys/xattr.hpp"

namespace cowstore::sys {
namespace {

using test::CountCalls;
using test::FailNth;
using test::ScopedObserver;

/// What a wrapper needs around it, made anew for every call.
struct Bench {
  test::TempDir temp;
  Dir dir;
  Fd file;

  Bench() : dir(temp.open()) {
    test::write_file(temp / "file", "content");
    test::write_file(temp / "sub/inner", "x");
    test::make_symlink("file", temp / "link");
    file = std::move(*dir.open_write("file"));
  }
};

template <class T>
int errno_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().sys_errno;
}

struct Wrapper {
  const char* name;
  Call call;
  std::function<int(Bench&)> run;  ///< the errno of the result, 0 for success
};

const std::vector<Wrapper>& wrappers() {
  static const std::vector<Wrapper> all{
      {"Dir::open", Call::kOpen, [](Bench& b) { return errno_of(Dir::open(b.temp.path())); }},
      {"open_dir", Call::kOpen, [](Bench& b) { return errno_of(b.dir.open_dir("sub")); }},
      {"open_read", Call::kOpen, [](Bench& b) { return errno_of(b.dir.open_read("file")); }},
      {"open_read deep", Call::kOpen, [](Bench& b) { return errno_of(b.dir.open_read("sub/inner")); }},
      {"open_write", Call::kOpen, [](Bench& b) { return errno_of(b.dir.open_write("file")); }},
      {"allocate", Call::kAllocate, [](Bench& b) { return errno_of(allocate(b.file, 4096, "file")); }},
      {"create_new", Call::kCreate, [](Bench& b) { return errno_of(b.dir.create_new("new", 0600)); }},
      {"open_or_create", Call::kCreate, [](Bench& b) { return errno_of(b.dir.open_or_create("new", 0600)); }},
      {"make_dir", Call::kMakeDir, [](Bench& b) { return errno_of(b.dir.make_dir("new", 0700)); }},
      {"make_dirs", Call::kMakeDir, [](Bench& b) { return errno_of(b.dir.make_dirs("n/e/w", 0700)); }},
      {"unlink", Call::kUnlink, [](Bench& b) { return errno_of(b.dir.unlink("file")); }},
      {"remove_dir", Call::kUnlink, [](Bench& b) { return errno_of(b.dir.remove_tree("sub")); }},
      {"rename", Call::kRename, [](Bench& b) { return errno_of(b.dir.rename("file", b.dir, "other")); }},
      {"make_symlink", Call::kSymlink, [](Bench& b) { return errno_of(b.dir.make_symlink("t", "new")); }},
      {"read_link", Call::kReadLink, [](Bench& b) { return errno_of(b.dir.read_link("link")); }},
      {"Dir::stat", Call::kStat, [](Bench& b) { return errno_of(b.dir.stat("file")); }},
      {"stat_plain", Call::kStat, [](Bench& b) { return errno_of(b.dir.stat_plain("file")); }},
      {"stat_self", Call::kStat, [](Bench& b) { return errno_of(b.dir.stat_self()); }},
      {"stat", Call::kStat, [](Bench& b) { return errno_of(stat(b.file, "file")); }},
      {"list", Call::kList, [](Bench& b) { return errno_of(b.dir.list()); }},
      {"Dir::set_mtime", Call::kSetTimes,
       [](Bench& b) {
         return errno_of(b.dir.set_mtime("file", {1, 2}));
       }},
      {"set_mtime", Call::kSetTimes,
       [](Bench& b) {
         return errno_of(set_mtime(b.file, {1, 2}, "file"));
       }},
      {"Dir::set_mode", Call::kSetMode, [](Bench& b) { return errno_of(b.dir.set_mode("file", 0600)); }},
      {"set_mode", Call::kSetMode, [](Bench& b) { return errno_of(set_mode(b.file, 0600, "file")); }},
      {"sync", Call::kSync, [](Bench& b) { return errno_of(b.dir.sync()); }},
      {"sync_all", Call::kSync, [](Bench& b) { return errno_of(b.dir.sync_all()); }},
      {"sync_data", Call::kSync, [](Bench& b) { return errno_of(sync_data(b.file, "file")); }},
      {"write_back", Call::kWriteback, [](Bench& b) { return errno_of(write_back(b.file, "file")); }},
      {"truncate", Call::kTruncate, [](Bench& b) { return errno_of(truncate(b.file, 3, "file")); }},
      {"read_all", Call::kRead, [](Bench& b) { return errno_of(read_all(b.file, 100, "file")); }},
      {"write_at", Call::kWrite, [](Bench& b) { return errno_of(write_at(b.file, as_bytes("x"), 0, "file")); }},
      {"next_data", Call::kExtents, [](Bench& b) { return errno_of(next_data(b.file, 0, 7, "file")); }},
      {"map", Call::kMap, [](Bench& b) { return errno_of(MappedFile::map(b.file, "file")); }},
      {"try_acquire", Call::kLock, [](Bench& b) { return errno_of(FileLock::try_acquire(b.dir, "lock", "me")); }},
      {"acquire", Call::kLock, [](Bench& b) { return errno_of(FileLock::acquire(b.dir, "lock", "me")); }},
      {"list_xattrs", Call::kReadXattr, [](Bench& b) { return errno_of(list_xattrs(b.dir, "file")); }},
      {"read_xattr", Call::kReadXattr, [](Bench& b) { return errno_of(read_xattr(b.dir, "file", "user.a")); }},
      {"remove_xattr", Call::kSetXattr, [](Bench& b) { return errno_of(remove_xattr(b.dir, "file", "user.a")); }},
      {"set_group", Call::kSetOwner, [](Bench& b) { return errno_of(set_group(b.dir, "file", ::getegid())); }},
      {"make_link", Call::kLink, [](Bench& b) { return errno_of(make_link(b.dir, "file", b.dir, "new")); }},
      {"make_special", Call::kMakeSpecial,
       [](Bench& b) { return errno_of(make_special(b.dir, "new", FileKind::kFifo, 0600, 0, 0)); }},
      {"is_nocow", Call::kFlags, [](Bench& b) { return errno_of(is_nocow(b.file, "file")); }},
  };
  return all;
}

TEST(Fault, EveryWrapperAsksTheObserverAndFailsAsItIsTold) {
  for (const Wrapper& wrapper : wrappers()) {
    Bench bench;
    FailNth fault(1, EIO, {wrapper.call});
    ScopedObserver watching(fault);
    EXPECT_EQ(wrapper.run(bench), EIO) << wrapper.name;
    EXPECT_TRUE(fault.fired()) << wrapper.name;
  }
}

TEST(Fault, EveryWrapperGoesOnAfterAnInterruption) {
  for (const Wrapper& wrapper : wrappers()) {
    Bench bench;
    FailNth fault(1, EINTR, {wrapper.call});
    ScopedObserver watching(fault);
    EXPECT_EQ(wrapper.run(bench), 0) << wrapper.name;
    EXPECT_TRUE(fault.fired()) << wrapper.name;
  }
}

TEST(Fault, AFailedCallHasNoEffect) {
  Bench bench;
  std::string before = test::read_file(bench.temp / "file");
  FailNth fault(1, ENOSPC, {}, test::Repeat::kFromThenOn);
  {
    ScopedObserver watching(fault);
    for (const Wrapper& wrapper : wrappers()) wrapper.run(bench);
  }
  EXPECT_EQ(test::read_file(bench.temp / "file"), before);
  for (const char* made : {"new", "n", "other", "lock"}) EXPECT_FALSE(test::exists(bench.temp / made)) << made;
  EXPECT_TRUE(test::exists(bench.temp / "sub/inner"));
}

TEST(Fault, WritesThatTheSystemShortensAreContinued) {
  Bench bench;
  test::ShortWrites short_writes(3);
  CountCalls calls;
  std::string content(1000, 'y');
  {
    ScopedObserver watching(short_writes);
    ASSERT_TRUE(write_at(bench.file, as_bytes(content), 5, "file").ok());
  }
  EXPECT_EQ(test::read_file(bench.temp / "file"), "conte" + content);
}

TEST(Fault, AWriteWithoutProgressIsAnErrorNotALoop) {
  Bench bench;
  test::ShortWrites no_writes(0);
  ScopedObserver watching(no_writes);
  EXPECT_EQ(errno_of(write_at(bench.file, as_bytes("x"), 0, "file")), EIO);
}

TEST(Fault, CountsCallsAndBytesByKind) {
  Bench bench;
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    ASSERT_TRUE(write_at(bench.file, as_bytes("12345678"), 0, "file").ok());
    ASSERT_TRUE(read_all(bench.file, 100, "file").ok());
    ASSERT_TRUE(bench.dir.open_read("file").ok());
  }
  EXPECT_EQ(calls.bytes_written(), 8U);
  EXPECT_EQ(calls.bytes_read(), 8U);
  EXPECT_EQ(calls.count(Call::kWrite), 1U);
  EXPECT_EQ(calls.count(Call::kOpen), 1U);
  EXPECT_EQ(calls.count(Call::kRename), 0U);
  std::uint64_t before = calls.total();
  ASSERT_TRUE(bench.dir.open_read("file").ok());
  EXPECT_EQ(calls.total(), before) << "removed observers are not asked";
}

TEST(Fault, TheNthOfAKindFailsAndNoOther) {
  Bench bench;
  FailNth fault(3, ENOSPC, {Call::kWrite});
  ScopedObserver watching(fault);
  for (int n = 1; n <= 5; ++n) {
    ASSERT_TRUE(bench.dir.stat("file").ok());
    EXPECT_EQ(errno_of(write_at(bench.file, as_bytes("x"), 0, "file")), n == 3 ? ENOSPC : 0) << n;
    EXPECT_EQ(fault.fired(), n >= 3);
  }
}

TEST(Fault, ObserversAreAskedFromEveryThread) {
  Bench bench;
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 250; ++i) (void)bench.dir.stat("file");
      });
    }
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(calls.count(Call::kStat), 1000U);
}

TEST(Fault, AChildDiesBeforeItsNthChangeAndAfterAllBefore) {
  for (std::uint64_t n = 1; n <= 4; ++n) {
    Bench bench;
    auto end = test::run_child([&] {
      test::KillNth death(n, {Call::kMakeDir});
      ScopedObserver watching(death);
      for (const char* name : {"1", "2", "3"}) {
        if (!bench.dir.make_dir(name, 0700)) return 1;
      }
      return 0;
    });
    EXPECT_EQ(end, n <= 3 ? (test::ChildEnd{-1, SIGKILL}) : (test::ChildEnd{0, 0}));
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(test::exists(bench.temp / std::to_string(i)), i < n) << n;
  }
}

TEST(Fault, AnActionRunsBetweenTheDecisionAndTheCall) {
  Bench bench;
  test::ActBefore intruder(Call::kOpen, "file", [&] { test::remove_path(bench.temp / "file"); });
  ScopedObserver watching(intruder);
  EXPECT_EQ(errno_of(bench.dir.open_read("file")), ENOENT);
  EXPECT_TRUE(intruder.fired());
}

}  // namespace
}  // namespace cowstore::sys
