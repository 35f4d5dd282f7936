#include "sys/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>

#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {
namespace {

class FileTest : public testing::Test {
 protected:
  Fd with_content(std::string_view content) {
    test::write_file(temp_ / "file", content);
    return std::move(*dir_.open_write("file"));
  }
  test::TempDir temp_;
  Dir dir_ = temp_.open();
};

TEST_F(FileTest, ReadAtStopsAtTheEndOfTheFile) {
  Fd fd = with_content("0123456789");
  Bytes out(6);
  EXPECT_EQ(*read_at(fd, out, 2, "file"), 6U);
  EXPECT_EQ(as_text(out), "234567");
  EXPECT_EQ(*read_at(fd, out, 7, "file"), 3U);
  EXPECT_EQ(as_text(ByteView(out).first(3)), "789");
  EXPECT_EQ(*read_at(fd, out, 10, "file"), 0U);
  EXPECT_EQ(*read_at(fd, out, 1000, "file"), 0U);
  EXPECT_EQ(*read_at(fd, {}, 0, "file"), 0U);
}

TEST_F(FileTest, AShorterFileThanPromisedIsCorruptAndSaysWhere) {
  Fd fd = with_content("0123456789");
  Bytes out(6);
  EXPECT_TRUE(read_exactly_at(fd, out, 4, "file").ok());
  auto failed = read_exactly_at(fd, out, 5, "a/file");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(failed.error().message(), "read a/file: ends at byte 10, expected 11");
}

TEST_F(FileTest, ReadAllRefusesMoreThanItsLimitWithoutReading) {
  std::string content = test::random_bytes(70000, 1);
  Fd fd = with_content(content);
  EXPECT_EQ(as_text(*read_all(fd, 70000, "file")), content);
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  auto refused = read_all(fd, 69999, "file");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(calls.bytes_read(), 0U);
}

TEST_F(FileTest, ASparseGiantIsRefusedBeforeMemoryIsTaken) {
  Fd fd = with_content("");
  ASSERT_TRUE(truncate(fd, std::uint64_t{1} << 42, "file").ok());
  EXPECT_FALSE(read_all(fd, 1 << 20, "file").ok());
}

TEST_F(FileTest, WriteAtWritesAtItsOffsetAndNowhereElse) {
  Fd fd = with_content("0123456789");
  ASSERT_TRUE(write_at(fd, as_bytes("abc"), 3, "file").ok());
  EXPECT_EQ(test::read_file(temp_ / "file"), "012abc6789");
  ASSERT_TRUE(write_at(fd, as_bytes("xyz"), 12, "file").ok());
  EXPECT_EQ(test::read_file(temp_ / "file"), std::string("012abc6789\0\0xyz", 15));
  ASSERT_TRUE(write_at(fd, {}, 0, "file").ok());
}

TEST_F(FileTest, WritingToAReadOnlyDescriptorIsAnError) {
  (void)with_content("x");
  Fd fd = *dir_.open_read("file");
  auto failed = write_at(fd, as_bytes("y"), 0, "a/file");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().sys_errno, EBADF);
  EXPECT_EQ(failed.error().path, "a/file");
}

TEST_F(FileTest, TruncateShrinksAndGrows) {
  Fd fd = with_content("0123456789");
  ASSERT_TRUE(truncate(fd, 4, "file").ok());
  EXPECT_EQ(test::read_file(temp_ / "file"), "0123");
  ASSERT_TRUE(truncate(fd, 6, "file").ok());
  EXPECT_EQ(test::read_file(temp_ / "file"), std::string("0123\0\0", 6));
}

TEST_F(FileTest, TimesAndModesAreSetByDescriptor) {
  Fd fd = with_content("x");
  ASSERT_TRUE(set_mode(fd, 04711, "file").ok());
  ASSERT_TRUE(set_mtime(fd, {1234567890, 5}, "file").ok());
  Stat info = *stat(fd, "file");
  EXPECT_EQ(info.mode, 04711);
  EXPECT_EQ(info.mtime, (Timestamp{1234567890, 5}));
  EXPECT_EQ(info.size, 1U);
}

TEST_F(FileTest, SyncingADescriptorThatCannotBeSyncedIsAnError) {
  Fd fd = with_content("x");
  EXPECT_TRUE(sync_data(fd, "file").ok());
  EXPECT_TRUE(write_back(fd, "file").ok());
  start_write_back(fd);
  advise_sequential(fd);
  Fd closed;
  EXPECT_EQ(sync_data(closed, "file").error().sys_errno, EBADF);
  EXPECT_EQ(write_back(closed, "file").error().sys_errno, EBADF);
  EXPECT_EQ(stat(closed, "file").error().sys_errno, EBADF);
}

class FileOnTest : public test::FilesystemTest {
 protected:
  std::vector<DataRange> data_of(const std::string& name, std::uint64_t size) {
    Fd fd = *temp().open().open_read(name);
    std::vector<DataRange> ranges;
    for (std::uint64_t at = 0;;) {
      auto range = next_data(fd, at, size, name);
      EXPECT_TRUE(range.ok());
      if (!range->has_value()) return ranges;
      EXPECT_GE((*range)->offset, at);
      EXPECT_GT((*range)->length, 0U);
      ranges.push_back(**range);
      at = (*range)->offset + (*range)->length;
    }
  }
  static constexpr std::uint64_t kMiB = 1 << 20;
};
INSTANTIATE_TEST_SUITE_P(On, FileOnTest, test::every_filesystem(), test::filesystem_param_name);

/// The data ranges cover all of `expected` and lie within blocks of 64 KiB around it.
void expect_about(const std::vector<DataRange>& found, const std::vector<DataRange>& expected) {
  constexpr std::uint64_t kSlack = 65536;
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LE(found[i].offset, expected[i].offset);
    EXPECT_GT(found[i].offset + kSlack, expected[i].offset);
    std::uint64_t end = found[i].offset + found[i].length;
    std::uint64_t expected_end = expected[i].offset + expected[i].length;
    EXPECT_GE(end, expected_end);
    EXPECT_LT(end, expected_end + kSlack);
  }
}

TEST_P(FileOnTest, HolesAreFoundAtTheStartInTheMiddleAndAtTheEnd) {
  test::write_hole(temp() / "file", 10 * kMiB);
  test::overwrite_file(temp() / "file", test::random_bytes(100000, 1), 2 * kMiB);
  test::overwrite_file(temp() / "file", test::random_bytes(1, 2), 7 * kMiB);
  std::vector<DataRange> expected{{2 * kMiB, 100000}, {7 * kMiB, 1}};
  expect_about(data_of("file", 10 * kMiB), expected);
  ASSERT_TRUE(temp().open().sync_all().ok());
  expect_about(data_of("file", 10 * kMiB), expected);
}

TEST_P(FileOnTest, AFileThatIsOneHoleHasNoData) {
  test::write_hole(temp() / "file", 5 * kMiB);
  EXPECT_TRUE(data_of("file", 5 * kMiB).empty());
}

TEST_P(FileOnTest, AFileWithoutHolesIsOneRangeOfItsExactSize) {
  test::write_file(temp() / "file", test::random_bytes(300001, 3));
  auto found = data_of("file", 300001);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].offset, 0U);
  EXPECT_EQ(found[0].length, 300001U);
}

TEST_P(FileOnTest, NothingIsReportedBeyondTheSizeAskedFor) {
  test::write_file(temp() / "file", test::random_bytes(300000, 4));
  auto found = data_of("file", 1000);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].length, 1000U);
  EXPECT_TRUE(data_of("file", 0).empty());
}

TEST_P(FileOnTest, PreallocatedSpaceHoldsNoData) {
  test::write_file(temp() / "file", "");
  Fd fd = *temp().open().open_write("file");
  ASSERT_EQ(::posix_fallocate(fd.get(), 0, kMiB), 0);
  for (const DataRange& range : data_of("file", kMiB)) {
    Bytes content(range.length);
    ASSERT_TRUE(read_exactly_at(fd, content, range.offset, "file").ok());
    EXPECT_TRUE(std::all_of(content.begin(), content.end(), [](auto byte) { return byte == 0; }));
  }
}

TEST_P(FileOnTest, APunchedHoleIsAHole) {
  test::write_file(temp() / "file", test::random_bytes(4 * kMiB, 5));
  Fd fd = *temp().open().open_write("file");
  ASSERT_EQ(::fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kMiB, kMiB), 0);
  expect_about(data_of("file", 4 * kMiB), {{0, kMiB}, {2 * kMiB, 2 * kMiB}});
}

/// A store through a mapping that has been written through before. Without writeback in between the page is still
/// writable, nothing faults, and neither time changes: the reason for write_back().
TEST_P(FileOnTest, AfterWriteBackAStoreThroughAMappingChangesTheTime) {
  test::write_file(temp() / "file", std::string(8192, 'a'));
  Fd fd = *temp().open().open_write("file");
  void* address = ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(address, MAP_FAILED);
  auto* bytes = static_cast<volatile char*>(address);
  bytes[0] = 'b';
  ASSERT_TRUE(write_back(fd, "file").ok());
  ASSERT_TRUE(set_mtime(fd, {1000, 0}, "file").ok());
  bytes[1] = 'c';
  ASSERT_EQ(::msync(address, 8192, MS_SYNC), 0);
  EXPECT_NE(stat(fd, "file")->mtime, (Timestamp{1000, 0}));
  ::munmap(address, 8192);
}

}  // namespace
}  // namespace cowstore::sys
