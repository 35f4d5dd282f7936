// kill -9 at every system call that changes something: each n-th call is one test of recovery.
// Dying before a call that only reads leaves on disk what dying before the next change leaves.
#include <gtest/gtest.h>

#include "crash/crash_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::test {

namespace {

using Where = std::tuple<std::string, std::string>;  ///< file system, scenario

std::string where_name(const testing::TestParamInfo<Where>& where) {
  return std::get<0>(where.param) + std::get<1>(where.param);
}

class KillTest : public testing::TestWithParam<Where> {};

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scenario& scenario : scenarios()) names.push_back(scenario.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(On, KillTest,
                         testing::Combine(testing::Values("anywhere", "ext4", "btrfs", "xfs"),
                                          testing::ValuesIn(scenario_names())),
                         where_name);

/// Which calls to die at: all, or a third of them where the other file systems take the other thirds.
struct Sweep {
  std::uint64_t first = 1;
  std::uint64_t stride = 1;
};

Sweep sweep_on(const std::string& filesystem) {
  if (COWSTORE_SOAK || filesystem == "anywhere") return {1, 1};
  return {filesystem == "ext4" ? 1U : filesystem == "btrfs" ? 2U : 3U, 3};
}

constexpr std::uint64_t kFewestPoints = 20;

/// `life` runs in a child that is killed before its n-th change; `afterwards` looks at what is left.
void kill_at_every_change(Sweep sweep, const std::function<int()>& life, const std::function<void()>& afterwards) {
  for (std::uint64_t n = sweep.first;; n += sweep.stride) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return life();
    });
    afterwards();
    if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) return;
    if (end.killed()) continue;
    EXPECT_EQ(end.status, 0) << "nobody killed it, and still it failed";
    EXPECT_GE(n, kFewestPoints) << "too few points for a test";
    return;
  }
}

}  // namespace

TEST_P(KillTest, LosesNothingAndTheNextCommandFinishesIt) {
  const auto& [filesystem, name] = GetParam();
  auto temp = crash_dir(filesystem);
  if (!temp) return;
  CrashBed bed(std::move(temp), scenario_named(name));
  if (HasFailure()) return;
  bed.reset();
  auto life = [&] { return bed.play() ? 0 : 1; };
  auto afterwards = [&] {
    bed.verify();
    bed.reset();
  };
  kill_at_every_change(sweep_on(filesystem), life, afterwards);
}

namespace {

/// The same beginning each time: files, and no repository.
void put_files_only(CrashBed& bed) {
  remove_path(bed.root());
  make_dirs(bed.root() + "/wc");
  bed.write_version_one();
}

/// Whatever an interrupted init left: it either was done, or is done by the next one.
void expect_init_works(CrashBed& bed, const std::string& files) {
  std::string copy = bed.root() + "/wc";
  EXPECT_EQ(tree_text(copy, Fields::kNoTimes), files);
  auto again = Repository::init(copy, {}, bed.context());
  EXPECT_TRUE(again.ok() || again.error().code == ErrorCode::kConflict) << again.error().message();
  auto repository = Repository::open(copy, bed.context());
  ASSERT_TRUE(repository.ok()) << repository.error().message();
  auto made = repository->commit({});
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->branch, "main");
  auto checked = repository->fsck();
  ASSERT_TRUE(checked.ok()) << checked.error().message();
  EXPECT_TRUE(checked->faults.empty());
  ASSERT_TRUE(repository->checkout("main", bed.root() + "/out", {}).ok());
  EXPECT_EQ(tree_text(bed.root() + "/out", Fields::kNoTimes), files);
}

}  // namespace

TEST(KillInitTest, AnInterruptedInitIsDoneByTheNextOne) {
  CrashBed bed(crash_dir("anywhere"), scenario_named("FirstCommit"));
  put_files_only(bed);
  std::string files = tree_text(bed.root() + "/wc", Fields::kNoTimes);
  auto life = [&] { return Repository::init(bed.root() + "/wc", {}, bed.context()) ? 0 : 1; };
  auto afterwards = [&] {
    expect_init_works(bed, files);
    put_files_only(bed);
  };
  kill_at_every_change({}, life, afterwards);
}

}  // namespace cowstore::test
