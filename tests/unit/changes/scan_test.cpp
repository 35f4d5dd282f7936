#include "changes/scan.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <unistd.h>

#include <algorithm>

#include "changes/unreadable.hpp"
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

TEST_P(ScanTest, WhatCanNotBeReadIsListedAndKept) {
  if (!copy_) return;
  for (const char* path : {"a/x", "b/c/x", "d/x", "e"}) test::write_file(*copy_ / path, "x");
  test::make_symlink("x", *copy_ / "link");
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      const bool refused = call == sys::Call::kOpen && (name == "a" || name.ends_with("b/c"));
      const bool damaged = call == sys::Call::kStat && (name == "e" || name.ends_with("/e"));
      const bool closed = call == sys::Call::kReadLink;
      return refused || closed ? EACCES : damaged ? EIO : 0;
    }
  } refuse;
  test::ScopedObserver watching(refuse);
  const Scan scan = copy_->scan();
  EXPECT_EQ(listing(scan), "a/\nb/\nb/c/\nd/\nd/x\ne\nlink\n");
  EXPECT_EQ(skips(scan), "a: unreadable\nb/c: unreadable\ne: unreadable\nlink: unreadable\n");
  EXPECT_EQ(scan.find("b/c")->directory->coverage, Coverage::kOpaque);
  EXPECT_EQ(scan.find("e")->state, ScannedEntry::State::kKept);
  EXPECT_EQ(require_readable(scan, "").error().message(),
            "read a, b/c, e, link: input/output error, or permission denied");
}

TEST_P(ScanTest, ADirectoryWhoseRulesCanNotBeReadIsKept) {
  if (!copy_) return;
  test::write_file(*copy_ / "d/.cowignore", "*.o\n");
  test::write_file(*copy_ / "d/x.o", "x");
  test::write_file(*copy_ / "y", "x");
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kOpen && name.ends_with(".cowignore") ? EACCES : 0;
    }
  } refuse;
  test::ScopedObserver watching(refuse);
  const Scan scan = copy_->scan();
  EXPECT_EQ(listing(scan), "d/\ny\n");
  EXPECT_EQ(skips(scan), "d/.cowignore: unreadable\n");
  EXPECT_EQ(scan.find("d")->directory->coverage, Coverage::kOpaque);
}

TEST_P(ScanTest, OfThousandsThatCanNotBeReadAllAreNamedUpToANumber) {
  if (!copy_) return;
  for (int i = 0; i < 1010; ++i) test::make_dirs(*copy_ / ("d" + std::to_string(i)));
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kOpen && name.starts_with("d") ? EACCES : 0;
    }
  } refuse;
  test::ScopedObserver watching(refuse);
  const std::string message = require_readable(copy_->scan(), "").error().message();
  EXPECT_NE(message.find("d500, "), std::string::npos);
  EXPECT_NE(message.find("and 10 more: permission denied"), std::string::npos) << message.substr(message.size() - 100);
}

TEST_P(ScanTest, TooManyOpenFilesAreNoUnreadableDirectory) {
  if (!copy_) return;
  test::make_dirs(*copy_ / "d");
  class Refuse : public sys::Observer {
   public:
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      return call == sys::Call::kOpen && name == "d" ? EMFILE : 0;
    }
  } refuse;
  test::ScopedObserver watching(refuse);
  const index::StatIndex index;
  auto result = scan(copy_->root(), copy_->control(), index, copy_->pool, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().sys_errno, EMFILE);
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
  EXPECT_EQ(listing(scan), "way\n");
}

TEST_P(RaceTest, ADirectoryThatIsOutOfTheWayForAMomentIsThere) {
  if (!copy_) return;
  test::write_file(*copy_ / "d/victim/x", "x");
  class Flicker : public sys::Observer {
   public:
    explicit Flicker(std::string path) : path_(std::move(path)) {}
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      if (!name.ends_with("victim")) return 0;
      if (call == sys::Call::kOpen && opens_++ == 0) test::rename_path(path_, path_ + ".away");
      if (call == sys::Call::kStat && test::exists(path_ + ".away")) test::rename_path(path_ + ".away", path_);
      return 0;
    }

   private:
    std::string path_;
    int opens_ = 0;
  } flicker(*copy_ / "d/victim");
  test::ScopedObserver watching(flicker);
  EXPECT_EQ(listing(copy_->scan()), "d/\nd/victim/\nd/victim/x\n");
}

TEST_P(RaceTest, WhatIsMovedWithTheDirectoryAboveItIsFoundWhereItIs) {
  if (!copy_) return;
  test::write_file(*copy_ / "above/file", "x");
  test::write_file(*copy_ / "above/victim/x", "x");
  EXPECT_EQ(listing(scan_while([&] { test::rename_path(*copy_ / "above", *copy_ / "moved"); })),
            "moved/\nmoved/file\nmoved/victim/\nmoved/victim/x\n");
}

TEST_P(RaceTest, ADirectoryThatBecomesAnotherIsScannedAsThat) {
  if (!copy_) return;
  test::write_file(*copy_ / "above/victim/x", "x");
  test::write_file(*copy_ / "other/y", "x");
  EXPECT_EQ(listing(scan_while([&] {
              test::rename_path(*copy_ / "above", *copy_ / "moved");
              test::rename_path(*copy_ / "other", *copy_ / "above");
            })),
            "above/\nabove/y\nmoved/\nmoved/victim/\nmoved/victim/x\n");
}

TEST_P(RaceTest, DirectoriesThatAreMovedForEverAreAnError) {
  if (!copy_) return;
  test::write_file(*copy_ / "a/victim/x", "x");
  class Mover : public sys::Observer {
   public:
    explicit Mover(const WorkingCopy& copy) : copy_(copy) {}
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      if (call != sys::Call::kOpen || !name.ends_with("victim")) return 0;
      const bool there = test::exists(copy_ / "a");
      test::rename_path(copy_ / (there ? "a" : "b"), copy_ / (there ? "b" : "a"));
      return 0;
    }

   private:
    const WorkingCopy& copy_;
  } mover(*copy_);
  test::ScopedObserver watching(mover);
  const index::StatIndex index;
  auto result = scan(copy_->root(), copy_->control(), index, copy_->pool, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kBusy);
  EXPECT_FALSE(result.error().hint.empty());
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

TEST(ScanMounts, WhatIsMountedIsProvenByItsOwnClock) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::make_dirs(copy / "mounted");
  const std::string command = "mount -t tmpfs none '" + copy / "mounted" + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return test::skip_test("can't mount a tmpfs");
  test::write_file(copy / "mounted/d/file", "x");
  const Timestamp before = test::mtime_of(copy / "mounted");
  const auto version = copy.record();
  copy.settle(version);  // comes to an end
  EXPECT_EQ(copy.scan().find("mounted/d/file")->state, ScannedEntry::State::kKnown);
  EXPECT_EQ(test::mtime_of(copy / "mounted"), before) << "reading the clock left a trace";
}

TEST(ScanMounts, AClockThatCanNotBeReadProvesNothing) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::make_dirs(copy / "mounted");
  const std::string mounted = copy / "mounted";
  if (std::system(("mount -t tmpfs none '" + mounted + "' 2>/dev/null").c_str()) != 0) {
    return test::skip_test("can't mount a tmpfs");
  }
  test::write_file(copy / "mounted/file", "x");
  ASSERT_EQ(std::system(("mount -o remount,ro '" + mounted + "'").c_str()), 0);
  const auto version = copy.record();
  for (int i = 0; i < 3; ++i) copy.refresh(version);
  EXPECT_EQ(copy.scan().find("mounted/file")->state, ScannedEntry::State::kUnknown);
}

TEST(ScanMounts, ASyncOfTheTopCoversNothingThatIsMounted) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::make_dirs(copy / "mounted");
  const std::string command = "mount -t tmpfs none '" + copy / "mounted" + "' 2>/dev/null";
  if (std::system(command.c_str()) != 0) return test::skip_test("can't mount a tmpfs");
  test::write_file(copy / "file", "x");
  test::write_file(copy / "mounted/file", "x");
  const auto version = copy.record();
  Scan scan = copy.scan();
  copy.compare(scan, version);
  mark_synced(scan);
  EXPECT_EQ(scan.find("file")->durability, index::Durability::kSynced);
  EXPECT_EQ(scan.find("mounted/file")->durability, index::Durability::kUnsynced);
}

TEST(ScanMounts, AFileOnWhichAnotherIsMountedIsKeptAsAsked) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  WorkingCopy copy(temp);
  test::write_file(copy / "a", "mounted over b");
  test::write_file(copy / "b", "below");
  if (std::system(("mount --bind '" + copy / "a" + "' '" + copy / "b" + "' 2>/dev/null").c_str()) != 0) {
    return test::skip_test("can't make bind mounts");
  }
  ScanOptions options;
  options.mount_points = MountPoints::kOpaque;
  const Scan scan = copy.scan(options);
  EXPECT_EQ(skips(scan), "b: mount point\n");
  EXPECT_EQ(scan.find("b")->state, ScannedEntry::State::kKept);
  EXPECT_EQ(scan.find("a")->state, ScannedEntry::State::kUnknown);
}

TEST(ScanSubvolumes, ANestedSubvolumeIsEnteredAndProvenOrKeptAsAsked) {
  auto temp = test::temp_dir_on("btrfs");
  if (!temp) return;
  WorkingCopy copy(*temp);
  const std::string inner = copy / "inner";
  if (std::system(("btrfs subvolume create '" + inner + "' >/dev/null 2>&1").c_str()) != 0) {
    return test::skip_test("can't make subvolumes");
  }
  test::write_file(copy / "inner/file", "x");
  EXPECT_EQ(listing(copy.scan()), "inner/\ninner/file\n");
  copy.settle(copy.record());
  EXPECT_EQ(copy.scan().find("inner/file")->state, ScannedEntry::State::kKnown);
  ScanOptions options;
  options.mount_points = MountPoints::kOpaque;
  const Scan scan = copy.scan(options);
  EXPECT_EQ(listing(scan), "inner/\n");
  EXPECT_EQ(skips(scan), "inner: on another file system\n");
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
