// Who shares blocks with whom, what is written, and what is not even opened.
#include <sys/stat.h>

#include <atomic>
#include <filesystem>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/extents.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class Sharing : public FilesystemTest {
 protected:
  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string store() const { return copy() + "/.cowstore/store"; }
};
using SharingAnywhere = Sharing;
INSTANTIATE_TEST_SUITE_P(On, Sharing, reflink_filesystems(), filesystem_param_name);
INSTANTIATE_TEST_SUITE_P(On, SharingAnywhere, every_filesystem(), filesystem_param_name);

std::vector<sys::Extent> extents_of(const std::string& path) {
  auto slash = path.rfind('/');
  sys::Dir parent = must(sys::Dir::open(path.substr(0, slash)));
  sys::Fd file = must(parent.open_read(path.substr(slash + 1)));
  return must(sys::extent_map(file, 4096, path));
}

bool share_all_blocks(const std::string& a, const std::string& b) {
  return sys::same_blocks(extents_of(a), extents_of(b));
}

/// Where docs/format.md says that the content lies.
std::string loose_path(const std::string& copy, const std::string& name) {
  for (const EntryInfo& entry : list_version(copy, "@")) {
    if (entry.path != name) continue;
    std::string hex = entry.id.hex();
    return copy + "/.cowstore/store/loose/" + hex.substr(0, 2) + "/" + hex.substr(2);
  }
  throw std::runtime_error("no " + name);
}

/// All containers and segments of a store, by name.
std::vector<std::string> containers_of(const std::string& store) {
  std::vector<std::string> found;
  for (const char* part : {"packs", "loose", "index"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store + "/" + part)) {
      found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::uint64_t blocks_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) throw std::runtime_error("stat " + path);
  return static_cast<std::uint64_t>(info.st_blocks);
}

/// Counts how often files whose name ends so are opened or read.
class Touches : public sys::Observer {
 public:
  explicit Touches(std::string suffix) : suffix_(std::move(suffix)) {}
  int before(sys::Call call, std::uint64_t, std::string_view name) override {
    if ((call == sys::Call::kOpen || call == sys::Call::kRead) && name.ends_with(suffix_)) count_.fetch_add(1);
    return 0;
  }
  [[nodiscard]] int count() const { return count_.load(); }

 private:
  std::string suffix_;
  std::atomic<int> count_{0};
};

CheckoutOptions with_cow_required() {
  CheckoutOptions options;
  options.cow = CowPolicy::kRequire;
  return options;
}

}  // namespace

TEST_P(Sharing, ACheckedOutFilesBlocksAreThoseOfTheStoreAndOfTheOriginal) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/large", random_bytes(kMiB + 5, 1));
  write_file(copy() + "/one chunk", random_bytes(10'000, 2));
  write_file(copy() + "/small", random_bytes(4096, 3));
  CommitReport committed = commit_all(copy(), "all");
  EXPECT_EQ(committed.stats.sharing.cloned, 2U);
  EXPECT_EQ(committed.stats.sharing.copied_small, 1U);
  EXPECT_EQ(committed.stats.sharing.bytes_cloned, kMiB + 5 + 10'000);
  CheckoutReport report = check_out(copy(), "@", temp() / "again", with_cow_required());
  EXPECT_EQ(report.method, "reflink");
  EXPECT_EQ(report.sharing.cloned, 2U);
  EXPECT_EQ(report.sharing.copied, 1U);
  EXPECT_EQ(report.sharing.copied_small, 1U);
  EXPECT_EQ(report.sharing.bytes_written, 4096U);
  for (const char* name : {"large", "one chunk"}) {
    EXPECT_TRUE(share_all_blocks(loose_path(copy(), name), copy() + "/" + name)) << name;
    EXPECT_TRUE(share_all_blocks(loose_path(copy(), name), temp() / "again/" + name)) << name;
  }
  EXPECT_FALSE(share_all_blocks(loose_path(copy(), "large"), loose_path(copy(), "one chunk")));
}

TEST_P(Sharing, WhatASwitchBringsBackSharesBlocksAgain) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/file", random_bytes(kMiB, 1));
  commit_all(copy(), "first");
  std::string loose = loose_path(copy(), "file");
  write_file(copy() + "/file", random_bytes(kMiB, 2));
  commit_all(copy(), "second");
  EXPECT_FALSE(share_all_blocks(loose, copy() + "/file"));
  CheckoutReport report = switch_in_place(copy(), "@~1", with_cow_required());
  EXPECT_EQ(report.sharing.cloned, 1U);
  EXPECT_EQ(report.sharing.bytes_written, 0U);
  EXPECT_TRUE(share_all_blocks(loose, copy() + "/file"));
}

TEST_P(Sharing, EditingOneCopyChangesNoOther) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/file", random_bytes(kMiB, 1));
  commit_all(copy(), "all");
  check_out(copy(), "@", temp() / "again");
  overwrite_file(temp() / "again/file", "edited", 4096);
  EXPECT_EQ(read_file(copy() + "/file"), random_bytes(kMiB, 1));
  EXPECT_EQ(cat(copy(), "@:file"), random_bytes(kMiB, 1));
  overwrite_file(copy() + "/file", "edited, too", 0);
  EXPECT_EQ(cat(copy(), "@:file"), random_bytes(kMiB, 1));
  expect_sound(copy());
}

TEST_P(Sharing, OnlyCopiesAreMadeOnRequest) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/file", random_bytes(kMiB, 1));
  commit_all(copy(), "all");
  CheckoutOptions options;
  options.method = CheckoutMethod::kCopy;
  CheckoutReport report = check_out(copy(), "@", temp() / "again", options);
  EXPECT_EQ(report.method, "copy");
  EXPECT_EQ(report.sharing.cloned, 0U);
  EXPECT_EQ(report.sharing.bytes_written, kMiB);
  EXPECT_FALSE(share_all_blocks(copy() + "/file", temp() / "again/file"));
  EXPECT_EQ(tree_text(temp() / "again"), tree_text(copy()));
}

TEST_P(Sharing, RequiringClonesOnAnotherFileSystemFailsAndLeavesNothing) {
  if (skipped()) return;
  auto elsewhere = temp_dir_on("ext4");
  if (!elsewhere) return;
  make_repository(copy());
  write_file(copy() + "/file", random_bytes(kMiB, 1));
  commit_all(copy(), "all");
  auto refused = open_repository(copy()).checkout("@", *elsewhere / "again", with_cow_required());
  expect_error(refused, ErrorCode::kUnsupported);
  EXPECT_EQ(names_in(elsewhere->path()), std::vector<std::string>());
  CheckoutReport report = check_out(copy(), "@", *elsewhere / "again");
  EXPECT_EQ(report.method, "copy");
  EXPECT_EQ(report.sharing.copied, 1U);
  EXPECT_NE(report.sharing.copy_reason, "");
  EXPECT_EQ(tree_text(*elsewhere / "again"), tree_text(copy()));
  expect_clean(*elsewhere / "again");
}

TEST(SharingOnExt4, RequiringClonesFailsAndLeavesNothingBehind) {
  auto temp = temp_dir_on("ext4");
  if (!temp) return;
  std::string copy = *temp / "copy";
  make_repository(copy);
  write_file(copy + "/file", random_bytes(kMiB, 1));
  commit_all(copy, "first");
  write_file(copy + "/file", random_bytes(kMiB, 2));
  commit_all(copy, "second");
  auto names = names_in(temp->path());
  std::string files = tree_text(copy), control = tree_text(copy + "/.cowstore", Fields::kNoTimes);
  for (CheckoutMethod method : {CheckoutMethod::kAuto, CheckoutMethod::kReflink}) {
    CheckoutOptions options = with_cow_required();
    options.method = method;
    expect_error(open_repository(copy).checkout("@~1", *temp / "again", options), ErrorCode::kUnsupported);
    EXPECT_EQ(names_in(temp->path()), names);
    expect_error(open_repository(copy).switch_to("@~1", options), ErrorCode::kUnsupported);
    expect_same(tree_text(copy), files);
    expect_same(tree_text(copy + "/.cowstore", Fields::kNoTimes), control);
  }
  make_dirs(*temp / "empty");
  expect_error(open_repository(copy).checkout("@", *temp / "empty", with_cow_required()), ErrorCode::kUnsupported);
  EXPECT_EQ(names_in(*temp / "empty"), std::vector<std::string>());
  write_file(*temp / "occupied/file", "mine");
  CheckoutOptions forced = with_cow_required();
  forced.overwrite = Overwrite::kForce;
  expect_error(open_repository(copy).checkout("@", *temp / "occupied", forced), ErrorCode::kUnsupported);
  EXPECT_EQ(names_in(*temp / "occupied"), std::vector<std::string>{"file"});
  EXPECT_EQ(read_file(*temp / "occupied/file"), "mine");
  forced.cow = CowPolicy::kAllowCopies;
  EXPECT_EQ(check_out(copy, "@", *temp / "occupied", forced).method, "copy");
}

TEST_P(SharingAnywhere, SparseFilesComeBackSparse) {
  if (skipped()) return;
  constexpr std::size_t kSize = 20 * kMiB;
  make_repository(copy());
  write_hole(copy() + "/all", kSize);
  write_hole(copy() + "/middle", kSize);
  overwrite_file(copy() + "/middle", random_bytes(kMiB, 1), 0);
  overwrite_file(copy() + "/middle", random_bytes(kMiB, 2), kSize - kMiB);
  write_hole(copy() + "/end", kSize);
  overwrite_file(copy() + "/end", random_bytes(kMiB, 3), 0);
  commit_all(copy(), "sparse");
  for (CheckoutMethod method : {CheckoutMethod::kAuto, CheckoutMethod::kCopy}) {
    std::string again = temp() / (method == CheckoutMethod::kAuto ? "auto" : "copied");
    CheckoutOptions options;
    options.method = method;
    check_out(copy(), "@", again, options);
    EXPECT_EQ(tree_text(again), tree_text(copy()));
    for (auto [name, data] : {std::pair("all", 0U), std::pair("middle", 2U), std::pair("end", 1U)}) {
      // In units of 512 bytes. XFS allocates ahead of what is written, by up to half as much again.
      EXPECT_LE(blocks_of(again + "/" + name), data * 3072 + 1024) << name;
    }
  }
}

TEST_P(SharingAnywhere, HolesAreNeitherReadNorStored) {
  if (skipped()) return;
  make_repository(copy());
  write_hole(copy() + "/hole", std::uint64_t{1} << 40);
  overwrite_file(copy() + "/hole", "data", std::uint64_t{1} << 39);
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    commit_all(copy(), "sparse");
  }
  EXPECT_LT(calls.bytes_read(), 16 * kMiB);
  EXPECT_LT(calls.bytes_written(), 2 * kMiB);
  check_out(copy(), "@", temp() / "again");
  EXPECT_LT(blocks_of(temp() / "again/hole"), 2048U);
  EXPECT_EQ(std::filesystem::file_size(temp() / "again/hole"), std::uint64_t{1} << 40);
}

TEST_P(SharingAnywhere, ASecondCommitOfTheSameContentWritesNothing) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/large", random_bytes(kMiB, 1));
  write_file(copy() + "/small", "small");
  commit_all(copy(), "all");
  auto before = containers_of(store());
  remove_path(copy() + "/.cowstore/index");  // so that all is read, and found to be known
  CommitReport again = commit_all(copy(), "again");
  EXPECT_FALSE(again.created);
  EXPECT_EQ(containers_of(store()), before);
  set_mtime(copy() + "/large", {1, 1});
  EXPECT_FALSE(commit_all(copy(), "touched").created);
  EXPECT_EQ(containers_of(store()), before);
}

TEST_P(SharingAnywhere, MovedAndCopiedContentAddsNoChunk) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/large", random_bytes(kMiB, 1));
  write_file(copy() + "/small", "small");
  commit_all(copy(), "all");
  auto names_of_loose = [&] { return tree_text(store() + "/loose", Fields::kContentOnly); };
  std::string loose = names_of_loose();
  make_dirs(copy() + "/moved");
  rename_path(copy() + "/small", copy() + "/moved/small");
  write_file(copy() + "/moved/copy", read_file(copy() + "/large"));
  rename_path(copy() + "/large", copy() + "/moved/large");
  CommitReport moved = commit_all(copy(), "moved");
  EXPECT_TRUE(moved.created);
  EXPECT_EQ(moved.stats.chunks_new, 0U);
  expect_same(names_of_loose(), loose);
  expect_sound(copy());
}

TEST_P(SharingAnywhere, UnchangedFilesAreNotOpened) {
  if (skipped()) return;
  make_repository(copy());
  for (int i = 0; i < 50; ++i) {
    write_file(copy() + "/" + std::to_string(i % 5) + "/" + std::to_string(i) + ".dat", random_bytes(20'000, 100 + i));
  }
  commit_all(copy(), "all");
  status_of(copy());  // what was written within a tick of the clock before the commit is looked at once more
  write_file(copy() + "/new", "file");
  Touches touches(".dat");
  {
    ScopedObserver watching(touches);
    EXPECT_EQ(status_of(copy()).added, std::vector<std::string>{"new"});
    CommitReport report = commit_all(copy(), "one more");
    EXPECT_EQ(report.stats.files_hashed, 1U);
    expect_clean(copy());
  }
  EXPECT_EQ(touches.count(), 0);
}

TEST_P(SharingAnywhere, TheFirstStatusOfANewWorkingCopyOpensNoFile) {
  if (skipped()) return;
  make_repository(copy());
  for (int i = 0; i < 50; ++i) write_file(copy() + "/" + std::to_string(i) + ".dat", random_bytes(20'000, 100 + i));
  commit_all(copy(), "all");
  check_out(copy(), "@", temp() / "again");
  Touches touches(".dat");
  {
    ScopedObserver watching(touches);
    expect_clean(temp() / "again");
  }
  EXPECT_EQ(touches.count(), 0);
}

}  // namespace cowstore::test
