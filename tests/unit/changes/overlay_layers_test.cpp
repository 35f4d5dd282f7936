// An overlay's changes by its upper directory against a scan of all of it through the mount.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "changes/lower_layer.hpp"
#include "changes/upper_layer.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "sys/overlay.hpp"
#include "working_copy.hpp"

namespace cowstore::changes {
namespace {

namespace fs = std::filesystem;

/// A mounted overlay with a working copy on it.
class Overlay {
 public:
  explicit Overlay(const std::string& top) : top_(top) {
    for (const char* name : {"/lower", "/upper/.cowstore", "/work", "/at"}) test::make_dirs(top + name);
  }
  /// From now on what is below lower() is the version.
  void mount() {
    // As whoever makes an overlay does it: the top is of the upper directory.
    test::set_mode(upper(), static_cast<int>(fs::status(lower()).permissions()));
    lower_dir_ = *sys::Dir::open(lower());
    upper_dir_ = *sys::Dir::open(upper());
    sys::Dir work = *sys::Dir::open(top_ + "/work");
    auto made =
        sys::OverlayMount::make(sys::OverlayLayers{lower_dir_, upper_dir_, work}, sys::OverlayXattrs::kTrusted, "test");
    ASSERT_TRUE(made.ok()) << made.error().message();
    ASSERT_TRUE(made->attach(*sys::Dir::open(top_ + "/at")).ok());
    copy_ = std::make_unique<WorkingCopy>(at());
    version_ = copy_->record();
  }
  ~Overlay() {
    copy_.reset();
    (void)sys::unmount(*sys::Dir::open(top_), "at");
  }
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  [[nodiscard]] std::string lower() const { return top_ + "/lower"; }
  [[nodiscard]] std::string upper() const { return top_ + "/upper"; }
  [[nodiscard]] std::string at() const { return top_ + "/at"; }
  [[nodiscard]] std::string operator/(const std::string& path) const { return at() + "/" + path; }
  [[nodiscard]] const object::TreeRoots& version() const { return version_; }
  WorkingCopy& copy() { return *copy_; }

  UpperChanges changes() {
    auto found = read_upper(upper_dir_);
    EXPECT_TRUE(found.ok()) << found.error().message();
    return *found;
  }
  Scan scan() {
    UpperChanges found = changes();
    ScanOptions options;
    options.paths = *PathSelection::of(found.paths, found.directories);
    Scan scan = copy_->scan(options);
    EXPECT_TRUE(recognise_lower(scan, Layers{lower_dir_, upper_dir_, version_}, copy_->nodes).ok());
    return scan;
  }
  /// By the upper directory.
  std::string status() {
    Scan found = scan();
    return describe(copy_->compare(found, version_, Times::kReport));
  }
  /// By a look at everything.
  std::string full_status() { return copy_->status(version_, {}, Times::kReport); }

 private:
  std::string top_;
  sys::Dir lower_dir_;
  sys::Dir upper_dir_;
  object::TreeRoots version_;
  std::unique_ptr<WorkingCopy> copy_;
};

class OverlayLayersTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::is_root_or_skip()) return;
    temp_ = GetParam() == "tmp" ? std::make_unique<test::TempDir>("/dev/shm") : test::temp_dir_on(GetParam());
    if (temp_) overlay_ = std::make_unique<Overlay>(temp_->path());
  }
  [[nodiscard]] bool skipped() const { return overlay_ == nullptr; }
  Overlay& overlay() { return *overlay_; }
  void make_lower() {
    for (const char* name : {"a/one", "a/two", "b/c/three", "top"})
      test::write_file(overlay().lower() + "/" + name, name);
    overlay().mount();
  }
  void expect_equal(const std::string& lines) {
    EXPECT_EQ(overlay().status(), lines);
    EXPECT_EQ(overlay().full_status(), lines);
  }

 private:
  std::unique_ptr<test::TempDir> temp_;
  std::unique_ptr<Overlay> overlay_;
};
INSTANTIATE_TEST_SUITE_P(On, OverlayLayersTest, all_filesystems(), test::filesystem_param_name);

std::vector<std::string> sorted(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST_P(OverlayLayersTest, OfAnUntouchedOneOnlyTheTopIsLookedAt) {
  if (skipped()) return;
  make_lower();
  EXPECT_EQ(overlay().changes().paths, std::vector<std::string>());
  EXPECT_EQ(overlay().changes().directories, std::vector<std::string>{""});
  const Scan scan = overlay().scan();
  EXPECT_TRUE(scan.directory().entries.empty());
}

TEST_P(OverlayLayersTest, OnlyWhatWasTouchedIsNamed) {
  if (skipped()) return;
  make_lower();
  test::append_file(overlay() / "a/one", "more");
  test::remove_path(overlay() / "b/c");
  EXPECT_EQ(sorted(overlay().changes().paths), (std::vector<std::string>{"a/one", "b/c"}));
  EXPECT_EQ(sorted(overlay().changes().directories), (std::vector<std::string>{"", "a", "b"}));
  expect_equal("M a/one\nT b\nD b/c/three\n");
}

TEST_P(OverlayLayersTest, ADirectoryThatWasMadeAnewShowsNothingOfTheOldOne) {
  if (skipped()) return;
  make_lower();
  test::remove_path(overlay() / "a");
  test::write_file(overlay() / "a/new", "new");
  EXPECT_EQ(overlay().changes().paths, std::vector<std::string>{"a"});
  expect_equal("T \nT a\nA a/new\nD a/one\nD a/two\n");
}

TEST_P(OverlayLayersTest, WhatIsInARenamedDirectoryIsKnownWithoutReadingIt) {
  if (skipped()) return;
  make_lower();
  test::rename_path(overlay() / "b", overlay() / "moved");
  test::rename_path(overlay() / "moved/c", overlay() / "moved/d");
  test::write_file(overlay() / "moved/d/new", "new");
  Scan scan = overlay().scan();
  EXPECT_EQ(scan.find("moved/d/three")->state, ScannedEntry::State::kKnown);
  EXPECT_EQ(scan.find("moved/d/three")->file, overlay().copy().reference_to("b/c/three"));
  EXPECT_EQ(scan.find("moved/d/new")->state, ScannedEntry::State::kUnknown);
  expect_equal("T \nD b/c/three\nA moved/d/new\nA moved/d/three\n");
}

TEST_P(OverlayLayersTest, AChangeOfPermissionsAloneReadsNoContent) {
  if (skipped()) return;
  make_lower();
  test::set_mode(overlay() / "a/one", 0600);
  Scan scan = overlay().scan();
  EXPECT_EQ(scan.find("a/one")->state, ScannedEntry::State::kKnown);
  expect_equal("M a/one\n");
}

TEST_P(OverlayLayersTest, AFileWithItsOldSizeAndTimeIsStillReadOnceItWasWrittenTo) {
  if (skipped()) return;
  make_lower();
  const Timestamp before = test::mtime_of(overlay() / "top");
  test::overwrite_file(overlay() / "top", "TOP", 0);
  test::set_mtime(overlay() / "top", before);
  EXPECT_EQ(overlay().scan().find("top")->state, ScannedEntry::State::kUnknown);
  expect_equal("M top\n");
}

TEST_P(OverlayLayersTest, BothKindsOfWhiteoutsAndNotesAreUnderstood) {
  if (skipped()) return;
  const std::string upper = overlay().upper();
  ASSERT_EQ(::mknod((upper + "/gone").c_str(), S_IFCHR, makedev(0, 0)), 0);
  test::write_file(upper + "/by-attribute", "");
  for (const char* name : {"opaque", "redirected", "plain"}) test::write_file(upper + "/" + name + "/inner", "x");
  auto note = [&](const std::string& name, const std::string& key, const std::string& value) {
    return ::setxattr((upper + "/" + name).c_str(), key.c_str(), value.data(), value.size(), 0) == 0;
  };
  const bool user = note("by-attribute", "user.overlay.whiteout", "y");
  const std::string space = user ? "user." : "trusted.";  // tmpfs has no user attributes in older kernels
  ASSERT_TRUE(note("opaque", space + "overlay.opaque", "y"));
  ASSERT_TRUE(note("redirected", "trusted.overlay.redirect", "/b/c"));
  auto found = read_upper(*sys::Dir::open(upper));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(sorted(found->paths),
            (std::vector<std::string>{"by-attribute", "gone", "opaque", "plain/inner", "redirected"}));
  EXPECT_EQ(sorted(found->directories), (std::vector<std::string>{"", "plain"}));
}

TEST_P(OverlayLayersTest, ANestedRepositoryIsLeftAlone) {
  if (skipped()) return;
  make_lower();
  test::write_file(overlay() / "a/.cowstore/home", "{}");
  EXPECT_EQ(overlay().changes().paths, std::vector<std::string>{"a"});
  expect_equal("");
}

TEST_P(OverlayLayersTest, RulesOfDirectoriesThatWereNotTouchedApply) {
  if (skipped()) return;
  test::write_file(overlay().lower() + "/a/.cowignore", "*.o\n");
  make_lower();
  test::write_file(overlay() / "a/x.o", "object");
  test::write_file(overlay() / "a/x.c", "source");
  expect_equal("T a\nA a/x.c\n");
}

/// What a user does to files and directories, without a plan.
class Editor {
 public:
  Editor(std::string top, std::uint64_t seed) : top_(std::move(top)), random_(seed) {}

  void edit() {
    const std::string path = some_path();
    switch (random_.below(14)) {
      case 0:
      case 1:
        return write(path, std::string(3, letter()));
      case 2:
        return write(path, test::random_bytes(40'000 + random_.below(3) * 90'000, random_.below(4)));
      case 3:
        if (is_file(path)) test::append_file(path, std::string(1, letter()));
        return;
      case 4:
        if (is_file(path)) overwrite(path);
        return;
      case 5:
        if (exists(path)) test::remove_path(path);
        return;
      case 6:
      case 7:
        return rename(path, some_path());
      case 8:
        if (exists(path) && !fs::is_symlink(path))
          test::set_mode(path, fs::is_directory(path) ? mode(0700) : mode(0600));
        return;
      case 9:
        if (exists(path)) test::set_mtime(path, {static_cast<std::int64_t>(1000 + random_.below(3)), 0});
        return;
      case 10:
        if (clear_way(path) && !exists(path)) test::make_symlink(random_.below(2) == 0 ? "dir" : "nowhere", path);
        return;
      case 11:
        return link(path, some_path());
      case 12:
        return make_anew(path);
      default:
        if (is_file(path)) (void)::setxattr(path.c_str(), "user.note", "x", 1, 0);
    }
  }

 private:
  std::string some_path() {
    static const char* const kNames[] = {"a", "b", "a-b", "c", "dir", "z"};
    std::string path = top_ + "/" + kNames[random_.below(6)];
    for (std::uint64_t depth = random_.below(4); depth > 0; --depth)
      path += std::string("/") + kNames[random_.below(6)];
    return path;
  }
  char letter() { return static_cast<char>('a' + random_.below(3)); }
  int mode(int base) { return random_.below(2) == 0 ? base : base | 055; }
  static bool exists(const std::string& path) { return test::exists(path); }
  static bool is_file(const std::string& path) { return fs::is_regular_file(fs::symlink_status(path)); }

  /// False if something that is no directory is in the way.
  bool clear_way(const std::string& path) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    return !error && fs::is_directory(fs::symlink_status(fs::path(path).parent_path()));
  }
  void write(const std::string& path, const std::string& content) {
    if (!clear_way(path)) return;
    if (exists(path) && !is_file(path)) test::remove_path(path);
    test::write_file(path, content, random_.below(4) == 0 ? 0755 : 0644);
  }
  /// The same size, and its time set back.
  void overwrite(const std::string& path) {
    if (fs::file_size(path) == 0) return;
    const Timestamp before = test::mtime_of(path);
    test::overwrite_file(path, std::string(1, letter()), fs::file_size(path) - 1);
    test::set_mtime(path, before);
  }
  void rename(const std::string& from, const std::string& to) {
    if (!exists(from) || from == to || (to + "/").starts_with(from + "/") || !clear_way(to)) return;
    if (!exists(from) || (from + "/").starts_with(to + "/")) return;
    if (exists(to)) test::remove_path(to);
    if (exists(from)) test::rename_path(from, to);
  }
  void link(const std::string& from, const std::string& to) {
    if (!is_file(from) || !clear_way(to) || exists(to) || !is_file(from)) return;
    test::make_hard_link(from, to);
  }
  void make_anew(const std::string& path) {
    if (!fs::is_directory(fs::symlink_status(path))) return;
    test::remove_path(path);
    test::make_dirs(path);
    if (random_.below(2) == 0) write(path + "/a", "anew");
  }

  std::string top_;
  test::Random random_;
};

/// The lower directory is what one edit script left, so that the next one finds links, modes and deep directories.
void run(Overlay& overlay, std::uint64_t seed) {
  Editor below(overlay.lower(), seed);
  for (int i = 0; i < 60; ++i) below.edit();
  overlay.mount();
  Editor editor(overlay.at(), seed + 1000);
  test::Random random(seed);
  for (int round = 0; round < 25; ++round) {
    for (std::uint64_t edits = random.below(5); edits > 0; --edits) editor.edit();
    ASSERT_EQ(overlay.status(), overlay.full_status()) << "seed " << seed << ", round " << round;
    if (random.below(3) != 0) continue;
    // The index of what was selected goes on from run to run, as a command leaves it.
    const index::StatIndex old = overlay.copy().index();
    Scan scan = overlay.scan();
    (void)overlay.copy().compare(scan, overlay.version());
    ASSERT_TRUE(refresh_index(scan, old, overlay.copy().boot, overlay.copy().control()).ok());
  }
}

TEST_P(OverlayLayersTest, RandomEditsAreFoundAsAFullScanFindsThem) {
  if (skipped()) return;
  test::TempDir temp(fs::path(overlay().at()).parent_path().string());
  const std::uint64_t seeds = COWSTORE_SOAK != 0 ? 200 : 8;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Overlay one(temp / std::to_string(seed));
    run(one, seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace cowstore::changes
