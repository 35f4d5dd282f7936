#include "sys/mapped_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {
namespace {

class MappedFileTest : public testing::Test {
 protected:
  Result<MappedFile> map(std::string_view content, const std::string& name = "file") {
    test::write_file(temp_ / name, content);
    Fd fd = *dir_.open_read(name);
    return MappedFile::map(fd, name);
  }
  test::TempDir temp_;
  Dir dir_ = temp_.open();
};

TEST_F(MappedFileTest, ShowsTheWholeFileAfterItsDescriptorIsClosed) {
  std::string content = test::random_bytes(100001, 1);
  auto mapped = map(content);
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ(as_text(mapped->bytes()), content);
}

TEST_F(MappedFileTest, AnEmptyFileIsAnEmptyView) {
  auto mapped = map("");
  ASSERT_TRUE(mapped.ok());
  EXPECT_TRUE(mapped->bytes().empty());
}

TEST_F(MappedFileTest, OutlivesTheFilesName) {
  auto mapped = map("content");
  test::remove_path(temp_ / "file");
  EXPECT_EQ(as_text(mapped->bytes()), "content");
}

TEST_F(MappedFileTest, MovesWithoutMovingTheBytes) {
  MappedFile first = std::move(*map("content"));
  const std::uint8_t* at = first.bytes().data();
  MappedFile second(std::move(first));
  EXPECT_TRUE(first.bytes().empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second.bytes().data(), at);
  MappedFile third = std::move(*map("other", "another file"));
  third = std::move(second);
  EXPECT_EQ(as_text(third.bytes()), "content");
}

TEST_F(MappedFileTest, ADirectoryCannotBeMapped) {
  test::make_dirs(temp_ / "sub");
  Fd fd = *dir_.open_read("sub");
  auto mapped = MappedFile::map(fd, "sub");
  ASSERT_FALSE(mapped.ok());
  EXPECT_EQ(mapped.error().sys_errno, ENODEV);
}

}  // namespace
}  // namespace cowstore::sys
