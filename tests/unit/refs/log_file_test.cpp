#include "refs/log_file.hpp"

#include <gtest/gtest.h>

#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

/// Two small records behind the base record, at blocks 4 and 6.
class LogFileTest : public test::LogTest {
 protected:
  void SetUp() override {
    LogTest::SetUp();
    fill(2);
    whole_ = bytes();
  }
  LogFile open_file() {
    auto file = LogFile::open(dir_.open(), 1, notes_);
    EXPECT_TRUE(file.ok()) << file.error().message();
    if (!file) std::abort();
    return std::move(*file);
  }
  void damage(std::uint64_t offset) {
    std::string content = bytes();
    content[offset] = static_cast<char>(content[offset] ^ 0x10);
    write(content);
  }
  void lose_block(std::uint64_t offset) {
    std::string content = bytes();
    content.replace(offset, kBlock, kBlock, '\0');
    write(content);
  }
  std::optional<Record> read(std::uint64_t offset, Parts parts = Parts::kAll) {
    const LogFile file = open_file();
    auto record = file.read(offset, parts, *file.size());
    EXPECT_TRUE(record.ok()) << record.error().message();
    return record ? *record : std::nullopt;
  }
  ErrorCode error(std::uint64_t offset) {
    const LogFile file = open_file();
    const auto record = file.read(offset, Parts::kAll, *file.size());
    return record ? ErrorCode::kOther : record.error().code;
  }

  static constexpr std::uint64_t kFirst = 4 * kBlock;
  static constexpr std::uint64_t kSecond = 6 * kBlock;
  LogNotes notes_;
  std::string whole_;
};

TEST_F(LogFileTest, PartsAreReadAsFarAsAskedFor) {
  EXPECT_TRUE(read(kFirst, Parts::kHeader)->body.empty());
  EXPECT_EQ(read(kFirst, Parts::kOperation)->operation().front(), '{');
  EXPECT_EQ(read(kFirstRecord)->view(), "[]");
  EXPECT_TRUE(read(kFirstRecord)->operation().empty());
  EXPECT_TRUE(notes_.all().empty());
}

TEST_F(LogFileTest, ADamagedFirstCopyIsReadFromItsTwinAndNoted) {
  for (const std::uint64_t at : {kFirst, kFirst + 40, kFirst + 200, kFirst + kBlock - 1}) {
    write(whole_);
    notes_.clear();
    damage(at);
    EXPECT_EQ(read(kFirst)->header.number, 1u);
    ASSERT_EQ(notes_.all().size(), 1u);
    EXPECT_EQ(notes_.all()[0].kind, LogNote::Kind::kDamagedCopy);
    EXPECT_EQ(notes_.all()[0].offset, kFirst);
    EXPECT_EQ(notes_.all()[0].file, generation_name(1));
  }
}

TEST_F(LogFileTest, ALostFirstCopyIsReadFromItsTwinToo) {
  lose_block(kSecond);
  EXPECT_EQ(read(kSecond)->header.number, 2u);
}

TEST_F(LogFileTest, LostOrMissingCopiesAreATornRecordDamagedOnesAreCorrupt) {
  lose_block(kSecond);
  lose_block(kSecond + kBlock);
  EXPECT_EQ(read(kSecond), std::nullopt);
  write(whole_.substr(0, kSecond + 100));
  EXPECT_EQ(read(kSecond), std::nullopt);
  write(whole_.substr(0, kSecond));
  EXPECT_EQ(read(kSecond), std::nullopt);
  write(whole_);
  damage(kSecond + 200);
  lose_block(kSecond + kBlock);
  EXPECT_EQ(error(kSecond), ErrorCode::kCorrupt);
  write(whole_);
  damage(kSecond + 200);
  damage(kSecond + kBlock + 200);
  EXPECT_EQ(error(kSecond), ErrorCode::kCorrupt);
}

TEST_F(LogFileTest, ARecordThatMustBeThereIsCorruptWhenItIsTorn) {
  const LogFile file = open_file();
  EXPECT_EQ(file.read_whole(8 * kBlock, Parts::kAll, *file.size()).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(file.read_whole(kFirst + kBlock, Parts::kAll, *file.size()).error().code, ErrorCode::kCorrupt);
}

TEST_F(LogFileTest, TheLastHeaderIsFoundBehindAnyTail) {
  for (const std::size_t tail : {0u, 1u, 5000u, 100'000u, 3'000'000u}) {
    write(whole_ + std::string(tail, '\0'));
    const LogFile file = open_file();
    EXPECT_EQ((*file.last_header(kFirstRecord, *file.size()))->number, 2u) << tail;
  }
  const LogFile file = open_file();
  EXPECT_EQ((*file.last_header(kFirstRecord, kSecond))->number, 1u);
  EXPECT_FALSE(file.last_header(8 * kBlock, *file.size())->has_value());
}

TEST_F(LogFileTest, CopiesAreJudgedOneByOne) {
  damage(kFirst + kBlock + 200);
  write(bytes().substr(0, kSecond + kBlock + 10));
  const LogFile file = open_file();
  const std::uint64_t size = *file.size();
  const RecordHeader first = read(kFirst)->header;
  const RecordHeader second = read(kSecond)->header;
  EXPECT_EQ(*file.state_of(first, Copy::kA, size), CopyState::kGood);
  EXPECT_EQ(*file.state_of(first, Copy::kB, size), CopyState::kBad);
  EXPECT_EQ(*file.state_of(second, Copy::kA, size), CopyState::kGood);
  EXPECT_EQ(*file.state_of(second, Copy::kB, size), CopyState::kShort);
}

TEST_F(LogFileTest, ADamagedFileHeaderIsReadFromItsTwin) {
  damage(20);
  EXPECT_EQ(open_file().header().generation, 1u);
  EXPECT_EQ(notes_.all().size(), 1u);
  damage(kBlock + 20);
  EXPECT_EQ(LogFile::open(dir_.open(), 1, notes_).error().code, ErrorCode::kCorrupt);
}

TEST_F(LogFileTest, AnEmptyOrMissingFileIsAnError) {
  write("");
  EXPECT_EQ(LogFile::open(dir_.open(), 1, notes_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(LogFile::open(dir_.open(), 2, notes_).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cowstore::refs
