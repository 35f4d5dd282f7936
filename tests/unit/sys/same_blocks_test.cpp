// The claim on which a commit relies when it hashes a file through its warm page cache after having cloned it: on Btrfs
// and XFS the extent maps of original and clone are equal exactly when nobody has written to either since.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/clone.hpp"
#include "sys/extents.hpp"
#include "sys/file.hpp"

namespace cowstore::sys {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class SameBlocksTest : public test::FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (!skipped()) dir_ = temp().open();
  }

  void clone() {
    Fd to = *dir_.create_new("clone", 0600);
    ASSERT_TRUE(clone_file(*dir_.open_read("original"), to, "clone").ok());
  }

  [[nodiscard]] bool same() const {
    auto original = extent_map(*dir_.open_read("original"), 100000, "original");
    auto clone = extent_map(*dir_.open_read("clone"), 100000, "clone");
    EXPECT_TRUE(original.ok() && clone.ok());
    return same_blocks(*original, *clone);
  }

  /// A mapping of the original, made and written through before the clone: its pages are dirty and writable.
  class Mapping {
   public:
    Mapping(const Dir& dir, std::uint64_t size) : size_(size) {
      Fd fd = *dir.open_write("original");
      address_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
      EXPECT_NE(address_, MAP_FAILED);
    }
    ~Mapping() { ::munmap(address_, size_); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    volatile char& operator[](std::uint64_t at) { return static_cast<volatile char*>(address_)[at]; }

   private:
    void* address_ = nullptr;
    std::uint64_t size_;
  };

  /// The files that the claim must hold for. Each leaves the file dirty, as a user's program does.
  struct Shape {
    const char* name;
    std::uint64_t size;
    void (*write)(const std::string& path);
  };
  static std::vector<Shape> shapes();

  Dir dir_;
};
INSTANTIATE_TEST_SUITE_P(On, SameBlocksTest, test::reflink_filesystems(), test::filesystem_param_name);

void write_whole(const std::string& path) {
  test::write_file(path, test::random_bytes(kMiB + 4321, 1));
}

void write_one_block(const std::string& path) {
  test::write_file(path, test::random_bytes(4096, 2));
}

/// Grown by small appends: a file system that preallocates behind the end does so here.
void write_by_appending(const std::string& path) {
  test::write_file(path, "");
  for (std::uint64_t i = 0; i < 64; ++i) test::append_file(path, test::random_bytes(10000, i));
}

void write_sparse(const std::string& path) {
  test::write_hole(path, 16 * kMiB);
  for (std::uint64_t i = 0; i < 4; ++i) {
    test::overwrite_file(path, test::random_bytes(70000, i), (3 * i + 1) * kMiB);
  }
}

/// Written from the end to the start with writeback in between, so that its extents lie apart.
void write_in_pieces(const std::string& path) {
  test::write_hole(path, 50 * 65536);
  for (std::uint64_t i = 50; i-- > 0;) {
    test::overwrite_file(path, test::random_bytes(65536, i), i * 65536);
    int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    ::fdatasync(fd);
    ::close(fd);
  }
  test::overwrite_file(path, test::random_bytes(5000, 99), 700000);
}

void write_preallocated(const std::string& path) {
  test::write_file(path, "");
  int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(::posix_fallocate(fd, 0, 2 * kMiB), 0);
  ::close(fd);
  test::overwrite_file(path, test::random_bytes(300000, 7), kMiB);
}

std::vector<SameBlocksTest::Shape> SameBlocksTest::shapes() {
  return {{"whole", kMiB + 4321, write_whole},        {"one block", 4096, write_one_block},
          {"appended", 640000, write_by_appending},   {"sparse", 16 * kMiB, write_sparse},
          {"in pieces", 50 * 65536, write_in_pieces}, {"preallocated", 2 * kMiB, write_preallocated}};
}

TEST_P(SameBlocksTest, AnUntouchedFileAndItsCloneAreTheSame) {
  for (const Shape& shape : shapes()) {
    shape.write(temp() / "original");
    clone();
    EXPECT_TRUE(same()) << shape.name;
    EXPECT_TRUE(same()) << shape.name << ", asked again";
    ASSERT_TRUE(dir_.sync_all().ok());
    EXPECT_TRUE(same()) << shape.name << ", synced";
    test::remove_path(temp() / "original");
    test::remove_path(temp() / "clone");
  }
}

TEST_P(SameBlocksTest, AnyWriteToTheOriginalMakesThemDiffer) {
  for (const Shape& shape : shapes()) {
    for (std::uint64_t at : {std::uint64_t{0}, shape.size / 2, shape.size - 1}) {
      shape.write(temp() / "original");
      clone();
      test::overwrite_file(temp() / "original", "!", at);
      EXPECT_FALSE(same()) << shape.name << " at " << at;
      test::remove_path(temp() / "original");
      test::remove_path(temp() / "clone");
    }
  }
}

TEST_P(SameBlocksTest, AWriteOfTheSameBytesMayDifferButNeverLies) {
  write_whole(temp() / "original");
  clone();
  std::string content = test::read_file(temp() / "original");
  test::overwrite_file(temp() / "original", content.substr(0, 10), 0);
  EXPECT_FALSE(same());
}

TEST_P(SameBlocksTest, AStoreThroughAnExistingMappingMakesThemDiffer) {
  for (const Shape& shape : shapes()) {
    for (std::uint64_t at : {std::uint64_t{0}, shape.size / 2, shape.size - 1}) {
      shape.write(temp() / "original");
      {
        Mapping mapping(dir_, shape.size);
        // The page is dirty and mapped writable when the clone is made.
        mapping[at] = 'a';
        clone();
        EXPECT_TRUE(same()) << shape.name << " at " << at;
        mapping[at] = 'b';
        EXPECT_FALSE(same()) << shape.name << " at " << at;
      }
      EXPECT_NE(test::read_file(temp() / "original"), test::read_file(temp() / "clone"));
      test::remove_path(temp() / "original");
      test::remove_path(temp() / "clone");
    }
  }
}

TEST_P(SameBlocksTest, TheSecondStoreThroughAMappingIsSeenAsTheFirst) {
  write_whole(temp() / "original");
  Mapping mapping(dir_, kMiB);
  mapping[5000] = 'a';
  clone();
  mapping[5000] = 'b';
  EXPECT_FALSE(same());
  test::remove_path(temp() / "clone");
  clone();
  EXPECT_TRUE(same());
  mapping[5001] = 'c';
  EXPECT_FALSE(same());
}

TEST_P(SameBlocksTest, BlocksThatDifferStayDifferentAfterTheContentIsBack) {
  write_whole(temp() / "original");
  clone();
  std::string content = test::read_file(temp() / "original");
  test::overwrite_file(temp() / "original", "changed", 0);
  ASSERT_TRUE(dir_.sync_all().ok());
  test::overwrite_file(temp() / "original", content.substr(0, 7), 0);
  EXPECT_FALSE(same());
}

TEST_P(SameBlocksTest, TruncatingAndPunchingMakeThemDiffer) {
  write_whole(temp() / "original");
  clone();
  Fd original = *dir_.open_write("original");
  ASSERT_TRUE(truncate(original, kMiB / 2, "original").ok());
  EXPECT_FALSE(same());
  test::remove_path(temp() / "original");
  test::remove_path(temp() / "clone");
  write_whole(temp() / "original");
  clone();
  Fd punched = *dir_.open_write("original");
  ASSERT_EQ(::fallocate(punched.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096), 0);
  EXPECT_FALSE(same());
}

/// The map says nothing of where the file ends within its last block, or in a hole: sizes are compared beside it.
TEST_P(SameBlocksTest, EqualMapsNeedEqualSizesToMeanEqualContent) {
  test::write_hole(temp() / "original", kMiB);
  clone();
  ASSERT_TRUE(truncate(*dir_.open_write("original"), 2 * kMiB, "original").ok());
  EXPECT_TRUE(same());
}

TEST_P(SameBlocksTest, WritesToTheCloneAreSeenAsWell) {
  write_whole(temp() / "original");
  clone();
  test::overwrite_file(temp() / "clone", "!", 12345);
  EXPECT_FALSE(same());
}

TEST_P(SameBlocksTest, ACopyIsNotTheSame) {
  write_whole(temp() / "original");
  write_whole(temp() / "clone");
  EXPECT_FALSE(same());
}

TEST_P(SameBlocksTest, RandomWritesAreAlwaysSeen) {
  write_in_pieces(temp() / "original");
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    clone();
    EXPECT_TRUE(same()) << seed;
    test::Random random(seed);
    test::overwrite_file(temp() / "original", test::random_bytes(1 + random.below(9000), seed), random.below(3000000));
    EXPECT_FALSE(same()) << seed;
    test::remove_path(temp() / "clone");
  }
}

TEST(SameBlocks, InlineFilesOfBtrfsAreNeverTakenForTheSame) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  test::write_file(*temp / "original", "a few bytes");
  Dir dir = temp->open();
  ASSERT_TRUE(clone_file(*dir.open_read("original"), *dir.create_new("clone", 0600), "clone").ok());
  auto original = *extent_map(*dir.open_read("original"), 10, "original");
  ASSERT_EQ(original.size(), 1U);
  EXPECT_FALSE(original[0].comparable());
  EXPECT_FALSE(same_blocks(original, *extent_map(*dir.open_read("clone"), 10, "clone")));
}

TEST(SameBlocks, CompressedFilesOfBtrfsAreNeverTakenForTheSame) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  Dir dir = temp->open();
  test::write_file(*temp / "original", "");
  std::string command = "chattr +c " + (*temp / "original");
  ASSERT_EQ(std::system(command.c_str()), 0);
  test::append_file(*temp / "original", std::string(500000, 'x'));
  ASSERT_TRUE(clone_file(*dir.open_read("original"), *dir.create_new("clone", 0600), "clone").ok());
  EXPECT_FALSE(same_blocks(*extent_map(*dir.open_read("original"), 100, "original"),
                           *extent_map(*dir.open_read("clone"), 100, "clone")));
}

}  // namespace
}  // namespace cowstore::sys
