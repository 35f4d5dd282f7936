#include <gtest/gtest.h>

#include "provider/file_maker.hpp"
#include "store_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"

namespace cowstore::provider {
namespace {

class SparseWriter : public testing::Test {
 protected:
  /// Writes it, and gives how many bytes the system was asked to write.
  std::uint64_t write(const std::string& content) {
    object::FileRef file = bed_.add_packed(content);
    test::remove_path(temp_ / "f");
    sys::Fd fd = std::move(temp_.open().create_new("f", 0644)).value();
    test::CountCalls calls;
    test::ScopedObserver watching(calls);
    auto written = write_content(*bed_.store, file, fd, "f");
    EXPECT_TRUE(written.ok()) << written.error().message();
    EXPECT_EQ(*written, calls.bytes_written());
    return *written;
  }
  std::string written() const { return test::read_file(temp_ / "f"); }

  test::TempDir temp_;
  test::StoreBed bed_{temp_};
};

TEST_F(SparseWriter, WritesNothingForZeros) {
  for (std::size_t size : {4096u, 65536u, 262144u, 262145u, 5'000'000u}) {
    std::string content(size, '\0');
    EXPECT_LT(write(content), 4096u) << size;
    EXPECT_EQ(written(), content) << size;
  }
}

TEST_F(SparseWriter, KeepsEveryByteAroundBlockBorders) {
  for (std::size_t at : {0, 1, 4095, 4096, 4097, 8191, 8192, 16383, 65535, 262143, 262144, 299'999}) {
    std::string content(300'000, '\0');
    content[at] = 'x';
    EXPECT_LE(write(content), 3 * 4096u) << at;
    ASSERT_EQ(written(), content) << at;
  }
}

TEST_F(SparseWriter, WritesShortStretchesOfZerosAsTheyAre) {
  std::string content = test::random_bytes(50'000, 4);
  content.replace(5000, 4000, 4000, '\0');
  EXPECT_EQ(write(content), content.size());
  EXPECT_EQ(written(), content);
}

TEST_F(SparseWriter, GivesRandomMixturesBack) {
  for (std::uint64_t seed = 1; seed <= (COWSTORE_SOAK ? 1000 : 40); ++seed) {
    test::Random random(seed);
    std::string content;
    for (std::uint64_t i = random.below(8) + 1; i > 0; --i) {
      std::size_t size = random.below(200'000);
      content += random.below(2) == 0 ? std::string(size, '\0') : test::random_bytes(size, seed + i);
    }
    write(content);
    ASSERT_EQ(written(), content) << "seed " << seed;
  }
}

TEST_F(SparseWriter, WritesWholeAlignedPieces) {
  std::string content = test::random_bytes(3'500'000, 6);
  object::FileRef file = bed_.add_packed(content);
  sys::Fd fd = std::move(temp_.open().create_new("f", 0644)).value();
  test::CountCalls calls;
  {
    test::ScopedObserver watching(calls);
    ASSERT_TRUE(write_content(*bed_.store, file, fd, "f").ok());
  }
  EXPECT_LE(calls.count(sys::Call::kWrite), 5u);
  EXPECT_EQ(written(), content);
}

TEST_F(SparseWriter, MakesTheSameFileOfRangesInAnyOrder) {
  std::string content = test::random_bytes(700'000, 7) + std::string(900'000, '\0') + test::random_bytes(5, 8) +
                        std::string(20'000, '\0');
  object::FileRef file = bed_.add_packed(content);
  for (std::uint64_t step : {std::uint64_t{4096}, std::uint64_t{100'001}, std::uint64_t{1'000'000}}) {
    test::remove_path(temp_ / "f");
    sys::Fd fd = std::move(temp_.open().create_new("f", 0644)).value();
    for (std::uint64_t begin = (content.size() - 1) / step * step;; begin -= step) {
      Range range{begin, std::min<std::uint64_t>(content.size(), begin + step)};
      ASSERT_TRUE(write_content(*bed_.store, file, fd, "f", range).ok());
      if (begin == 0) break;
    }
    EXPECT_EQ(written(), content) << step;
  }
}

TEST_F(SparseWriter, SharesALargeFileOut) {
  std::string content = test::random_bytes(9'000'000, 9) + std::string(9'000'000, '\0');
  object::FileRef file = bed_.add_packed(content);
  base::ThreadPool pool(3);
  sys::Fd fd = std::move(temp_.open().create_new("f", 0644)).value();
  auto count = write_content_in_parts(*bed_.store, file, fd, "f", pool);
  ASSERT_TRUE(count.ok()) << count.error().message();
  EXPECT_EQ(written(), content);
  EXPECT_LT(*count, 9'100'000u);
  test::remove_path(temp_ / "f");
  fd = std::move(temp_.open().create_new("f", 0644)).value();
  test::FailNth full(7, ENOSPC, {sys::Call::kWrite});
  test::ScopedObserver watching(full);
  EXPECT_EQ(write_content_in_parts(*bed_.store, file, fd, "f", pool).error().sys_errno, ENOSPC);
}

TEST_F(SparseWriter, SurvivesShortWrites) {
  std::string content = test::random_bytes(100'000, 5);
  object::FileRef file = bed_.add_packed(content);
  sys::Fd fd = std::move(temp_.open().create_new("f", 0644)).value();
  test::ShortWrites shortened(777);
  test::ScopedObserver watching(shortened);
  ASSERT_TRUE(write_content(*bed_.store, file, fd, "f").ok());
  EXPECT_EQ(written(), content);
}

}  // namespace
}  // namespace cowstore::provider
