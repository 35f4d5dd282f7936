// Directories that are moved, removed or replaced while a commit looks at them. What a version says is gone is gone,
// and nothing from outside gets into it.
#include <functional>
#include <mutex>
#include <utility>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr int kMostOpens = 12;

/// Acts before the n-th opening of something whose name ends so, and once more at the next observed call of another
/// kind.
class Intruder : public sys::Observer {
 public:
  Intruder(int n, std::string suffix, std::function<void()> act, std::function<void()> take_back = {})
      : n_(n), suffix_(std::move(suffix)), act_(std::move(act)), take_back_(std::move(take_back)) {}

  int before(sys::Call call, std::uint64_t, std::string_view name) override {
    std::lock_guard lock(mutex_);
    if (acting_) return 0;
    acting_ = true;
    if (fired_ && take_back_ && call != sys::Call::kOpen) std::exchange(take_back_, {})();
    if (call == sys::Call::kOpen && name.ends_with(suffix_) && ++opens_ == n_) {
      fired_ = true;
      act_();
    }
    acting_ = false;
    return 0;
  }
  [[nodiscard]] bool fired() const { return fired_; }

 private:
  std::recursive_mutex mutex_;
  int n_;
  std::string suffix_;
  std::function<void()> act_, take_back_;
  int opens_ = 0;
  bool acting_ = false;
  bool fired_ = false;
};

class MovingDirectories : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (!skipped()) fill();
  }

  void fill() {
    remove_path(copy());
    make_dirs(copy());  // a plain directory: nothing can be renamed out of a subvolume
    make_repository(copy());
    for (const char* name : {"beside", "above/dir/a", "above/dir/sub/b", "above/c"}) write_file(path(name), "tracked");
    commit_all(copy(), "first");
    for (const char* name : {"beside", "above/dir/a", "above/dir/sub/b", "above/c"}) write_file(path(name), "edited");
  }

  Result<CommitReport> commit_against(Intruder& intruder) {
    ScopedObserver watching(intruder);
    return open_repository(copy()).commit({});
  }

  [[nodiscard]] std::vector<std::string> recorded() const {
    std::vector<std::string> files;
    for (const EntryInfo& entry : list_version(copy(), "@")) {
      if (entry.kind != EntryKind::kDirectory) files.push_back(entry.path);
    }
    return files;
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
};
INSTANTIATE_TEST_SUITE_P(On, MovingDirectories, every_filesystem(), filesystem_param_name);

using Names = std::vector<std::string>;

}  // namespace

TEST_P(MovingDirectories, OneThatIsAwayForAMomentIsNeverRecordedAsDeleted) {
  if (skipped()) return;
  int fired = 0;
  for (int n = 1; n <= kMostOpens; ++n) {
    fill();
    Intruder intruder(
        n, "dir", [&] { rename_path(path("above/dir"), temp() / "away"); },
        [&] { rename_path(temp() / "away", path("above/dir")); });
    auto report = commit_against(intruder);
    if (exists(temp() / "away")) rename_path(temp() / "away", path("above/dir"));
    if (!intruder.fired()) break;
    ++fired;
    if (!report) {
      EXPECT_EQ(to_string(report.error().code), std::string("busy")) << report.error().message();
    }
    EXPECT_EQ(recorded(), (Names{"above/c", "above/dir/a", "above/dir/sub/b", "beside"})) << "at opening " << n;
  }
  EXPECT_GE(fired, 2);
}

TEST_P(MovingDirectories, OneThatIsMovedIsRecordedInOnePlaceAndWhole) {
  if (skipped()) return;
  for (int n = 1; n <= kMostOpens; ++n) {
    fill();
    Intruder intruder(n, "dir", [&] { rename_path(path("above"), path("moved")); });
    auto report = commit_against(intruder);
    if (!intruder.fired()) break;
    ASSERT_TRUE(report.ok()) << report.error().message();
    Names before{"above/c", "above/dir/a", "above/dir/sub/b", "beside"};
    Names after{"beside", "moved/c", "moved/dir/a", "moved/dir/sub/b"};
    EXPECT_TRUE(recorded() == before || recorded() == after) << n << testing::PrintToString(recorded());
    commit_all(copy(), "afterwards");
    EXPECT_EQ(recorded(), after);
    expect_clean(copy());
  }
}

TEST_P(MovingDirectories, OneThatBecomesALinkLeadsNowhere) {
  if (skipped()) return;
  write_file(temp() / "outside/a", "a secret");
  write_file(temp() / "outside/sub/b", "a secret");
  for (int n = 1; n <= kMostOpens; ++n) {
    fill();
    Intruder intruder(n, "dir", [&] {
      rename_path(path("above/dir"), temp() / ("gone" + std::to_string(n)));
      make_symlink(temp() / "outside", path("above/dir"));
    });
    auto report = commit_against(intruder);
    if (!intruder.fired()) break;
    ASSERT_TRUE(report.ok()) << report.error().message();
    for (const EntryInfo& entry : list_version(copy(), "@")) {
      if (entry.kind != EntryKind::kFile) continue;
      EXPECT_NE(cat(copy(), "@:" + entry.path), "a secret");
    }
    commit_all(copy(), "afterwards");
    EXPECT_EQ(recorded(), (Names{"above/c", "above/dir", "beside"}));
  }
}

TEST_P(MovingDirectories, OneThatBecomesAFileIsRecordedAsThat) {
  if (skipped()) return;
  for (int n = 1; n <= kMostOpens; ++n) {
    fill();
    Intruder intruder(n, "dir", [&] {
      remove_path(path("above/dir"));
      write_file(path("above/dir"), "a file");
    });
    auto report = commit_against(intruder);
    if (!intruder.fired()) break;
    ASSERT_TRUE(report.ok()) << report.error().message();
    commit_all(copy(), "afterwards");
    EXPECT_EQ(cat(copy(), "@:above/dir"), "a file");
    expect_clean(copy());
    expect_sound(copy());
  }
}

}  // namespace cowstore::test
