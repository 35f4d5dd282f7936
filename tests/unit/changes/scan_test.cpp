#include "changes/scan.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <unistd.h>

#include <algorithm>

#include "support/fault_observer.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

using object::EntryKind;

void list_into(const ScannedDirectory& directory, std::string& text) {
  for (const ScannedEntry& entry : directory.entries) {
    const std::string path = directory.path.empty() ? entry.name : directory.path + "/" + entry.name;
    text += path + (entry.directory != nullptr ? "/\n" : "\n");
    if (entry.directory != nullptr) list_into(*entry.directory, text);
  }
}

/// All paths that a scan has found, those of directories with a slash.
std::string listing(const Scan& scan) {
  std::string text;
  list_into(scan.directory(), text);
  return text;
}

std::string skips(const Scan& scan) {
  std::string text;
  for (const Skipped& each : scan.skipped) text += each.path + ": " + to_string(each.reason) + "\n";
  return text;
}

class ScanTest : public WorkingCopyTest {};
INSTANTIATE_TEST_SUITE_P(On, ScanTest, all_filesystems(), test::filesystem_param_name);

TEST_P(ScanTest, FindsAllKindsSortedByName) {
  if (!copy_) return;
  test::write_file(*copy_ / "b/two", "22");
  test::write_file(*copy_ / "b/one", "1", 0755);
  test::write_file(*copy_ / "a", "aaa");
  test::make_symlink("../nowhere", *copy_ / "link");
  test::make_dirs(*copy_ / "empty");
  const Scan scan = copy_->scan();
  EXPECT_EQ(listing(scan), "a\nb/\nb/one\nb/two\nempty/\nlink\n");
  EXPECT_EQ(scan.find("a")->kind, EntryKind::kFile);
  EXPECT_EQ(scan.find("a")->stat.size, 3u);
  EXPECT_EQ(scan.find("a")->state, ScannedEntry::State::kUnknown);
  EXPECT_EQ(scan.find("b/one")->kind, EntryKind::kExecutable);
  EXPECT_EQ(scan.find("link")->kind, EntryKind::kSymlink);
  EXPECT_EQ(scan.find("link")->target, "../nowhere");
  EXPECT_EQ(scan.find("link")->state, ScannedEntry::State::kKnown);
  EXPECT_EQ(scan.find("b")->stat.inode, test::inode_of(*copy_ / "b"));
  EXPECT_EQ(scan.find("b")->directory->coverage, Coverage::kWhole);
  EXPECT_EQ(skips(scan), "");
}

TEST_P(ScanTest, NamesAreBytes) {
  if (!copy_) return;
  const std::string name = "\xff\x01 \n-*";
  test::write_file(*copy_ / name, "x");
  EXPECT_EQ(listing(copy_->scan()), name + "\n");
}

TEST_P(ScanTest, NeverFollowsALink) {
  if (!copy_) return;
  test::TempDir outside;
  test::write_file(outside / "file", "outside");
  test::make_symlink(outside.path(), *copy_ / "directory");
  EXPECT_EQ(listing(copy_->scan()), "directory\n");
}

TEST_P(ScanTest, OpensNoFile) {
  if (!copy_) return;
  for (int i = 0; i < 20; ++i) test::write_file(*copy_ / ("d/" + std::to_string(i)), "x");
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  copy_->scan();
  EXPECT_EQ(calls.bytes_read(), 0u);
  EXPECT_EQ(calls.count(sys::Call::kRead), 0u);
}

TEST_P(ScanTest, FindsTenThousandFilesInOneDirectory) {
  if (!copy_) return;
  test::write_file(*copy_ / "many/0", "");
  for (int i = 1; i < 10'000; ++i) test::make_hard_link(*copy_ / "many/0", *copy_ / ("many/" + std::to_string(i)));
  const Scan scan = copy_->scan();
  const auto& entries = scan.find("many")->directory->entries;
  EXPECT_EQ(entries.size(), 10'000u);
  EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end(),
                             [](const ScannedEntry& a, const ScannedEntry& b) { return a.name < b.name; }));
}

TEST_P(ScanTest, GoesDeeperThanAPathMayBeLong) {
  if (!copy_) return;
  const std::string name(200, 'n');
  sys::Dir dir = *sys::Dir::open(copy_->root().path());
  std::string path;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(dir.make_dir(name, 0755).ok());
    dir = std::move(dir.open_dir(name)).value();
    path += name + "/";
  }
  ASSERT_TRUE(dir.create_new("file", 0644).ok());
  EXPECT_NE(copy_->scan().find(path + "file"), nullptr);
}

TEST_P(ScanTest, SpecialFilesAreNamedAndLeftOut) {
  if (!copy_) return;
  ASSERT_EQ(::mkfifo((*copy_ / "fifo").c_str(), 0600), 0);
  test::make_dirs(*copy_ / "d");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = *copy_ / "d/socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::copy(path.begin(), path.end(), address.sun_path);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  test::write_file(*copy_ / "file", "x");
  const Scan scan = copy_->scan();
  EXPECT_EQ(listing(scan), "d/\nfile\n");
  EXPECT_EQ(skips(scan), "d/socket: socket\nfifo: named pipe\n");
}

TEST_P(ScanTest, NestedRepositoriesAreNamedAndOpaque) {
  if (!copy_) return;
  test::write_file(*copy_ / "inner/file", "x");
  test::make_dirs(*copy_ / "inner/.cowstore");
  const Scan scan = copy_->scan();
  EXPECT_EQ(listing(scan), "inner/\n");
  EXPECT_EQ(scan.find("inner")->directory->coverage, Coverage::kOpaque);
  EXPECT_EQ(skips(scan), "inner: nested repository\n");
}

TEST_P(ScanTest, IgnoredEntriesAreLeftOutAndNotLookedAt) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "*.o\n/build/\n");
  test::write_file(*copy_ / "a.c", "x");
  test::write_file(*copy_ / "a.o", "x");
  test::write_file(*copy_ / "build/x", "x");
  test::write_file(*copy_ / "sub/.cowignore", "!keep.o\n");
  test::write_file(*copy_ / "sub/b.o", "x");
  test::write_file(*copy_ / "sub/keep.o", "x");
  test::write_file(*copy_ / "sub/build/y", "x");
  EXPECT_EQ(listing(copy_->scan()), ".cowignore\na.c\nsub/\nsub/.cowignore\nsub/build/\nsub/build/y\nsub/keep.o\n");
}

TEST_P(ScanTest, RulesCanBeLeftAside) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "*\n");
  test::write_file(*copy_ / "d/a", "x");
  ScanOptions options;
  options.ignore = IgnoreRules::kNone;
  EXPECT_EQ(listing(copy_->scan(options)), ".cowignore\nd/\nd/a\n");
}

TEST_P(ScanTest, WhatIsIgnoredButTrackedCounts) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "*.o\nbuild/\n");
  for (const char* path : {"tracked.o", "new.o", "build/tracked", "build/new", "build/d/tracked", "build/e/new"}) {
    test::write_file(*copy_ / path, "x");
  }
  ScanOptions options;
  const std::map<std::string, EntryKind, std::less<>> tracked = {{"tracked.o", EntryKind::kFile},
                                                                 {"build", EntryKind::kDirectory},
                                                                 {"build/tracked", EntryKind::kFile},
                                                                 {"build/d", EntryKind::kDirectory},
                                                                 {"build/d/tracked", EntryKind::kFile}};
  options.tracked = [&](std::string_view path) -> Result<std::optional<EntryKind>> {
    auto found = tracked.find(path);
    return found == tracked.end() ? std::optional<EntryKind>() : found->second;
  };
  EXPECT_EQ(listing(copy_->scan(options)), ".cowignore\nbuild/\nbuild/d/\nbuild/d/tracked\nbuild/tracked\ntracked.o\n");
}

TEST_P(ScanTest, AnIgnoredDirectoryInPlaceOfATrackedFileIsLeftOut) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "x\n");
  test::write_file(*copy_ / "x/file", "x");
  ScanOptions options;
  options.tracked = [](std::string_view path) -> Result<std::optional<EntryKind>> {
    return path == "x" ? std::optional(EntryKind::kFile) : std::nullopt;
  };
  EXPECT_EQ(listing(copy_->scan(options)), ".cowignore\n");
}

TEST_P(ScanTest, AFailureToLookUpWhatIsTrackedIsItsError) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "x\n");
  test::write_file(*copy_ / "x", "x");
  ScanOptions options;
  options.tracked = [](std::string_view) -> Result<std::optional<EntryKind>> {
    return Error{ErrorCode::kCorrupt, 0, "look up", "", "damaged", ""};
  };
  const index::StatIndex index;
  auto result = scan(copy_->root(), copy_->control(), index, copy_->pool, options);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
}

TEST_P(ScanTest, ALinkOrADirectoryIsNoRuleFile) {
  if (!copy_) return;
  test::write_file(*copy_ / "rules", "*.o\n");
  test::make_symlink("rules", *copy_ / ".cowignore");
  test::make_dirs(*copy_ / "d/.cowignore");
  test::write_file(*copy_ / "d/a.o", "x");
  EXPECT_EQ(listing(copy_->scan()), ".cowignore\nd/\nd/.cowignore/\nd/a.o\nrules\n");
}

TEST_P(ScanTest, ASelectionLooksAtNothingElse) {
  if (!copy_) return;
  for (const char* path : {"a/b/c", "a/b/d", "a/e", "f/g", "h"}) test::write_file(*copy_ / path, "x");
  const std::vector<std::string> paths{"a/b", "h", "gone/x"};
  ScanOptions options;
  options.paths = *PathSelection::of(paths);
  const Scan scan = copy_->scan(options);
  EXPECT_EQ(listing(scan), "a/\na/b/\na/b/c\na/b/d\nh\n");
  EXPECT_EQ(scan.directory().coverage, Coverage::kPartial);
  EXPECT_EQ(scan.find("a")->directory->coverage, Coverage::kPartial);
  EXPECT_EQ(scan.find("a/b")->directory->coverage, Coverage::kWhole);
}

TEST_P(ScanTest, APathThroughAFileSelectsNothing) {
  if (!copy_) return;
  test::write_file(*copy_ / "a", "x");
  const std::vector<std::string> paths{"a/b"};
  ScanOptions options;
  options.paths = *PathSelection::of(paths);
  EXPECT_EQ(listing(copy_->scan(options)), "");
}

TEST_P(ScanTest, TheIgnoreRulesAboveASelectionApplyInIt) {
  if (!copy_) return;
  test::write_file(*copy_ / ".cowignore", "*.o\n");
  test::write_file(*copy_ / "d/a.o", "x");
  test::write_file(*copy_ / "d/a.c", "x");
  const std::vector<std::string> paths{"d"};
  ScanOptions options;
  options.paths = *PathSelection::of(paths);
  EXPECT_EQ(listing(copy_->scan(options)), "d/\nd/a.c\n");
}

TEST_P(ScanTest, WhatCanNotBeReadIsNamedAllOfIt) {
  if (!copy_) return;
  for (const char* path : {"a/x", "b/c/x", "d/x"}) test::write_file(*copy_ / path, "x");
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      const bool refused = call == sys::Call::kOpen && (name == "a" || name.ends_with("b/c"));
      return refused ? EACCES : 0;
    }
  } refuse;
  test::ScopedObserver watching(refuse);
  const index::StatIndex index;
  auto result = scan(copy_->root(), copy_->control(), index, copy_->pool, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  const std::string message = result.error().message();
  EXPECT_NE(message.find("/a: permission denied"), std::string::npos) << message;
  EXPECT_NE(message.find("/b/c: permission denied"), std::string::npos) << message;
  EXPECT_EQ(message.find("/d:"), std::string::npos) << message;
}

TEST_P(ScanTest, OfManyThatCanNotBeReadANumberIsNamed) {
  if (!copy_) return;
  for (int i = 0; i < 100; ++i) test::write_file(*copy_ / ("d" + std::to_string(i) + "/x"), "x");
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kOpen && name.starts_with("d") ? EACCES : 0;
    }
  } refuse;
  test::ScopedObserver watching(refuse);
  const index::StatIndex index;
  auto result = scan(copy_->root(), copy_->control(), index, copy_->pool, {});
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message().find("and 90 more"), std::string::npos) << result.error().message();
}

/// Whatever happens to a directory between its being listed and its being opened.
class RaceTest : public WorkingCopyTest {
 protected:
  Scan scan_while(std::function<void()> action) {
    test::ActBefore race(sys::Call::kOpen, "victim", std::move(action));
    test::ScopedObserver watching(race);
    Scan scan = copy_->scan();
    EXPECT_TRUE(race.fired());
    return scan;
  }
};
INSTANTIATE_TEST_SUITE_P(On, RaceTest, all_filesystems(), test::filesystem_param_name);

TEST_P(RaceTest, ADirectoryThatVanishesIsNotThere) {
  if (!copy_) return;
  test::write_file(*copy_ / "victim/x", "x");
  test::write_file(*copy_ / "z", "x");
  EXPECT_EQ(listing(scan_while([&] { test::remove_path(*copy_ / "victim"); })), "z\n");
}

TEST_P(RaceTest, ADirectoryThatBecomesAFileIsOne) {
  if (!copy_) return;
  test::write_file(*copy_ / "victim/x", "x");
  const Scan scan = scan_while([&] {
    test::remove_path(*copy_ / "victim");
    test::write_file(*copy_ / "victim", "now a file");
  });
  EXPECT_EQ(listing(scan), "victim\n");
  EXPECT_EQ(scan.find("victim")->stat.size, 10u);
}

TEST_P(RaceTest, ADirectoryThatBecomesALinkIsNotFollowed) {
  if (!copy_) return;
  test::TempDir outside;
  test::write_file(outside / "file", "outside");
  test::write_file(*copy_ / "victim/x", "x");
  const Scan scan = scan_while([&] {
    test::remove_path(*copy_ / "victim");
    test::make_symlink(outside.path(), *copy_ / "victim");
  });
  EXPECT_EQ(listing(scan), "victim\n");
  EXPECT_EQ(scan.find("victim")->kind, EntryKind::kSymlink);
  EXPECT_EQ(scan.find("victim")->target, outside.path());
}

TEST_P(RaceTest, ADirectoryOnTheWayThatBecomesALinkIsNotFollowed) {
  if (!copy_) return;
  test::TempDir outside;
  test::write_file(outside / "victim/secret", "outside");
  test::write_file(*copy_ / "way/victim/x", "x");
  const Scan scan = scan_while([&] {
    test::remove_path(*copy_ / "way");
    test::make_symlink(outside.path(), *copy_ / "way");
  });
  EXPECT_EQ(scan.find("way/victim/secret"), nullptr);
}

TEST_P(RaceTest, AFileThatVanishesIsNotThere) {
  if (!copy_) return;
  test::write_file(*copy_ / "victim", "x");
  test::write_file(*copy_ / "z", "x");
  test::ActBefore race(sys::Call::kStat, "victim", [&] { test::remove_path(*copy_ / "victim"); });
  test::ScopedObserver watching(race);
  EXPECT_EQ(listing(copy_->scan()), "z\n");
}

TEST_P(RaceTest, AFileThatBecomesADirectoryIsScannedAsOne) {
  if (!copy_) return;
  test::write_file(*copy_ / "victim", "x");
  test::ActBefore race(sys::Call::kStat, "victim", [&] {
    test::remove_path(*copy_ / "victim");
    test::write_file(*copy_ / "victim/inside", "x");
  });
  test::ScopedObserver watching(race);
  EXPECT_EQ(listing(copy_->scan()), "victim/\nvictim/inside\n");
}

TEST(ScanDepth, DirectoriesThatAreNestedWithoutEndAreRefused) {
  test::TempDir temp;
  WorkingCopy copy(temp);
  sys::Dir dir = *sys::Dir::open(copy.root().path());
  for (int depth = 0; depth < 2'100; ++depth) {
    ASSERT_TRUE(dir.make_dir("d", 0755).ok());
    dir = std::move(dir.open_dir("d")).value();
  }
  const index::StatIndex index;
  auto result = scan(copy.root(), copy.control(), index, copy.pool, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
}

TEST(ScanMounts, MountPointsAreEnteredOrOpaqueAsAsked) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::make_dirs(copy / "mounted");
  const std::string command = "mount -t tmpfs none '" + copy / "mounted" + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return test::skip_test("can't mount a tmpfs");
  test::write_file(copy / "mounted/file", "x");
  EXPECT_EQ(listing(copy.scan()), "mounted/\nmounted/file\n");
  ScanOptions options;
  options.mount_points = MountPoints::kOpaque;
  const Scan scan = copy.scan(options);
  EXPECT_EQ(listing(scan), "mounted/\n");
  EXPECT_EQ(skips(scan), "mounted: mount point\n");
}

TEST(ScanMounts, TheClockOfAnotherFileSystemProvesNothing) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::make_dirs(copy / "mounted");
  const std::string command = "mount -t tmpfs none '" + copy / "mounted" + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return test::skip_test("can't mount a tmpfs");
  test::write_file(copy / "mounted/file", "x");
  const auto version = copy.record();
  for (int i = 0; i < 3; ++i) copy.refresh(version);
  EXPECT_EQ(copy.scan().find("mounted/file")->state, ScannedEntry::State::kUnknown);
}

TEST(ScanSubvolumes, TheStubOfASubvolumeIsNamedAndOpaque) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  const auto run = [&](const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); };
  const std::string top = *temp / "top";
  if (run("btrfs subvolume create '" + top + "'") != 0) return test::skip_test("can't make subvolumes");
  ASSERT_EQ(run("btrfs subvolume create '" + top + "/inner'"), 0);
  test::write_file(top + "/inner/file", "x");
  ASSERT_EQ(run("btrfs subvolume snapshot '" + top + "' '" + *temp / "copy" + "'"), 0);
  test::make_dirs(*temp / "copy/.cowstore");
  const sys::Dir root = *sys::Dir::open(*temp / "copy");
  base::ThreadPool pool(2);
  const index::StatIndex index;
  auto scan = changes::scan(root, *root.open_dir(".cowstore"), index, pool, {});
  ASSERT_TRUE(scan.ok());
  ASSERT_EQ(scan->skipped.size(), 1u);
  EXPECT_EQ(scan->skipped[0].path, "inner");
  EXPECT_EQ(scan->skipped[0].reason, SkipReason::kForeignSubvolume);
  EXPECT_EQ(scan->find("inner")->directory->coverage, Coverage::kOpaque);
}

}  // namespace
}  // namespace cowstore::changes
