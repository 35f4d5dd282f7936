// Failing system calls and processes that are killed: the state is the old or the new one, and the log goes on.
#include <gtest/gtest.h>

#include <cerrno>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::CallSet;
using cowstore::test::FailNth;
using cowstore::test::KillNth;
using cowstore::test::Repeat;
using cowstore::test::ScopedObserver;
using cowstore::test::ShortWrites;
using sys::Call;
using test::numbered;
using test::set_branch;

/// Writes come in pieces, and one of them is the last thing the process does.
class KillInPieces final : public KillNth {
 public:
  using KillNth::KillNth;
  std::uint64_t allow(std::uint64_t bytes) override { return std::min<std::uint64_t>(bytes, 1500); }
};

class LogCrashTest : public test::LogTest {
 protected:
  void SetUp() override {
    LogTest::SetUp();
    fill(kBefore);
  }

  /// A directory that holds a log of kBefore operations.
  void reset() {
    cowstore::test::remove_path(dir_.path());
    cowstore::test::make_dirs(dir_.path());
    LogTest::SetUp();
    fill(kBefore);
  }

  /// Its state is old, or new; the next append works; every operation is in the history; nothing is damaged.
  void expect_old_or_new(const std::string& what, bool reported) {
    OperationLog log = open();
    const std::uint64_t found = operations(log);
    ASSERT_GE(found, reported ? kBefore + 1u : kBefore + 0u) << what;
    ASSERT_LE(found, kBefore + 1u) << what;
    append(log, numbered(1000));
    OperationLog again = open();
    ASSERT_EQ(operations(again), found + 1) << what;
    expect_whole(again, what);
  }

  static void expect_whole(OperationLog& log, const std::string& what) {
    const auto history = log.newest(1000);
    ASSERT_TRUE(history.ok()) << what << ": " << history.error().message();
    ASSERT_EQ(history->size(), operations(log)) << what;
    ASSERT_EQ(history->back().command, "set b1") << what;
    const auto check = log.verify();
    ASSERT_TRUE(check.ok()) << what << ": " << check.error().message();
    ASSERT_TRUE(check->intact()) << what << ": " << check->notes.front().text;
  }

  static constexpr int kBefore = 3;
};

TEST_F(LogCrashTest, WhicheverCallFailsTheStateIsOldOrNewAndTheSameLogGoesOn) {
  for (const int error : {EIO, ENOSPC}) {
    for (const Repeat repeat : {Repeat::kOnce, Repeat::kFromThenOn}) {
      for (std::uint64_t n = 1;; ++n) {
        const std::string what = "call " + std::to_string(n) + " errno " + std::to_string(error);
        reset();
        OperationLog log = open();
        FailNth fault(n, error, {}, repeat);
        Result<Operation> done = Error{};
        {
          const ScopedObserver failing(fault);
          done = log.append(numbered(100));
        }
        const std::uint64_t seen = operations(log);
        ASSERT_GE(seen, done ? kBefore + 1u : kBefore + 0u) << what;
        ASSERT_LE(seen, kBefore + 1u) << what;
        append(log, numbered(101));
        ASSERT_EQ(operations(log), seen + 1) << what;
        OperationLog again = open();
        ASSERT_EQ(operations(again), seen + 1) << what;
        expect_whole(again, what);
        if (!fault.fired()) break;
        ASSERT_LT(n, 200u);
      }
    }
  }
}

TEST_F(LogCrashTest, KilledAtAnyCallTheStateIsOldOrNew) {
  for (std::uint64_t n = 1;; ++n) {
    reset();
    const auto end = cowstore::test::run_child([&] {
      OperationLog log = open();
      KillInPieces fault(n);
      const ScopedObserver killing(fault);
      return log.append(numbered(100)).ok() ? 0 : 1;
    });
    expect_old_or_new("killed at call " + std::to_string(n), !end.killed());
    if (!end.killed()) break;
    ASSERT_LT(n, 200u);
  }
}

TEST_F(LogCrashTest, KilledWhileItWritesANewGenerationTheStateIsOldOrNew) {
  /// The second sync, that of the record, fails; then the n-th call from there kills.
  class FailThenKill final : public KillNth {
   public:
    using KillNth::KillNth;
    int before(Call call, std::uint64_t bytes, std::string_view name) override {
      if (failed_) return KillNth::before(call, bytes, name);
      failed_ = call == Call::kSync && ++syncs_ == 2;
      return failed_ ? EIO : 0;
    }

   private:
    int syncs_ = 0;
    bool failed_ = false;
  };
  for (std::uint64_t n = 1;; ++n) {
    reset();
    const auto end = cowstore::test::run_child([&] {
      OperationLog log = open();
      FailThenKill fault(n);
      const ScopedObserver killing(fault);
      return log.append(numbered(100)).ok() ? 0 : 1;
    });
    expect_old_or_new("killed at call " + std::to_string(n), !end.killed());
    if (!end.killed()) break;
    ASSERT_LT(n, 200u);
  }
  EXPECT_TRUE(cowstore::test::exists(file(2)));
}

TEST_F(LogCrashTest, CreateKilledOrFailingAtAnyCallLeavesNoLogOrAWholeOne) {
  for (std::uint64_t n = 1;; ++n) {
    const cowstore::test::TempDir fresh{test::scratch_place()};
    const auto end = cowstore::test::run_child([&] {
      KillInPieces fault(n);
      const ScopedObserver killing(fault);
      return OperationLog::create(fresh.open()).ok() ? 0 : 1;
    });
    auto log = OperationLog::open(fresh.open());
    if (!log) {
      ASSERT_EQ(log.error().code, ErrorCode::kNotFound);
      ASSERT_TRUE(OperationLog::create(fresh.open()).ok());
      log = OperationLog::open(fresh.open());
    }
    ASSERT_TRUE(log.ok());
    ASSERT_EQ(operations(*log), 0u);
    if (!end.killed()) break;
  }
}

TEST_F(LogCrashTest, AfterAFailedSyncTheOperationIsInANewGenerationAndReadersNotice) {
  OperationLog reader = open();
  OperationLog log = open();
  append(log, numbered(4));
  FailNth fault(1, EIO, {Call::kSync});
  {
    const ScopedObserver failing(fault);
    append(log, numbered(5));
  }
  EXPECT_TRUE(cowstore::test::exists(file(2)));
  EXPECT_EQ(operations(reader), 5u);
  EXPECT_TRUE((*reader.current())->view.contains("branches/b5"));
  append(log, numbered(6));
  EXPECT_EQ(operations(reader), 6u);
  expect_whole(reader, "after a new generation");
  EXPECT_EQ(reader.view_at(reader.find("@~4")->id)->size(), 2u);
  EXPECT_EQ(reader.verify()->generations, 2u);
}

TEST_F(LogCrashTest, ManyGenerationsAreOneHistory) {
  for (int i = 4; i <= 20; ++i) {
    OperationLog log = open();
    FailNth fault(static_cast<std::uint64_t>(1 + i % 2), EIO, {Call::kSync});
    const ScopedObserver failing(fault);
    append(log, numbered(i));
  }
  OperationLog log = open();
  EXPECT_EQ(operations(log), 20u);
  expect_whole(log, "many generations");
  EXPECT_EQ(log.verify()->generations, 18u);
  const auto all = *log.newest(100);
  for (const Operation& operation : all) EXPECT_EQ(log.view_at(operation.id)->size(), operation.number);
  EXPECT_EQ(log.find(all.back().id.hex().substr(0, 16))->id, all.back().id);
}

TEST_F(LogCrashTest, ARecordThatNobodySyncedIsWrittenAgainWhenItsSyncFails) {
  const std::size_t size = bytes().size();
  OperationLog log = open();
  FailNth fault(1, EIO, {Call::kSync});
  {
    const ScopedObserver failing(fault);
    append(log, numbered(4));
  }
  // What the failed sync dropped never reaches the disk: the last record of the old generation is lost.
  cowstore::test::write_file(file(1), bytes(1).substr(0, size - 2 * kBlock) + std::string(2 * kBlock, '\0'));
  OperationLog after = open();
  EXPECT_EQ(operations(after), 4u);
  expect_whole(after, "rewritten");
}

TEST_F(LogCrashTest, AFullDiskLeavesNothingBehind) {
  OperationLog log = open();
  const std::string before = bytes();
  FailNth fault(1, ENOSPC, {Call::kWrite}, Repeat::kFromThenOn);
  {
    const ScopedObserver failing(fault);
    const auto done = log.append(numbered(100));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kNoSpace);
  }
  EXPECT_EQ(bytes(), before);
  EXPECT_FALSE(cowstore::test::exists(file(2)));
  EXPECT_EQ(dir_.open().list()->size(), 2u);  // the log and its lock
}

TEST_F(LogCrashTest, TemporaryFilesOfTheDeadAreRemovedByTheNextGeneration) {
  cowstore::test::write_file(dir_ / "new-123", "half a generation");
  OperationLog log = open();
  FailNth fault(2, EIO, {Call::kSync});
  {
    const ScopedObserver failing(fault);
    append(log, numbered(4));
  }
  EXPECT_FALSE(cowstore::test::exists(dir_ / "new-123"));
}

TEST_F(LogCrashTest, ShortWritesAreContinued) {
  OperationLog log = open();
  ShortWrites pieces(100);
  {
    const ScopedObserver shortening(pieces);
    append(log, numbered(4));
  }
  OperationLog again = open();
  EXPECT_EQ(operations(again), 4u);
  EXPECT_TRUE(again.verify()->notes.empty());
}

}  // namespace
}  // namespace cowstore::refs
