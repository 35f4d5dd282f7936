#include "refs/log_writer.hpp"

#include <gtest/gtest.h>

#include "refs/record_body.hpp"
#include "support/fault_observer.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::CountCalls;
using cowstore::test::FailNth;
using cowstore::test::ScopedObserver;
using sys::Call;
using test::numbered;

class LogWriterTest : public test::LogTest {
 protected:
  void SetUp() override {
    LogTest::SetUp();
    fill(2);
  }
  void write_next(Durable& durable, LogWriter::Outcome expected = LogWriter::Outcome::kAppended,
                  Durability durability = Durability::kNow) {
    const sys::Dir dir = dir_.open();
    auto lock = sys::FileLock::acquire(dir, kLockName, "test");
    const LogFile file = std::move(LogFile::open(dir, list_last(), notes_)).value();
    const Position at = *newest_position(file, *file.size());
    auto writer = LogWriter::begin(std::move(*lock), dir, file, at, durable);
    ASSERT_TRUE(writer.ok());
    const int number = static_cast<int>(at.state->operations) + 1;
    RecordHeader header;
    const auto outcome = writer->append(*encode_operation(numbered(number), at.state->head), {}, header, durability);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message();
    EXPECT_EQ(*outcome, expected);
  }
  [[nodiscard]] std::uint64_t list_last() const { return cowstore::test::exists(file(2)) ? 2 : 1; }

  LogNotes notes_;
};

TEST_F(LogWriterTest, WhatOthersLeftIsSyncedBeforeAnythingIsPutBehindIt) {
  Durable durable;
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    write_next(durable);
  }
  EXPECT_EQ(calls.count(Call::kSync), 2u);
  EXPECT_EQ(durable.generation, 1u);
  EXPECT_EQ(durable.end, bytes().size());
}

TEST_F(LogWriterTest, WhatMayWaitIsSyncedWithTheNext) {
  Durable durable;
  write_next(durable);
  const std::uint64_t synced = durable.end;
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    write_next(durable, LogWriter::Outcome::kAppended, Durability::kWithTheNext);
  }
  EXPECT_EQ(calls.count(Call::kSync), 0u);
  EXPECT_EQ(durable.end, synced);
  EXPECT_LT(durable.end, bytes().size());
  {
    const ScopedObserver watching(calls);
    write_next(durable);
  }
  EXPECT_EQ(calls.count(Call::kSync), 2u);
  EXPECT_EQ(durable.end, bytes().size());
}

TEST_F(LogWriterTest, WhatItSyncedItselfIsNotSyncedAgain) {
  Durable durable;
  write_next(durable);
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    write_next(durable);
  }
  EXPECT_EQ(calls.count(Call::kSync), 1u);
  EXPECT_EQ(calls.count(Call::kWrite), 2u);  // the record, and who holds the lock
}

TEST_F(LogWriterTest, TheDamagedCopyOfTheLastRecordIsWrittenAnew) {
  const std::string whole = bytes();
  for (const std::size_t copy : {2u, 1u}) {
    std::string content = whole;
    content[whole.size() - copy * kBlock + 190] = 'X';
    write(content);
    Durable durable;
    write_next(durable);
    EXPECT_EQ(bytes().substr(0, whole.size()), whole);
  }
}

TEST_F(LogWriterTest, AFailedWriteIsMadeGoodInANewGeneration) {
  Durable durable;
  write_next(durable);
  FailNth fault(2, EIO, {Call::kWrite});  // the first one is the lock's
  {
    const ScopedObserver failing(fault);
    write_next(durable, LogWriter::Outcome::kNewGeneration);
  }
  EXPECT_EQ(durable.end, 0u);
  const sys::Dir dir = dir_.open();
  const LogFile next = std::move(LogFile::open(dir, 2, notes_)).value();
  EXPECT_EQ(next.header().previous_end, bytes(1).size());
  EXPECT_EQ(next.header().previous_record, bytes(1).size() - 2 * kBlock);
  EXPECT_EQ(newest_position(next, *next.size())->state->operations, 4u);
}

TEST_F(LogWriterTest, ANewGenerationsNameIsSyncedBeforeAnythingIsAppendedToIt) {
  Durable durable;
  write_next(durable);
  {
    FailNth fault(2, EIO, {Call::kWrite});
    const ScopedObserver failing(fault);
    write_next(durable, LogWriter::Outcome::kNewGeneration);
  }
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    write_next(durable);
  }
  EXPECT_EQ(calls.count(Call::kSync), 3u);  // the file, its directory, the record
}

}  // namespace
}  // namespace cowstore::refs
