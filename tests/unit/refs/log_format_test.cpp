#include "refs/log_format.hpp"

#include <gtest/gtest.h>

#include "hash/sha256.hpp"

namespace cowstore::refs {
namespace {

RecordHeader sample() {
  RecordHeader header;
  header.offset = 10 * kBlock;
  header.number = 7;
  header.previous = 4 * kBlock;
  header.last_view = 2 * kBlock;
  header.before = hash::sha256(as_bytes("before"));
  return header;
}

/// A copy whose header says anything, with the right checksum.
Bytes forged(const RecordHeader& header) {
  RecordHeader any = header;
  const std::uint32_t operation_bytes = header.operation_bytes;
  any.operation_bytes = 1;
  any.view_bytes = 0;
  Bytes bytes = encode_copy(any, Copy::kA, "x", {});
  for (int i = 0; i < 4; ++i) {
    bytes[static_cast<std::size_t>(12 + i)] = static_cast<std::uint8_t>(operation_bytes >> (8 * i));
    bytes[static_cast<std::size_t>(16 + i)] = static_cast<std::uint8_t>(header.view_bytes >> (8 * i));
  }
  const Digest digest = hash::sha256(ByteView(bytes).first(kRecordHeaderBytes - 32));
  std::copy(digest.bytes.begin(), digest.bytes.end(), bytes.begin() + kRecordHeaderBytes - 32);
  return bytes;
}

TEST(LogFormat, GenerationsHaveTenDigitNames) {
  EXPECT_EQ(generation_name(1), "0000000001.log");
  EXPECT_EQ(generation_of("0000000001.log"), 1u);
  EXPECT_EQ(generation_of("9999999999.log"), 9'999'999'999u);
  for (const char* name :
       {"0000000000.log", "1.log", "00000000001.log", "000000000x.log", "0000000001.tmp", "lock", ""})
    EXPECT_EQ(generation_of(name), std::nullopt) << name;
}

TEST(LogFormat, AFileHeaderComesBackAndIsOneBlock) {
  const FileHeader header{3, 8 * kBlock, 10 * kBlock};
  const Bytes block = encode_file_header(header);
  EXPECT_EQ(block.size(), kBlock);
  EXPECT_EQ(*decode_file_header(block), header);
}

TEST(LogFormat, EveryFlippedOrMissingByteOfAFileHeaderIsFound) {
  const Bytes block = encode_file_header({3, 8 * kBlock, 10 * kBlock});
  for (std::size_t byte = 0; byte < block.size(); byte += byte < 100 ? 1 : 37) {
    Bytes other = block;
    other[byte] ^= 1;
    EXPECT_EQ(decode_file_header(other).error().code, ErrorCode::kCorrupt) << byte;
    EXPECT_EQ(decode_file_header(ByteView(block).first(byte)).error().code, ErrorCode::kCorrupt) << byte;
  }
}

TEST(LogFormat, ARecordIsTwoCopiesInBlocksOfTheirOwn) {
  for (const std::size_t size : {1u, 3911u, 3912u, 3913u, 8008u, 8009u}) {
    RecordHeader header = sample();
    const Bytes record = encode_record(header, std::string(size, 'o'), {});
    const std::size_t span = (kRecordHeaderBytes + size + kBlock - 1) / kBlock * kBlock;
    ASSERT_EQ(record.size(), 2 * span);
    ASSERT_EQ(header.span(), span);
    ASSERT_EQ(header.end(), header.offset + record.size());
    const auto a = decode_record_header(record, header.offset);
    const auto b = decode_record_header(ByteView(record).subspan(span), header.offset + span);
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->header, header);
    EXPECT_EQ(b->header, header);
    EXPECT_EQ(a->copy, Copy::kA);
    EXPECT_EQ(b->copy, Copy::kB);
  }
}

TEST(LogFormat, TheOperationsHashIsItsId) {
  RecordHeader header = sample();
  encode_record(header, "operation", "view");
  EXPECT_EQ(header.operation_hash, hash::sha256(as_bytes("operation")));
  EXPECT_EQ(header.view_hash, hash::sha256(as_bytes("view")));
  EXPECT_EQ(header.head(), header.operation_hash);
}

TEST(LogFormat, ACopyCountsOnlyAtItsOwnPlace) {
  RecordHeader header = sample();
  const Bytes record = encode_record(header, "operation", {});
  EXPECT_TRUE(decode_record_header(record, header.offset));
  EXPECT_FALSE(decode_record_header(record, header.offset + kBlock));
  EXPECT_FALSE(decode_record_header(record, header.offset - kBlock));
  EXPECT_FALSE(decode_record_header(ByteView(record).subspan(kBlock), header.offset));
}

TEST(LogFormat, EveryFlippedBitAndEveryTruncationOfARecordHeaderIsFound) {
  RecordHeader header = sample();
  const Bytes record = encode_record(header, "operation", "view");
  for (std::size_t byte = 0; byte < kRecordHeaderBytes; ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes other = record;
      other[byte] ^= static_cast<std::uint8_t>(1 << bit);
      ASSERT_FALSE(decode_record_header(other, header.offset)) << byte;
    }
    ASSERT_FALSE(decode_record_header(ByteView(record).first(byte), header.offset)) << byte;
  }
}

TEST(LogFormat, AHeaderThatNoWriterWritesIsRefusedHoweverRightItsChecksum) {
  RecordHeader good = sample();
  good.operation_bytes = 10;
  ASSERT_TRUE(decode_record_header(forged(good), good.offset));
  std::vector<RecordHeader> wrong(9, good);
  wrong[0].previous = good.offset;           // a loop
  wrong[1].previous = good.offset + kBlock;  // forwards
  wrong[2].previous = 0;                     // none, though it isn't the first
  wrong[3].last_view = good.previous + kBlock;
  wrong[4].last_view = 0;
  wrong[5].operation_bytes = 0;  // a base record in the middle
  wrong[6].operation_bytes = (1u << 30) + 1;
  wrong[7].view_bytes = 0xFFFFFFFF;
  wrong[8].number = 0;
  for (const RecordHeader& header : wrong) EXPECT_FALSE(decode_record_header(forged(header), header.offset));
  RecordHeader unaligned = good;
  unaligned.offset += 1;
  EXPECT_FALSE(decode_record_header(forged(unaligned), unaligned.offset));
}

}  // namespace
}  // namespace cowstore::refs
