#include "changes/hash_file.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <unistd.h>

#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

const chunk::CutRule& default_rule() {
  return chunk::rule_of(chunk::Profile::kDefault);
}

class HashFile : public WorkingCopyTest {
 protected:
  Result<HashedFile> hash(std::string_view name) { return hash_file(copy_->root(), name, default_rule()); }
};
INSTANTIATE_TEST_SUITE_P(On, HashFile, all_filesystems(), test::filesystem_param_name);

TEST_P(HashFile, IsTheReferenceOfTheContent) {
  if (!copy_) return;
  const std::size_t sizes[] = {0, 1, 4095, 16384, 16385, 65536, 262144, 1 << 20, (1 << 20) + 1, 5'000'000};
  for (std::size_t size : sizes) {
    const std::string content = test::random_bytes(size, size);
    test::write_file(*copy_ / "file", content);
    auto hashed = hash("file");
    ASSERT_TRUE(hashed.ok()) << hashed.error().message();
    EXPECT_EQ(hashed->file, copy_->reference_to(content)) << size;
    EXPECT_EQ(hashed->stat.size, size);
    EXPECT_EQ(hashed->stat.inode, test::inode_of(*copy_ / "file"));
  }
}

TEST_P(HashFile, OfASparseFileIsThatOfItsZeros) {
  if (!copy_) return;
  const std::size_t size = 9'000'000;
  std::string content(size, '\0');
  test::write_hole(*copy_ / "sparse", size);
  for (std::size_t offset : {std::size_t{0}, std::size_t{1'000'000}, std::size_t{8'999'000}}) {
    const std::string island = test::random_bytes(1000, offset);
    content.replace(offset, island.size(), island);
    test::overwrite_file(*copy_ / "sparse", island, offset);
  }
  test::write_file(*copy_ / "dense", content);
  test::CountCalls calls;
  Result<HashedFile> sparse = Error{};
  {
    test::ScopedObserver watching(calls);
    sparse = hash("sparse");
  }
  ASSERT_TRUE(sparse.ok());
  EXPECT_EQ(sparse->file, hash("dense")->file);
  EXPECT_EQ(sparse->file, copy_->reference_to(content));
  EXPECT_LT(calls.bytes_read(), size / 4);
}

TEST_P(HashFile, OfAHoleReadsNothing) {
  if (!copy_) return;
  test::write_hole(*copy_ / "hole", std::uint64_t{1} << 40);
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  auto hashed = hash("hole");
  ASSERT_TRUE(hashed.ok());
  EXPECT_EQ(hashed->file.size, std::uint64_t{1} << 40);
  EXPECT_EQ(calls.bytes_read(), 0u);
}

TEST_P(HashFile, AFileThatChangesWhileItIsReadIsReadAgain) {
  if (!copy_) return;
  const std::string before = test::random_bytes(3'000'000, 1);
  const std::string after = test::random_bytes(3'000'000, 2);
  test::write_file(*copy_ / "file", before);
  test::ActBefore change(sys::Call::kRead, "file", [&] { test::overwrite_file(*copy_ / "file", after, 0); });
  test::ScopedObserver watching(change);
  auto hashed = hash("file");
  ASSERT_TRUE(change.fired());
  ASSERT_TRUE(hashed.ok());
  EXPECT_EQ(hashed->file, copy_->reference_to(after));
}

TEST_P(HashFile, AFileThatBecomesShorterWhileItIsReadIsReadAgain) {
  if (!copy_) return;
  for (std::size_t size : {std::size_t{10'000}, std::size_t{3'000'000}}) {
    test::write_file(*copy_ / "file", test::random_bytes(size, 1));
    test::ActBefore change(sys::Call::kRead, "file", [&] { test::write_file(*copy_ / "file", "short"); });
    test::ScopedObserver watching(change);
    auto hashed = hash("file");
    ASSERT_TRUE(hashed.ok());
    EXPECT_EQ(hashed->file, copy_->reference_to("short"));
  }
}

/// Changes the file before each read.
class KeepChanging : public sys::Observer {
 public:
  explicit KeepChanging(std::string path) : path_(std::move(path)) {}
  int before(sys::Call call, std::uint64_t, std::string_view) override {
    if (call == sys::Call::kRead) test::append_file(path_, "x");
    return 0;
  }

 private:
  std::string path_;
};

TEST_P(HashFile, AFileThatKeepsChangingIsBusyAndNamed) {
  if (!copy_) return;
  test::write_file(*copy_ / "file", "content");
  KeepChanging writer(*copy_ / "file");
  test::ScopedObserver watching(writer);
  auto hashed = hash("file");
  ASSERT_FALSE(hashed.ok());
  EXPECT_EQ(hashed.error().code, ErrorCode::kBusy);
  EXPECT_TRUE(hashed.error().path.ends_with("/file"));
}

TEST_P(HashFile, WhatIsNoRegularFileAnyMoreIsBusy) {
  if (!copy_) return;
  test::write_file(*copy_ / "target", "secret");
  test::make_symlink("target", *copy_ / "link");
  test::make_dirs(*copy_ / "directory");
  ASSERT_EQ(::mkfifo((*copy_ / "fifo").c_str(), 0600), 0);
  for (const char* name : {"link", "directory", "fifo"}) {
    auto hashed = hash(name);
    ASSERT_FALSE(hashed.ok()) << name;
    EXPECT_EQ(hashed.error().code, ErrorCode::kBusy) << name << ": " << hashed.error().message();
  }
}

TEST_P(HashFile, WhatIsGoneIsNotFound) {
  if (!copy_) return;
  auto hashed = hash("nothing");
  ASSERT_FALSE(hashed.ok());
  EXPECT_EQ(hashed.error().code, ErrorCode::kNotFound);
}

/// A file that somebody has mapped and stores into.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    bytes_ = static_cast<char*>(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    ::close(fd);
  }
  ~Mapping() { ::munmap(bytes_, kBytes); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  void store(char byte) { *static_cast<volatile char*>(bytes_) = byte; }
  static constexpr std::size_t kBytes = 4096;

 private:
  char* bytes_;
};

TEST_P(HashFile, AStoreThroughAMappingThatWasThereBeforeChangesTheTimes) {
  if (!copy_) return;
  test::write_file(*copy_ / "file", std::string(Mapping::kBytes, 'a'));
  Mapping mapping(*copy_ / "file");
  mapping.store(
      'b');  // from here on the page is writable, and without writing back the next store would leave no trace
  auto first = hash("file");
  ASSERT_TRUE(first.ok());
  mapping.store('c');
  auto stat = copy_->root().stat("file");
  ASSERT_TRUE(stat.ok());
  EXPECT_NE(stat->ctime, first->stat.ctime);
  auto second = hash("file");
  ASSERT_TRUE(second.ok());
  EXPECT_NE(second->file, first->file);
}

}  // namespace
}  // namespace cowstore::changes
