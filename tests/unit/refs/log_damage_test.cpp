// What a log says after its bytes were cut, lost, flipped or made up.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/coding.hpp"
#include "hash/sha256.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using test::numbered;
using test::set_branch;

class LogDamageTest : public test::LogTest {
 protected:
  /// An operation whose record needs `blocks` blocks a copy.
  static NewOperation large(int blocks) {
    NewOperation operation = set_branch("large", std::nullopt, "value");
    operation.command = std::string(static_cast<std::size_t>(blocks - 1) * kBlock, 'c');
    return operation;
  }

  bool has_note(const OperationLog& log, LogNote::Kind kind) {
    const auto notes = log.notes();
    return std::any_of(notes.begin(), notes.end(), [kind](const LogNote& note) { return note.kind == kind; });
  }

  /// The log opens with this many operations, takes another one, and is whole then.
  void expect_works(std::uint64_t expected, const std::string& what) {
    OperationLog log = open();
    ASSERT_EQ(operations(log), expected) << what;
    ASSERT_EQ(log.newest(1000)->size(), expected) << what;
    append(log, numbered(1'000'000));
    OperationLog again = open();
    ASSERT_EQ(operations(again), expected + 1) << what;
    const auto check = again.verify();
    ASSERT_TRUE(check.ok()) << check.error().message();
    ASSERT_TRUE(check->intact()) << what << ": " << check->notes.front().text;
    ASSERT_TRUE(check->notes.empty()) << what;
  }

  static std::string flipped(std::string content, std::size_t byte, int bit) {
    content[byte] = static_cast<char>(content[byte] ^ (1 << bit));
    return content;
  }
};

TEST_F(LogDamageTest, ATailTornAtAnyByteIsTheStateBeforeOrAfterItsOperation) {
  fill(1);
  const std::size_t before = bytes().size();
  fill_from(2, 2);
  const std::size_t whole = bytes().size();
  ASSERT_EQ(whole, before + 2 * kBlock);
  for (std::size_t size = whole; size >= before; --size) {
    ASSERT_EQ(::truncate(file().c_str(), static_cast<off_t>(size)), 0);
    OperationLog torn = open();
    ASSERT_EQ(operations(torn), size < before + kBlock ? 1u : 2u) << size;
    ASSERT_EQ(has_note(torn, LogNote::Kind::kTornTail), size != before && size != whole) << size;
  }
}

TEST_F(LogDamageTest, TheNextAppendRepairsATailTornAnywhere) {
  fill(1);
  const std::size_t before = bytes().size();
  OperationLog log = open();
  append(log, large(2));
  const std::string whole = bytes();
  for (std::size_t size = before; size <= whole.size(); size += 61) {
    write(whole.substr(0, size));
    expect_works(size < before + 2 * kBlock ? 1 : 2, std::to_string(size));
  }
}

TEST_F(LogDamageTest, ATornFullViewIsAsHarmlessAsAnyTornRecord) {
  OperationLog log = open();
  for (int i = 1; i <= 64; ++i) append(log, set_branch("b" + std::to_string(i), std::nullopt, std::string(64, 'a')));
  const std::size_t before = bytes().size();
  append(log, numbered(65));
  const std::string whole = bytes();
  ASSERT_GT(whole.size() - before, 2 * kBlock) << "this record was to hold a full view";
  const std::size_t copy_a = before + (whole.size() - before) / 2;
  for (std::size_t size = before; size <= whole.size(); size += 509) {
    write(whole.substr(0, size));
    expect_works(size < copy_a ? 64 : 65, std::to_string(size));
  }
}

TEST_F(LogDamageTest, WhateverBlocksAPowerCutLosesOfAnUnsyncedRecordTheStateIsOldOrNew) {
  fill(1);
  const std::size_t before = bytes().size();
  OperationLog log = open();
  append(log, large(3));
  const std::string whole = bytes();
  const std::size_t blocks = (whole.size() - before) / kBlock;
  ASSERT_EQ(blocks, 6u);
  for (unsigned lost = 0; lost < 1u << blocks; ++lost) {
    std::string content = whole;
    for (std::size_t block = 0; block < blocks; ++block) {
      if ((lost >> block & 1) != 0)
        std::fill_n(content.begin() + static_cast<long>(before + block * kBlock), kBlock, 0);
    }
    write(content);
    const bool one_copy_is_whole = (lost & 7) == 0 || (lost >> 3) == 0;
    expect_works(one_copy_is_whole ? 2 : 1, "lost " + std::to_string(lost));
  }
}

TEST_F(LogDamageTest, AZeroFilledTailIsDroppedAndNoted) {
  fill(2);
  const std::string whole = bytes();
  for (const std::size_t zeros : {1u, 100u, 4095u, 4096u, 4097u, 100'000u, 2'000'000u}) {
    write(whole + std::string(zeros, '\0'));
    EXPECT_TRUE(has_note(open(), LogNote::Kind::kTornTail));
    expect_works(2, std::to_string(zeros));
  }
}

TEST_F(LogDamageTest, EveryFlippedBitIsRecoveredFromTheTwinAndFoundByVerify) {
  fill(2);
  const std::string whole = bytes();
  OperationLog intact = open();
  const auto state = *intact.current();
  const auto history = *intact.newest(10);
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    const bool padding = byte % kBlock >= 600;
    if (padding && byte % 97 != 0) continue;
    for (int bit = 0; bit < (padding ? 1 : 8); ++bit) {
      cowstore::test::overwrite_file(file(), flipped(whole.substr(byte, 1), 0, bit), byte);
      auto log = OperationLog::open(dir_.open());
      ASSERT_TRUE(log.ok()) << byte << ": " << log.error().message();
      const auto found = *log->current();
      ASSERT_EQ(found->head, state->head) << byte;
      ASSERT_EQ(found->view, state->view) << byte;
      if (bit != static_cast<int>(byte % 8) && !padding) continue;
      ASSERT_EQ(log->newest(10)->back().changes, history.back().changes) << byte;
      const auto check = log->verify();
      ASSERT_TRUE(check.ok()) << byte << ": " << check.error().message();
      ASSERT_FALSE(check->intact()) << byte;
    }
    cowstore::test::overwrite_file(file(), whole.substr(byte, 1), byte);
  }
}

TEST_F(LogDamageTest, DamageInBothCopiesIsReportedWithItsOffsetNeverDropped) {
  fill(3);
  const std::string whole = bytes();
  std::mt19937 random(1);
  // Blocks: two file headers, the base record, three operations; each twice.
  for (std::size_t first = 2; first < whole.size() / kBlock; first += 2) {
    for (int round = 0; round < 200; ++round) {
      std::string content = whole;
      for (const std::size_t block : {first, first + 1})
        content = flipped(content, block * kBlock + random() % 184, static_cast<int>(random() % 8));
      write(content);
      const auto log = OperationLog::open(dir_.open());
      ASSERT_FALSE(log.ok()) << first;
      ASSERT_EQ(log.error().code, ErrorCode::kCorrupt);
      ASSERT_NE(log.error().reason.find("byte " + std::to_string(first * kBlock)), std::string::npos)
          << log.error().message();
    }
  }
}

TEST_F(LogDamageTest, ADamagedLogTakesNoOperation) {
  fill(2);
  const std::string whole = bytes();
  OperationLog log = open();
  std::string content = flipped(whole, whole.size() - kBlock, 0);
  content = flipped(content, whole.size() - 2 * kBlock, 0);
  write(content);
  EXPECT_EQ(log.append(numbered(3)).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(bytes(), content);
}

TEST_F(LogDamageTest, ARecordOfZerosInFrontOfOthersIsCorruptionNoTornTail) {
  fill(3);
  std::string content = bytes();
  std::fill_n(content.begin() + static_cast<long>(6 * kBlock), 2 * kBlock, 0);  // the second operation
  write(content);
  const auto log = OperationLog::open(dir_.open());
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(log.error().reason.find("byte 24576"), std::string::npos) << log.error().message();
}

TEST_F(LogDamageTest, BytesThatNobodyAppendedAreCorruption) {
  fill(2);
  write(bytes() + std::string(kBlock, 'x'));
  EXPECT_EQ(OperationLog::open(dir_.open()).error().code, ErrorCode::kCorrupt);
}

TEST_F(LogDamageTest, ADamagedFullViewFollowsFromTheOperations) {
  fill(100);
  const std::string whole = bytes();
  OperationLog intact = open();
  const auto state = *intact.current();
  // The 65th operation's record holds the view, behind its JSON. Damage both copies of it.
  const std::size_t record = 4 * kBlock + 64 * 2 * kBlock;
  const std::size_t in_view = whole.find("[[\"branches/b1\"", record);
  ASSERT_NE(in_view, std::string::npos);
  const std::size_t twin = whole.find("[[\"branches/b1\"", in_view + 1);
  ASSERT_NE(twin, std::string::npos);
  write(flipped(flipped(whole, in_view + 5, 1), twin + 5, 1));

  OperationLog log = open();
  EXPECT_EQ((*log.current())->view, state->view);
  EXPECT_EQ((*log.current())->head, state->head);
  EXPECT_TRUE(has_note(log, LogNote::Kind::kDamagedView));
  EXPECT_EQ(log.newest(200)->size(), 100u);
  EXPECT_FALSE(log.verify()->intact());
  append(log, numbered(101));
  OperationLog again = open();
  EXPECT_EQ(operations(again), 101u);
}

TEST_F(LogDamageTest, AnUnknownFeatureFlagIsRefusedByName) {
  fill(1);
  std::string content = bytes();
  for (const std::size_t at : {std::size_t{0}, std::size_t{kBlock}}) {
    content[at + 12] = 4;
    const Digest digest = hash::sha256(as_bytes(std::string_view(content).substr(at, 40)));
    std::copy(digest.bytes.begin(), digest.bytes.end(), content.begin() + static_cast<long>(at + 40));
  }
  write(content);
  const auto log = OperationLog::open(dir_.open());
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(log.error().reason.find("flags 4"), std::string::npos);
}

TEST_F(LogDamageTest, AGenerationUnderAnotherNumbersNameIsRefused) {
  fill(1);
  cowstore::test::write_file(file(2), bytes());
  EXPECT_EQ(OperationLog::open(dir_.open()).error().code, ErrorCode::kCorrupt);
}

TEST_F(LogDamageTest, ASelfMadeRecordOfAGigabyteAllocatesNothing) {
  fill(1);
  const std::string whole = bytes();
  RecordHeader header;
  header.offset = whole.size();
  header.number = 2;
  header.previous = header.last_view = kFirstRecord;
  header.operation_bytes = 1u << 30;
  Bytes record;
  {
    RecordHeader small = header;
    record = encode_record(small, "{}", {});
  }
  base::store_u32(record.data() + 12, header.operation_bytes);
  const Digest digest = hash::sha256(ByteView(record).first(kRecordHeaderBytes - 32));
  std::copy(digest.bytes.begin(), digest.bytes.end(), record.begin() + kRecordHeaderBytes - 32);
  record.resize(kBlock);
  write(whole + std::string(as_text(record)));
  expect_works(1, "giant");
}

TEST_F(LogDamageTest, NoMixtureOfBlocksMakesAReaderCrashOrInventAState) {
  fill(70);
  OperationLog intact = open();
  std::set<std::string> known{OperationId{}.hex()};
  const auto history = *intact.newest(100);
  for (const Operation& operation : history) known.insert(operation.id.hex());
  const std::string whole = bytes();
  std::mt19937 random(7);
  const auto block = [&] { return random() % (whole.size() / kBlock) * kBlock; };
  for (unsigned round = 0; round < 500; ++round) {
    std::string content = whole.substr(0, 2 * kBlock + random() % (whole.size() - 2 * kBlock));
    for (unsigned i = 0; i < 1 + round % 5; ++i) {
      const std::size_t to = block();
      switch (random() % 3) {
        case 0:
          if (to + kBlock <= content.size()) content.replace(to, kBlock, whole, block(), kBlock);
          break;
        case 1:
          if (to < content.size())
            content[to + random() % (content.size() - to)] ^= static_cast<char>(1 + random() % 255);
          break;
        default:
          content += whole.substr(block(), kBlock);
      }
    }
    write(content);
    auto log = OperationLog::open(dir_.open());
    if (!log) continue;
    const auto state = log->current();
    ASSERT_TRUE(state.ok());
    ASSERT_TRUE(known.contains((*state)->head.hex()));
    ASSERT_EQ((*state)->view.size(), (*state)->operations);
    (void)log->newest(100);
    (void)log->verify();
  }
}

}  // namespace
}  // namespace cowstore::refs
