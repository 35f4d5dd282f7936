#include "refs/operation_log.hpp"

#include <gtest/gtest.h>

#include "hash/sha256.hpp"
#include "support/fault_observer.hpp"
#include "sys/lock.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::CountCalls;
using cowstore::test::ScopedObserver;
using test::numbered;
using test::set_branch;

class OperationLogTest : public test::LogTest {};

TEST_F(OperationLogTest, ANewLogIsEmptyAndHasNoHistory) {
  OperationLog log = open();
  const auto state = log.current();
  ASSERT_TRUE(state.ok());
  EXPECT_EQ((*state)->view.size(), 0u);
  EXPECT_EQ((*state)->head, OperationId{});
  EXPECT_TRUE(log.newest(10)->empty());
  EXPECT_EQ(log.find("@").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(log.notes().empty());
}

TEST_F(OperationLogTest, CreateRefusesADirectoryThatHasOne) {
  EXPECT_EQ(OperationLog::create(dir_.open()).error().code, ErrorCode::kConflict);
}

TEST_F(OperationLogTest, OpenSaysThatThereIsNone) {
  const cowstore::test::TempDir empty;
  EXPECT_EQ(OperationLog::open(empty.open()).error().code, ErrorCode::kNotFound);
}

TEST_F(OperationLogTest, WhatWasAppendedIsTheStateOfEverybodyWhoOpensIt) {
  OperationLog log = open();
  NewOperation operation = set_branch("main", std::nullopt, std::string(64, 'a'));
  operation.details = R"({ "b": [1, 2.50], "a": "x" })";
  operation.changes.push_back({"worktrees/w1/path", std::nullopt, std::string("/tmp/\xff\n", 7)});
  const Operation appended = append(log, operation);

  OperationLog other = open();
  const auto state = other.current();
  ASSERT_TRUE(state.ok());
  EXPECT_EQ((*state)->view.get("branches/main"), std::string(64, 'a'));
  EXPECT_EQ((*state)->view.get("worktrees/w1/path"), std::string("/tmp/\xff\n", 7));
  EXPECT_EQ((*state)->head, appended.id);
  const auto found = other.find("@");
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(found->id, appended.id);
  EXPECT_EQ(found->parent, OperationId{});
  EXPECT_EQ(found->number, 1u);
  EXPECT_EQ(found->time, operation.time);
  EXPECT_EQ(found->utc_offset_minutes, 60);
  EXPECT_EQ(found->user, "ada");
  EXPECT_EQ(found->command, "set main");
  EXPECT_EQ(found->worktree, "w1");
  EXPECT_EQ(found->changes, operation.changes);
  EXPECT_EQ(found->details, R"({"a":"x","b":[1,2.50]})");
  EXPECT_EQ(appended.details, found->details);
}

TEST_F(OperationLogTest, OneOpenLogSeesWhatAnotherAppends) {
  OperationLog reader = open();
  OperationLog writer = open();
  for (int i = 1; i <= 200; ++i) {
    append(writer, numbered(i));
    ASSERT_EQ(operations(reader), static_cast<std::uint64_t>(i));
  }
  EXPECT_EQ((*reader.current())->view, (*writer.current())->view);
}

TEST_F(OperationLogTest, AStateThatWasHandedOutStaysAsItWas) {
  OperationLog log = open();
  append(log, numbered(1));
  const auto before = *log.current();
  append(log, numbered(2));
  EXPECT_EQ(before->view.size(), 1u);
  EXPECT_EQ(before->operations, 1u);
  EXPECT_EQ((*log.current())->view.size(), 2u);
}

TEST_F(OperationLogTest, AWrongExpectationIsAConflictThatNamesTheKeyAndWritesNothing) {
  OperationLog log = open();
  append(log, set_branch("main", std::nullopt, "one"));
  const std::string before = bytes();
  for (const auto& wrong : {std::optional<std::string>(), std::optional<std::string>("two")}) {
    const auto done = log.append(set_branch("main", wrong, "three"));
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kConflict);
    EXPECT_EQ(done.error().path, "branches/main");
    EXPECT_NE(done.error().message().find("branch main"), std::string::npos);
  }
  EXPECT_EQ(bytes(), before);
}

TEST_F(OperationLogTest, AnExpectationIsCheckedAgainstTheNewestStateNotTheOneThatWasRead) {
  OperationLog slow = open();
  OperationLog fast = open();
  ASSERT_EQ(operations(slow), 0u);
  append(fast, set_branch("main", std::nullopt, "one"));
  EXPECT_EQ(slow.append(set_branch("main", std::nullopt, "two")).error().code, ErrorCode::kConflict);
}

TEST_F(OperationLogTest, OneConflictingChangeStopsAllOfThem) {
  OperationLog log = open();
  NewOperation operation = set_branch("a", std::nullopt, "1");
  operation.changes.push_back({"branches/b", "not there", "1"});
  EXPECT_EQ(log.append(operation).error().code, ErrorCode::kConflict);
  EXPECT_EQ((*log.current())->view.size(), 0u);
}

TEST_F(OperationLogTest, ChangesRemoveKeysToo) {
  OperationLog log = open();
  append(log, set_branch("main", std::nullopt, "one"));
  append(log, set_branch("main", "one", std::nullopt));
  EXPECT_FALSE((*log.current())->view.contains("branches/main"));
  EXPECT_EQ((*open().current())->view.size(), 0u);
}

TEST_F(OperationLogTest, TheSameKeyTwiceIsRefused) {
  OperationLog log = open();
  NewOperation operation = set_branch("a", std::nullopt, "1");
  operation.changes.push_back(operation.changes.front());
  EXPECT_EQ(log.append(operation).error().code, ErrorCode::kUsage);
}

TEST_F(OperationLogTest, DetailsMustBeAnObject) {
  OperationLog log = open();
  for (const char* details : {"[]", "1", "{", "{} {}", "\"\xff\""}) {
    NewOperation operation = numbered(1);
    operation.details = details;
    EXPECT_EQ(log.append(operation).error().code, ErrorCode::kUsage) << details;
  }
  NewOperation operation = numbered(1);
  operation.details = "";
  EXPECT_EQ(append(log, operation).details, "{}");
}

TEST_F(OperationLogTest, AnOperationWithoutChangesIsRecorded) {
  OperationLog log = open();
  NewOperation operation;
  operation.details = R"({"note":"nothing moved"})";
  append(log, operation);
  EXPECT_EQ(detail(*log.find("@"), "note"), "nothing moved");
}

TEST_F(OperationLogTest, HistoryIsWalkedBackwardsAndReadsOnlyWhatIsWanted) {
  fill(300);
  OperationLog log = open();
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    const auto newest = log.newest(3);
    ASSERT_TRUE(newest.ok());
    ASSERT_EQ(newest->size(), 3u);
    EXPECT_EQ(newest->at(0).number, 300u);
    EXPECT_EQ(newest->at(2).number, 298u);
    EXPECT_EQ(newest->at(0).parent, newest->at(1).id);
  }
  EXPECT_LE(calls.bytes_read(), 4 * kBlock);
  const auto all = log.newest(1000);
  ASSERT_EQ(all->size(), 300u);
  EXPECT_EQ(all->back().command, "set b1");
}

TEST_F(OperationLogTest, OperationsAreFoundByPlaceAndByTheBeginningOfTheirId) {
  fill(20);
  OperationLog log = open();
  const auto all = *log.newest(100);
  EXPECT_EQ(log.find("@")->id, all[0].id);
  EXPECT_EQ(log.find("@~0")->id, all[0].id);
  EXPECT_EQ(log.find("@~7")->id, all[7].id);
  EXPECT_EQ(log.find("@~19")->id, all[19].id);
  EXPECT_EQ(log.find("@~20").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log.find(all[5].id.hex())->id, all[5].id);
  EXPECT_EQ(log.find(all[5].id.hex().substr(0, 12))->command, all[5].command);
  for (const char* text : {"", "@~", "@~x", "abc", "ABCD", "main", "@{1}", "@~99999999999999999999"})
    EXPECT_EQ(log.find(text).error().code, ErrorCode::kUsage) << text;
}

TEST_F(OperationLogTest, AnAmbiguousPrefixListsCandidates) {
  OperationLog log = open();
  // With 1,500 ids the first four digits of some two agree, whichever they are (chance of none: e^-17).
  std::map<std::string, int> seen;
  std::string twice;
  for (int i = 1; twice.empty(); ++i) {
    ASSERT_LT(i, 1500);
    const std::string prefix = append(log, numbered(i)).id.hex().substr(0, 4);
    if (++seen[prefix] == 2) twice = prefix;
  }
  const auto found = log.find(twice);
  EXPECT_EQ(found.error().code, ErrorCode::kUsage);
  EXPECT_NE(found.error().hint.find(", " + twice), std::string::npos) << found.error().hint;
}

TEST_F(OperationLogTest, TheViewAfterAnyOperationIsKnown) {
  fill(150);
  OperationLog log = open();
  const auto all = *log.newest(1000);
  for (const Operation& operation : all) {
    const auto view = log.view_at(operation.id);
    ASSERT_TRUE(view.ok()) << view.error().message();
    ASSERT_EQ(view->size(), operation.number);
    ASSERT_TRUE(view->contains(operation.changes[0].name));
  }
  EXPECT_EQ(log.view_at(OperationId{})->size(), 0u);
  Digest unknown;
  unknown.bytes.fill(7);
  EXPECT_EQ(log.view_at(OperationId(unknown)).error().code, ErrorCode::kNotFound);
}

TEST_F(OperationLogTest, WhoFindsItLockedIsToldByWhom) {
  OperationLog log = open();
  auto held = sys::FileLock::acquire(dir_.open(), "lock", "cowstore gc");
  ASSERT_TRUE(held.ok());
  LockPolicy fail;
  fail.when_busy = LockPolicy::WhenBusy::kFail;
  const auto busy = log.append(numbered(1), fail);
  ASSERT_FALSE(busy.ok());
  EXPECT_EQ(busy.error().code, ErrorCode::kBusy);
  EXPECT_NE(busy.error().reason.find("cowstore gc"), std::string::npos);

  std::optional<sys::FileLock> lock(std::move(*held));
  std::string told;
  LockPolicy wait;
  wait.waiting = [&](const std::string& holder) {
    told = holder;
    lock.reset();
  };
  EXPECT_TRUE(log.append(numbered(1), wait).ok());
  EXPECT_NE(told.find("cowstore gc"), std::string::npos);
}

TEST_F(OperationLogTest, ReadersNeedNoLock) {
  fill(3);
  const auto held = sys::FileLock::acquire(dir_.open(), "lock", "somebody");
  ASSERT_TRUE(held.ok());
  OperationLog log = open();
  EXPECT_EQ(operations(log), 3u);
  EXPECT_EQ(log.newest(5)->size(), 3u);
}

TEST_F(OperationLogTest, ReadingWritesNothing) {
  fill(70);
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    OperationLog log = open();
    ASSERT_TRUE(log.current().ok() && log.newest(100).ok() && log.view_at(log.find("@~69")->id).ok());
    ASSERT_TRUE(log.verify().ok());
  }
  for (const sys::Call call : {sys::Call::kWrite, sys::Call::kTruncate, sys::Call::kRename, sys::Call::kUnlink,
                               sys::Call::kSync, sys::Call::kLock})
    EXPECT_EQ(calls.count(call), 0u) << static_cast<int>(call);
}

TEST_F(OperationLogTest, AnAppendSyncsOnceWhenNobodyElseWrote) {
  OperationLog log = open();
  append(log, numbered(1));
  CountCalls calls;
  {
    const ScopedObserver watching(calls);
    append(log, numbered(2));
  }
  EXPECT_EQ(calls.count(sys::Call::kSync), 1u);
}

TEST_F(OperationLogTest, TheBytesOfALogAreFixed) {
  OperationLog log = open();
  append(log, set_branch("main", std::nullopt, std::string(64, 'a')));
  append(log, set_branch("main", std::string(64, 'a'), std::nullopt));
  EXPECT_EQ(log.find("@~1")->id.hex(), "821a36f963331aa4a808f162c596d7f2f48a5affe00d7c502a8ba5dc071b6a50");
  EXPECT_EQ(hash::sha256(as_bytes(bytes())).hex(), "8fc6eb8e333fad732b24338e58088f59ee12f52d9f6a94f571187c7b43cc0b9e");
}

}  // namespace
}  // namespace cowstore::refs
