// An overlay's changes by its upper directory against a scan of all of it through the mount.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "changes/lower_layer.hpp"
#include "changes/upper_layer.hpp"
#include "support/random_bytes.hpp"
#include "support/tree_editor.hpp"
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

/// The lower directory is what one edit script left, so that the next one finds links, modes and deep directories.
void run(Overlay& overlay, std::uint64_t seed) {
  test::TreeEditor below(overlay.lower(), seed);
  for (int i = 0; i < 60; ++i) below.edit();
  overlay.mount();
  test::TreeEditor editor(overlay.at(), seed + 1000);
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
