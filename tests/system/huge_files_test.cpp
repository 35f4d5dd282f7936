// Files that are larger than memory, or that claim to be: what is read, what is held in memory, what comes back.
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;

/// Where data begins and ends, as the file system tells.
std::vector<std::pair<off_t, off_t>> data_ranges(const std::string& path) {
  std::vector<std::pair<off_t, off_t>> ranges;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  for (off_t at = 0; (at = ::lseek(fd, at, SEEK_DATA)) >= 0;) {
    const off_t end = ::lseek(fd, at, SEEK_HOLE);
    ranges.emplace_back(at, end);
    at = end;
  }
  ::close(fd);
  return ranges;
}

std::uint64_t allocated_bytes(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) throw std::runtime_error("stat " + path);
  return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

class SparseFile : public FilesystemTest {
 protected:
  static constexpr std::uint64_t kSize = 100 * kGiB, kIslands = 10, kData = kIslands * kMiB, kSlack = kMiB;

  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    write_hole(file(), kSize);
    for (std::uint64_t i = 0; i < kIslands; ++i) overwrite_file(file(), random_bytes(kMiB, i), place_of(i));
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string file() const { return copy() + "/sparse"; }
  /// Block borders, but for the last one, which ends with the file.
  static std::uint64_t place_of(std::uint64_t island) {
    return island + 1 == kIslands ? kSize - kMiB : island * 10 * kGiB + island * 64 * kKiB;
  }
  /// A clone has the original's holes. What is written from chunks may have a block more where a chunk ends in a hole.
  void expect_sparse(const std::string& path) const {
    EXPECT_LT(allocated_bytes(path), kData + kSlack);
    std::vector<std::pair<off_t, off_t>> islands;
    for (std::uint64_t i = 0; i < kIslands; ++i) islands.emplace_back(place_of(i), place_of(i) + kMiB);
    if (filesystem() != "ext4") {
      EXPECT_EQ(data_ranges(path), islands);
    }
  }
  static void expect_islands(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    for (std::uint64_t i = 0; i < kIslands; ++i) {
      std::string found(kMiB, '\0');
      EXPECT_EQ(::pread(fd, found.data(), kMiB, static_cast<off_t>(place_of(i))), static_cast<ssize_t>(kMiB));
      EXPECT_TRUE(found == random_bytes(kMiB, i)) << "island " << i;
    }
    ::close(fd);
  }
};
INSTANTIATE_TEST_SUITE_P(On, SparseFile, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(SparseFile, IsCommittedAndRestoredForTheCostOfItsData) {
  if (skipped()) return;
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    EXPECT_EQ(commit_all(copy(), "sparse").stats.bytes_hashed, kSize);
  }
  EXPECT_LT(calls.bytes_read(), kData + kSlack);
  CountCalls again;
  {
    ScopedObserver watching(again);
    check_out(copy(), "@", temp() / "again");
  }
  EXPECT_LT(again.bytes_read(), kData + kSlack);
  EXPECT_LT(again.bytes_written(), kData + kSlack);
  const std::string restored = temp() / "again/sparse";
  expect_sparse(restored);
  expect_islands(restored);
  expect_clean(temp() / "again");
}

TEST_P(SparseFile, ASwitchBringsItBackSparse) {
  if (skipped()) return;
  commit_all(copy(), "sparse");
  write_file(file(), "short");
  commit_all(copy(), "short");
  switch_in_place(copy(), "@~1");
  expect_sparse(file());
  expect_islands(file());
  expect_sound(copy());
}

namespace {

/// Bytes that don't shrink and never repeat, made as fast as a disk takes them.
void write_noise(const std::string& path, std::uint64_t size) {
  Random random(1);
  std::vector<std::uint64_t> piece(kMiB / sizeof(std::uint64_t));
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  for (std::uint64_t at = 0; at < size; at += kMiB) {
    for (std::uint64_t& number : piece) number = random.next();
    if (::write(fd, piece.data(), kMiB) != static_cast<ssize_t>(kMiB)) throw std::runtime_error("write " + path);
  }
  ::close(fd);
}

/// The most memory that a process needs for it, mapped pages included; 0 if it failed.
std::uint64_t peak_memory_of(const std::function<void()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  run_child([&] {
    work();
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    const std::uint64_t bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * kKiB;
    return ::write(ends[1], &bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes) ? 0 : 1;
  });
  ::close(ends[1]);
  std::uint64_t bytes = 0;
  if (::read(ends[0], &bytes, sizeof bytes) != static_cast<ssize_t>(sizeof bytes)) bytes = 0;
  ::close(ends[0]);
  return bytes;
}

}  // namespace

TEST(HugeFile, IsCommittedChangedAndRestoredInLittleMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::uint64_t kLimit = 2 * kGiB;  // a sanitizer's own memory
#else
  constexpr std::uint64_t kLimit = (COWSTORE_SOAK ? 256 : 64) * kMiB;
#endif
  constexpr std::uint64_t kSize = COWSTORE_SOAK ? 20 * kGiB : 96 * kMiB;
  TempDir temp;
  const std::string copy = temp / "copy";
  make_repository(copy);
  write_noise(copy + "/huge", kSize);
  auto expect_little = [&](const char* what, const std::function<void()>& work) {
    const std::uint64_t peak = peak_memory_of(work);
    EXPECT_GT(peak, 0U) << what << " failed";
    EXPECT_LT(peak, kLimit) << what;
  };
  expect_little("commit", [&] { commit_all(copy, "huge"); });
  overwrite_file(copy + "/huge", "edited", kSize / 2);
  expect_little("commit of an edit", [&] { commit_all(copy, "edited"); });
  expect_little("status", [&] { status_of(copy); });
  expect_little("checkout", [&] { check_out(copy, "@~1", temp / "again"); });
  expect_clean(temp / "again");
}

}  // namespace cowstore::test
