#include "checkout/execute.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>

#include "support/fault_observer.hpp"
#include "support/temp_dir.hpp"
#include "support/test_filesystems.hpp"
#include "sys/system.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::checkout {
namespace {

using test::ActBefore;
using enum object::EntryKind;

object::Attributes mode_of(std::uint16_t mode) {
  object::Attributes attributes;
  attributes.mode = mode;
  return attributes;
}

class Execute : public testing::Test {
 protected:
  Execute() {
    test::make_dirs(temp_ / "wc");
    test::make_dirs(temp_ / "scratch");
    root_ = std::move(sys::Dir::open(temp_ / "wc")).value();
    scratch_ = std::move(sys::Dir::open(temp_ / "scratch")).value();
  }

  std::string wc(const std::string& path) const { return temp_ / ("wc/" + path); }
  void have(const std::string& path, const std::string& content) { test::write_file(wc(path), content); }
  sys::Stat seen(const std::string& path) const { return std::move(root_.stat(path)).value(); }

  Making making(const std::string& path, const std::string& content, std::optional<sys::Stat> displaces = {}) {
    Wanted wanted;
    wanted.mode = 0644;
    wanted.file = bed_.add_packed(content);
    return {path, std::make_shared<const Wanted>(std::move(wanted)), displaces ? &keep(*displaces) : nullptr};
  }
  Removal removal(const std::string& path) { return {path, &keep(seen(path))}; }
  static ModeChange mode_change(const std::string& path, std::uint16_t mode, object::EntryKind kind,
                                std::optional<std::uint16_t> seen = {}) {
    Wanted wanted;
    wanted.mode = mode;
    wanted.kind = kind;
    return {path, std::make_shared<const Wanted>(std::move(wanted)), seen};
  }
  const sys::Stat& keep(const sys::Stat& stat) { return kept_.emplace_back(stat); }

  Result<Execution> run(const Plan& plan) {
    share::Ladder ladder(share::Policy::kAuto);
    provider::FileMaker maker(*bed_.store, ladder, Verification::kTrust, provider::Times::kCurrent);
    return execute({root_, scratch_, maker, pool_, nullptr}, plan);
  }
  Execution succeed(const Plan& plan) {
    auto done = run(plan);
    EXPECT_TRUE(done.ok()) << done.error().message();
    return done.ok() ? std::move(done).value() : Execution{};
  }
  /// While `action` happens right before the first such call.
  Execution succeed_despite(sys::Call call, const std::string& suffix, std::function<void()> action, const Plan& plan) {
    ActBefore other(call, suffix, std::move(action));
    test::ScopedObserver watching(other);
    Execution done = succeed(plan);
    EXPECT_TRUE(other.fired());
    return done;
  }

  /// Nothing that is left there would outlive the next command.
  void expect_empty_scratch() const { EXPECT_TRUE(scratch_.list()->empty()); }
  std::vector<std::string> names_in(const std::string& path) const {
    std::vector<std::string> names;
    auto listed = root_.open_dir(path)->list();
    for (const sys::ListedEntry& entry : *listed) names.push_back(entry.name);
    std::sort(names.begin(), names.end());
    return names;
  }
  /// The content of the one file whose name begins so.
  std::string saved_in(const std::string& path) const {
    std::string content = "(nothing saved)";
    for (const std::string& name : names_in(path))
      if (name.starts_with(".cowstore-saved-")) content = test::read_file(wc(path + "/" + name));
    return content;
  }

  using Names = std::vector<std::string>;
  test::TempDir temp_;
  test::StoreBed bed_{temp_};
  sys::Dir root_, scratch_;
  base::ThreadPool pool_{3};
  std::deque<sys::Stat> kept_;  ///< that plans point to
};

TEST_F(Execute, MakesReplacesRemovesAndSetsModes) {
  have("old", "1");
  have("gone/x", "2");
  have("mode", "3");
  Plan plan;
  plan.removals = {removal("gone/x")};
  plan.directory_removals = {"gone"};
  plan.directory_makings = {{"d", mode_of(0750)}, {"d/e", mode_of(0500)}};
  plan.makings = {making("old", "new", seen("old")), making("d/e/f", "deep"), making("d/g", "")};
  plan.mode_changes = {mode_change("mode", 0600, kFile)};
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("old")), "new");
  EXPECT_EQ(test::read_file(wc("d/e/f")), "deep");
  EXPECT_EQ(test::read_file(wc("d/g")), "");
  EXPECT_FALSE(test::exists(wc("gone")));
  EXPECT_EQ(seen("mode").mode, 0600);
  EXPECT_EQ(seen("d").mode, 0750);
  EXPECT_EQ(seen("d/e").mode, 0500);
  EXPECT_EQ(done.removed, (Names{"gone/x", "gone"}));
  EXPECT_EQ(done.untouched, Names{});
  EXPECT_EQ(done.made.size(), 6u);
  for (const Done& made : done.made) EXPECT_EQ(made.stat.inode, seen(std::string(made.path)).inode) << made.path;
  expect_empty_scratch();
}

TEST_F(Execute, PutsBackAReplacedFileThatIsNotTheOneSeen) {
  have("a", "old");
  Plan plan;
  plan.makings = {making("a", "new", seen("a"))};
  Execution done = succeed_despite(
      sys::Call::kRename, "a",
      [&] {
        test::remove_path(wc("a"));
        have("a", "somebody's");
      },
      plan);
  EXPECT_EQ(test::read_file(wc("a")), "somebody's");
  EXPECT_EQ(done.untouched, Names{"a"});
  EXPECT_TRUE(done.made.empty());
  expect_empty_scratch();
}

TEST_F(Execute, PutsBackAFileThatWasWrittenToInPlace) {
  have("a", "old");
  Plan plan;
  plan.makings = {making("a", "new", seen("a"))};
  Execution done = succeed_despite(
      sys::Call::kRename, "a", [&] { test::append_file(wc("a"), " and more"); }, plan);
  EXPECT_EQ(test::read_file(wc("a")), "old and more");
  EXPECT_EQ(done.untouched, Names{"a"});
}

TEST_F(Execute, PutsBackARemovedFileThatIsNotTheOneSeen) {
  have("d/a", "old");
  Plan plan;
  plan.removals = {removal("d/a")};
  plan.directory_removals = {"d"};
  Execution done = succeed_despite(
      sys::Call::kStat, "out-0", [&] { test::append_file(temp_ / "scratch/out-0", "+"); }, plan);
  EXPECT_EQ(test::read_file(wc("d/a")), "old+");
  EXPECT_EQ(done.untouched, Names{"d/a"});
  EXPECT_TRUE(done.removed.empty());
  expect_empty_scratch();
}

/// An edit after which size and mtime are what they had been.
void edit_in_secret(const std::string& path) {
  Timestamp mtime = test::mtime_of(path);
  test::overwrite_file(path, "O", 0);
  test::set_mtime(path, mtime);
}

TEST_F(Execute, NoticesAnEditThatRestoredTheTime) {
  have("a", "old");
  have("gone", "old");
  Plan plan;
  plan.makings = {making("a", "new", seen("a"))};
  plan.removals = {removal("gone")};
  // A clock's tick apart, as any edit is that a person makes.
  while (sys::file_system_now(scratch_).value() <= seen("gone").ctime) continue;
  edit_in_secret(wc("a"));
  edit_in_secret(wc("gone"));
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("a")), "Old");
  EXPECT_EQ(test::read_file(wc("gone")), "Old");
  EXPECT_EQ(done.untouched, (Names{"gone", "a"}));
  EXPECT_TRUE(done.made.empty() && done.removed.empty());
  expect_empty_scratch();
}

TEST_F(Execute, ReplacesAndRemovesFilesThatAreTheSameInode) {
  have("a", "old");
  test::make_hard_link(wc("a"), wc("b"));
  test::make_hard_link(wc("a"), wc("c"));
  Plan plan;
  plan.removals = {removal("c")};
  plan.makings = {making("a", "new", seen("a")), making("b", "new", seen("b"))};
  while (sys::file_system_now(scratch_).value() <= seen("a").ctime) continue;  // our own changes show in the ctime
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("a")), "new");
  EXPECT_EQ(test::read_file(wc("b")), "new");
  EXPECT_FALSE(test::exists(wc("c")));
  EXPECT_EQ(done.untouched, Names{});
}

TEST_F(Execute, LeavesAModeThatSomebodyChoseMeanwhile) {
  have("a", "1");
  test::make_dirs(wc("d"));
  Plan plan;
  plan.mode_changes = {mode_change("d", 0700, kDirectory, seen("d").mode),
                       mode_change("a", 0600, kFile, seen("a").mode)};
  test::set_mode(wc("a"), 0640);
  test::set_mode(wc("d"), 0710);
  Execution done = succeed(plan);
  EXPECT_EQ(seen("a").mode, 0640);
  EXPECT_EQ(seen("d").mode, 0710);
  EXPECT_EQ(done.untouched, (Names{"d", "a"}));
}

/// Looks before every system call: what a crash would leave at that moment.
class AtEveryMoment : public sys::Observer {
 public:
  explicit AtEveryMoment(std::function<void()> look) : look_(std::move(look)) {}
  int before(sys::Call, std::uint64_t, std::string_view) override {
    look_();
    return 0;
  }

 private:
  std::function<void()> look_;
};

TEST_F(Execute, NeverGivesWhatWasMovedOutTheNameOfAnUnfinishedFile) {
  have("a", "old");
  have("gone", "old");
  Plan plan;
  plan.makings = {making("a", "new", seen("a")), making("b", "new")};
  plan.removals = {removal("gone")};
  std::set<std::string> moments;
  AtEveryMoment watcher([&] {
    for (const auto& entry : std::filesystem::directory_iterator(temp_ / "scratch")) {
      std::string content = test::read_file(entry.path());
      moments.insert(entry.path().filename().string().substr(0, 4) + content);
    }
  });
  {
    test::ScopedObserver watching(watcher);
    succeed(plan);
  }
  EXPECT_EQ(moments, (std::set<std::string>{"new-", "new-new", "out-new", "out-old"}));
}

TEST_F(Execute, SavesWhatCantBePutBackBesideIt) {
  have("a", "old");
  Plan plan;
  plan.removals = {removal("a")};
  Execution done = succeed_despite(
      sys::Call::kStat, "out-0",
      [&] {
        test::append_file(temp_ / "scratch/out-0", "+");
        have("a", "third");
      },
      plan);
  EXPECT_EQ(test::read_file(wc("a")), "third");
  EXPECT_EQ(saved_in("."), "old+");
  EXPECT_EQ(done.untouched.size(), 2u);
  expect_empty_scratch();
}

TEST_F(Execute, SavesWhatCameIntoTheNewFileWhileItWasThere) {
  have("a", "old");
  Plan plan;
  plan.makings = {making("a", "new", seen("a"))};
  // Between the exchange and the look at what came out, both are written to.
  Execution done = succeed_despite(
      sys::Call::kStat, "0", [&] {}, plan);
  EXPECT_EQ(test::read_file(wc("a")), "new");
  have("b", "old");
  plan.makings = {making("b", "new", seen("b"))};
  ActBefore other(sys::Call::kRename, "b", [&] { test::append_file(wc("b"), "+"); });
  class Both : public sys::Observer {
   public:
    Both(sys::Observer& first, std::string written) : first_(first), written_(std::move(written)) {}
    int before(sys::Call call, std::uint64_t bytes, std::string_view name) override {
      // The second rename to "b" swaps back.
      if (call == sys::Call::kRename && name.ends_with("b") && ++renames_ == 2) test::append_file(written_, "!");
      return first_.before(call, bytes, name);
    }

   private:
    sys::Observer& first_;
    std::string written_;
    int renames_ = 0;
  } both(other, wc("b"));
  test::ScopedObserver watching(both);
  done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("b")), "old+");
  EXPECT_EQ(saved_in("."), "new!");
  expect_empty_scratch();
}

TEST_F(Execute, LeavesANewNameThatSomebodyTookMeanwhile) {
  Plan plan;
  plan.makings = {making("a", "new")};
  Execution done = succeed_despite(
      sys::Call::kRename, "a", [&] { have("a", "somebody's"); }, plan);
  EXPECT_EQ(test::read_file(wc("a")), "somebody's");
  EXPECT_EQ(done.untouched, Names{"a"});
  expect_empty_scratch();
}

TEST_F(Execute, MakesAFileAnewThatWasToBeReplacedAndIsGone) {
  have("a", "old");
  Plan plan;
  plan.makings = {making("a", "new", seen("a"))};
  Execution done = succeed_despite(
      sys::Call::kRename, "a", [&] { test::remove_path(wc("a")); }, plan);
  EXPECT_EQ(test::read_file(wc("a")), "new");
  EXPECT_EQ(done.untouched, Names{});
}

TEST_F(Execute, KeepsADirectoryThatIsntEmpty) {
  have("d/a", "1");
  Plan plan;
  plan.removals = {removal("d/a")};
  plan.directory_removals = {"d"};
  have("d/mine", "2");
  Execution done = succeed(plan);
  EXPECT_EQ(names_in("d"), Names{"mine"});
  EXPECT_EQ(done.removed, Names{"d/a"});
}

TEST_F(Execute, FindsNothingToRemoveWhereAllIsGone) {
  have("d/a", "1");
  Plan plan;
  plan.removals = {removal("d/a")};
  plan.directory_removals = {"d"};
  test::remove_path(wc("d"));
  Execution done = succeed(plan);
  EXPECT_TRUE(done.removed.empty() && done.untouched.empty());
}

TEST_F(Execute, LeavesAloneWhatStandsInTheWayOfADirectory) {
  Plan plan;
  plan.directory_makings = {{"d", mode_of(0700)}, {"d/e", mode_of(0700)}, {"l", {}}, {"l/e", {}}};
  plan.makings = {making("d/x", "1"), making("d/e/y", "2"), making("l/z", "3"), making("ok", "4")};
  have("d", "a file");
  test::set_mode(wc("d"), 0644);
  test::make_dirs(temp_ / "outside");
  test::make_symlink(temp_ / "outside", wc("l"));
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("d")), "a file");
  EXPECT_EQ(seen("d").mode, 0644);
  EXPECT_EQ(seen("l").kind, sys::FileKind::kSymlink);
  EXPECT_EQ(test::read_file(wc("ok")), "4");
  EXPECT_TRUE(sys::Dir::open(temp_ / "outside")->list()->empty());
  std::sort(done.untouched.begin(), done.untouched.end());
  EXPECT_EQ(done.untouched, (Names{"d", "d/e", "d/e/y", "d/x", "l", "l/e", "l/z"}));
  expect_empty_scratch();
}

TEST_F(Execute, NeverFollowsALinkThatReplacedADirectory) {
  have("d/a", "old");
  Plan plan;
  plan.removals = {removal("d/a")};
  plan.makings = {making("d/b", "new")};
  test::write_file(temp_ / "outside/a", "old");
  test::remove_path(wc("d"));
  test::make_symlink(temp_ / "outside", wc("d"));
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(temp_ / "outside/a"), "old");
  EXPECT_FALSE(test::exists(temp_ / "outside/b"));
  EXPECT_EQ(done.untouched, Names{"d/b"});
}

TEST_F(Execute, ClosesDirectoriesFromTheDeepestOn) {
  have("d/e/f", "1");
  Plan plan;
  plan.mode_changes = {mode_change("d/e/f", 0400, kFile), mode_change("d/e", 0600, kDirectory),
                       mode_change("d", 0000, kDirectory)};
  succeed(plan);
  EXPECT_EQ(seen("d").mode, 0000);
}

TEST_F(Execute, SetsNoModeOfWhatBecameSomethingElse) {
  have("d", "a file now");
  test::make_dirs(wc("f"));
  test::make_symlink("d", wc("l"));
  std::uint16_t before = seen("f").mode;
  Plan plan;
  plan.mode_changes = {mode_change("l", 0700, kFile), mode_change("gone", 0700, kFile), mode_change("f", 0700, kFile),
                       mode_change("d", 0700, kDirectory)};
  Execution done = succeed(plan);
  EXPECT_EQ(seen("d").mode, 0644);
  EXPECT_EQ(seen("f").mode, before);
  EXPECT_EQ(done.untouched, (Names{"l", "f", "d"}));
}

class ExecuteAcross : public Execute {
 protected:
  bool mount_inside() {
    test::make_dirs(wc("m"));
    return ::mount("none", wc("m").c_str(), "tmpfs", 0, "size=4m") == 0;
  }
};

TEST_F(ExecuteAcross, BuildsInPlaceWhereAnotherFileSystemIsMounted) {
  if (!test::is_root_or_skip()) return;
  if (!mount_inside()) return test::skip_test("mount(2) of a tmpfs is not permitted");
  have("m/old", "1");
  have("m/gone", "2");
  // What a crash left must not be in the way.
  have("m/.cowstore-tmp-0", "stale");
  Plan plan;
  plan.removals = {removal("m/gone")};
  plan.makings = {making("m/old", "replaced", seen("m/old")), making("m/new", "made")};
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("m/old")), "replaced");
  EXPECT_EQ(test::read_file(wc("m/new")), "made");
  EXPECT_EQ(names_in("m"), (Names{".cowstore-tmp-0", "new", "old"}));
  EXPECT_EQ(done.removed, Names{"m/gone"});
  expect_empty_scratch();
}

TEST_F(ExecuteAcross, PutsBackWhatIsNotTheOneSeenThereToo) {
  if (!test::is_root_or_skip()) return;
  if (!mount_inside()) return test::skip_test("mount(2) of a tmpfs is not permitted");
  have("m/a", "1");
  have("m/b", "2");
  Plan plan;
  plan.removals = {removal("m/a")};
  plan.makings = {making("m/b", "new", seen("m/b"))};
  test::append_file(wc("m/a"), "+");
  test::append_file(wc("m/b"), "+");
  Execution done = succeed(plan);
  EXPECT_EQ(test::read_file(wc("m/a")), "1+");
  EXPECT_EQ(test::read_file(wc("m/b")), "2+");
  EXPECT_EQ(names_in("m"), (Names{"a", "b"}));
  EXPECT_EQ(done.untouched, (Names{"m/a", "m/b"}));
}

TEST_F(Execute, AfterAnyFailureLosesNothingThatIsSomebodysWork) {
  have("mine", "unversioned");
  Plan made_once;
  made_once.makings = {making("a", "new"), making("d/b", "new")};
  for (std::uint64_t n = 1;; ++n) {
    test::remove_path(wc("a"));
    test::remove_path(wc("d"));
    test::remove_path(wc("r"));
    have("a", "old");
    have("r", "removed");
    Plan plan = made_once;
    plan.makings[0].displaces = &keep(seen("a"));
    plan.removals = {removal("r")};
    plan.directory_makings = {{"d", mode_of(0755)}};
    test::FailNth fault(n, ENOSPC, test::CallSet::changes());
    bool ok = false;
    {
      test::ScopedObserver watching(fault);
      ok = run(plan).ok();
    }
    EXPECT_EQ(test::read_file(wc("mine")), "unversioned");
    // Some failures are got over: a pack that can't be opened is looked for once more.
    bool all_done = test::exists(wc("a")) && test::read_file(wc("a")) == "new" && test::exists(wc("d/b"));
    EXPECT_TRUE(all_done || !ok) << n;
    if (test::exists(wc("a"))) {
      std::string content = test::read_file(wc("a"));
      EXPECT_TRUE(content == "old" || content == "new") << n << ": " << content;
    }
    test::remove_path(temp_ / "scratch");
    test::make_dirs(temp_ / "scratch");
    scratch_ = std::move(sys::Dir::open(temp_ / "scratch")).value();
    if (!fault.fired()) {
      EXPECT_TRUE(ok);
      break;
    }
  }
}

}  // namespace
}  // namespace cowstore::checkout
