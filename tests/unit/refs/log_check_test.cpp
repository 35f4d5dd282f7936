#include "refs/log_check.hpp"

#include <gtest/gtest.h>

#include "refs/record_body.hpp"
#include "support/fault_observer.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using cowstore::test::FailNth;
using cowstore::test::ScopedObserver;
using test::numbered;

class LogCheckTest : public test::LogTest {
 protected:
  LogCheck check() {
    const auto check = check_log(dir_.open());
    EXPECT_TRUE(check.ok()) << check.error().message();
    return check ? *check : LogCheck{};
  }
  static bool has(const LogCheck& check, LogNote::Kind kind, std::uint64_t generation) {
    return std::any_of(check.notes.begin(), check.notes.end(), [&](const LogNote& note) {
      return note.kind == kind && note.file == generation_name(generation);
    });
  }
  void two_generations() {
    fill(3);
    OperationLog log = open();
    FailNth fault(2, EIO, {sys::Call::kSync});
    const ScopedObserver failing(fault);
    append(log, numbered(4));
  }
  void flip(std::uint64_t generation, std::size_t byte) {
    std::string content = bytes(generation);
    content[byte] = static_cast<char>(content[byte] ^ 1);
    write(content, generation);
  }
};

TEST_F(LogCheckTest, AWholeLogIsIntactAndReadWhole) {
  fill(150);
  const LogCheck found = check();
  EXPECT_TRUE(found.notes.empty());
  EXPECT_EQ(found.generations, 1u);
  EXPECT_EQ(found.operations, 150u);
  EXPECT_EQ(found.bytes, bytes().size() - 2 * kBlock);
}

TEST_F(LogCheckTest, ThereMustBeALog) {
  const cowstore::test::TempDir empty;
  EXPECT_EQ(check_log(empty.open()).error().code, ErrorCode::kNotFound);
}

TEST_F(LogCheckTest, DamageFarFromTheEndIsFound) {
  fill(150);
  flip(1, 4 * kBlock + 10);
  const LogCheck found = check();
  ASSERT_FALSE(found.intact());
  EXPECT_EQ(found.notes[0].kind, LogNote::Kind::kDamagedCopy);
  EXPECT_EQ(found.notes[0].offset, 4 * kBlock);
  EXPECT_EQ(found.operations, 150u);
}

TEST_F(LogCheckTest, BothCopiesDamagedIsCorruptionThoughTheStateCanBeRead) {
  fill(150);
  flip(1, 4 * kBlock + 10);
  flip(1, 5 * kBlock + 10);
  EXPECT_EQ((*open().current())->operations, 150u);
  const LogCheck found = check();
  EXPECT_TRUE(has(found, LogNote::Kind::kCorrupt, 1));
}

TEST_F(LogCheckTest, ATornTailIsNoted) {
  fill(2);
  write(bytes() + std::string(100, '\0'));
  const LogCheck found = check();
  EXPECT_TRUE(has(found, LogNote::Kind::kTornTail, 1));
  EXPECT_TRUE(found.intact());
}

TEST_F(LogCheckTest, AFullViewThatTheOperationsDoNotLeadToIsCorruption) {
  fill(64);
  OperationLog log = open();
  append(log, numbered(65));
  // A view of another log, with every checksum right.
  const std::string whole = bytes();
  const std::size_t offset = 4 * kBlock + 64 * 2 * kBlock;
  auto header = decode_record_header(as_bytes(std::string_view(whole).substr(offset)), offset)->header;
  ASSERT_TRUE(header.has_view());
  const std::string operation = whole.substr(offset + kRecordHeaderBytes, header.operation_bytes);
  View wrong = (*log.current())->view;
  wrong.set("branches/b1", "wrong value");
  write(whole.substr(0, offset) + std::string(as_text(encode_record(header, operation, encode_view(wrong)))));
  EXPECT_TRUE(has(check(), LogNote::Kind::kCorrupt, 1));
}

TEST_F(LogCheckTest, EveryGenerationIsChecked) {
  two_generations();
  EXPECT_TRUE(check().notes.empty());
  EXPECT_EQ(check().generations, 2u);
  EXPECT_EQ(check().operations, 4u);
  flip(1, 6 * kBlock + 30);
  EXPECT_TRUE(has(check(), LogNote::Kind::kDamagedCopy, 1));
}

TEST_F(LogCheckTest, WhatAFailedAppendLeftBehindTheEndOfAGenerationIsVoid) {
  two_generations();
  write(bytes(1) + std::string(kBlock, 'x'), 1);
  EXPECT_TRUE(check().notes.empty());
}

TEST_F(LogCheckTest, AMissingGenerationIsCorruption) {
  two_generations();
  cowstore::test::remove_path(file(1));
  EXPECT_TRUE(has(check(), LogNote::Kind::kCorrupt, 1));
}

TEST_F(LogCheckTest, AFileWithAHugeNumberIsNamedAtOnce) {
  fill(1);
  cowstore::test::write_file(dir_ / "9999999999.log", bytes());
  const LogCheck found = check();
  EXPECT_TRUE(has(found, LogNote::Kind::kCorrupt, 2));
  EXPECT_TRUE(has(found, LogNote::Kind::kCorrupt, 9'999'999'999));
  EXPECT_EQ(found.notes.size(), 2u);
}

TEST_F(LogCheckTest, AGenerationThatDoesNotContinueTheOneBeforeIsCorruption) {
  two_generations();
  const std::string second = bytes(2);
  cowstore::test::remove_path(dir_.path());
  cowstore::test::make_dirs(dir_.path());
  LogTest::SetUp();
  OperationLog other = open();
  for (int i = 11; i <= 13; ++i) append(other, numbered(i));
  write(second, 2);
  EXPECT_TRUE(has(check(), LogNote::Kind::kCorrupt, 2));
}

}  // namespace
}  // namespace cowstore::refs
