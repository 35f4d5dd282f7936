#include "refs/log_reader.hpp"

#include <gtest/gtest.h>

#include "support/fault_observer.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::ActBefore;
using cowstore::test::CountCalls;
using cowstore::test::FailNth;
using cowstore::test::ScopedObserver;
using test::numbered;

class LogReaderTest : public test::LogTest {};

TEST_F(LogReaderTest, WithoutALogThereIsNothingToRead) {
  const cowstore::test::TempDir empty;
  LogReader reader(empty.open());
  EXPECT_EQ(reader.refresh().error().code, ErrorCode::kNotFound);
}

TEST_F(LogReaderTest, ItReadsOnlyWhatWasAppendedSince) {
  fill(50);
  LogReader reader(dir_.open());
  ASSERT_TRUE(reader.refresh().ok());
  OperationLog writer = open();
  append(writer, numbered(51));
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    ASSERT_TRUE(reader.refresh().ok());
  }
  EXPECT_EQ(reader.position().state->operations, 51u);
  EXPECT_LE(calls.bytes_read(), 2 * kBlock);
}

TEST_F(LogReaderTest, ANewerGenerationIsReadInsteadOfTheOldOne) {
  LogReader reader(dir_.open());
  ASSERT_TRUE(reader.refresh().ok());
  OperationLog writer = open();
  {
    FailNth fault(2, EIO, {sys::Call::kSync});
    const ScopedObserver failing(fault);
    append(writer, numbered(1));
  }
  ASSERT_TRUE(reader.refresh().ok());
  EXPECT_EQ(reader.file().header().generation, 2u);
  EXPECT_EQ(reader.position().state->operations, 1u);
}

TEST_F(LogReaderTest, ATornTailIsLookedAtAgainUntilItIsComplete) {
  fill(1);
  const std::string before = bytes();
  fill_from(2, 2);
  const std::string whole = bytes();
  write(before + whole.substr(before.size(), 1000));
  LogReader reader(dir_.open());
  ASSERT_TRUE(reader.refresh().ok());
  EXPECT_EQ(reader.position().state->operations, 1u);
  EXPECT_EQ(reader.notes().all().size(), 1u);
  cowstore::test::write_file(file(), whole);
  ASSERT_TRUE(reader.refresh().ok());
  EXPECT_EQ(reader.position().state->operations, 2u);
  EXPECT_TRUE(reader.notes().all().empty());
}

TEST_F(LogReaderTest, NothingIsReadAnewWhenNothingChanged) {
  fill(100);
  OperationLog log = open();
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    ASSERT_TRUE(log.current().ok());
  }
  EXPECT_EQ(calls.total(), 3u);
  EXPECT_LE(calls.bytes_read(), kRecordHeaderBytes);
}

TEST_F(LogReaderTest, AReaderThatMeetsATornTailBeingReplacedReadsAgain) {
  fill(2);
  const std::string whole = bytes();
  fill(0);
  OperationLog writer = open();
  append(writer, numbered(3));
  const std::string longer = bytes();
  // Between looking at the size and reading, a writer cuts a torn tail off and puts a record of its own there.
  write(whole + longer.substr(whole.size(), kBlock / 2) + std::string(kBlock, 'x'));
  ActBefore replace(sys::Call::kRead, generation_name(1), [&] { write(longer); });
  {
    const ScopedObserver watching(replace);
    OperationLog reader = open();
    EXPECT_EQ(operations(reader), 3u);
  }
  EXPECT_TRUE(replace.fired());
}

TEST_F(LogReaderTest, ARecordThatWasTakenBackAndReplacedByOneAsLongIsNoticed) {
  fill(1);
  const std::string before = bytes();
  OperationLog writer = open();
  append(writer, numbered(2));
  OperationLog reader = open();
  ASSERT_TRUE((*reader.current())->view.contains("branches/b2"));
  cowstore::test::write_file(file(), before);
  OperationLog other = open();
  append(other, numbered(3));
  EXPECT_TRUE((*reader.current())->view.contains("branches/b3"));
  EXPECT_FALSE((*reader.current())->view.contains("branches/b2"));
}

}  // namespace
}  // namespace cowstore::refs
