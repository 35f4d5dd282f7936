// What every write path does when a system call fails: EIO and a full disk at the n-th call, for every n, and writes
// that are cut short.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "crash/crash_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::test {

namespace {

using Where = std::tuple<std::string, std::string>;  ///< file system, scenario

class FailTest : public testing::TestWithParam<Where> {
 protected:
  void SetUp() override {
    const auto& [filesystem, name] = GetParam();
    auto temp = crash_dir(filesystem);
    if (!temp) return;
    bed_ = std::make_unique<CrashBed>(std::move(temp), scenario_named(name));
    bed_->reset();
  }

  std::unique_ptr<CrashBed> bed_;
};

std::string where_name(const testing::TestParamInfo<Where>& where) {
  return std::get<0>(where.param) + std::get<1>(where.param);
}

INSTANTIATE_TEST_SUITE_P(On, FailTest,
                         testing::Combine(testing::Values("anywhere", "btrfs"),
                                          testing::Values("FirstCommit", "CommitOfChanges", "SwitchForthAndBack",
                                                          "ForcedSwitch", "CheckoutOfANewCopy",
                                                          "CheckoutOverADirectory", "Restore", "UndoOfACheckout",
                                                          "UndoOfACommit", "BranchesAndTags")),
                         where_name);

/// What a full disk may refuse.
CallSet calls_that_take_space() {
  using sys::Call;
  return {Call::kCreate, Call::kWrite,   Call::kMakeDir,  Call::kRename,   Call::kLink,     Call::kClone,
          Call::kSync,   Call::kSymlink, Call::kTruncate, Call::kAllocate, Call::kSetXattr, Call::kMakeSpecial};
}

bool is_no_space(int error) {
  return error == ENOSPC || error == EDQUOT;
}

/// It says what failed, at what, and why; of a full disk also what to do.
void expect_clear(const Error& error, int injected) {
  EXPECT_FALSE(error.operation.empty());
  if (!is_no_space(injected)) {
    EXPECT_EQ(to_string(error.code), std::string("io")) << error.message();
    return;
  }
  EXPECT_EQ(to_string(error.code), std::string("no_space")) << error.message();
  EXPECT_FALSE(error.path.empty()) << error.message();
  EXPECT_NE(error.hint.find("space"), std::string::npos) << error.message() << "; " << error.hint;
}

/// Nothing is left of what was being built when there was no space for it.
void expect_nothing_staged(const std::string& root) {
  namespace fs = std::filesystem;
  for (const auto& copy : fs::directory_iterator(root)) {
    EXPECT_FALSE(copy.path().filename().string().ends_with("-partial")) << copy.path();
    for (const char* scratch : {".cowstore/tmp", ".cowstore/store/tmp"}) {
      fs::path directory = copy.path() / scratch;
      EXPECT_TRUE(!fs::exists(directory) || fs::is_empty(directory)) << directory;
    }
    if (!fs::exists(copy.path() / ".cowstore")) continue;
    for (const auto& entry : fs::directory_iterator(copy.path() / ".cowstore")) {
      std::string name = entry.path().filename().string();
      EXPECT_FALSE(name.ends_with(".new") || name.ends_with(".tmp")) << entry.path();
    }
  }
}

struct Failure {
  int error = 0;
  CallSet calls;
  Repeat repeat = Repeat::kOnce;
};

constexpr std::uint64_t kFewestPoints = 5;

/// Fails every stride-th call from the first on, each in a run of its own from the same beginning.
void fail_at_every_call(CrashBed& bed, const Failure& failure, std::uint64_t first, std::uint64_t stride) {
  for (std::uint64_t n = first;; n += stride) {
    SCOPED_TRACE("failed at call " + std::to_string(n));
    FailNth fault(n, failure.error, failure.calls, failure.repeat);
    Result<void> played = [&] {
      ScopedObserver watching(fault);
      return bed.play();
    }();
    if (!played) expect_clear(played.error(), failure.error);
    if (!played && is_no_space(failure.error)) expect_nothing_staged(bed.root());
    bed.verify();
    if (testing::Test::HasFailure()) return;
    bed.reset();
    if (fault.fired()) continue;
    EXPECT_TRUE(played.ok()) << "nothing was injected, and still it failed: " << played.error().message();
    EXPECT_GE(n, kFewestPoints) << "too few points for a test";
    return;
  }
}

std::uint64_t stride(std::uint64_t quick) {
  return COWSTORE_SOAK ? 1 : quick;
}

}  // namespace

TEST_P(FailTest, AnIoErrorIsReportedLosesNothingAndTheNextTryWorks) {
  if (bed_) fail_at_every_call(*bed_, {EIO, {}, Repeat::kOnce}, 1, stride(5));
}

TEST_P(FailTest, AFullDiskIsReportedLosesNothingAndTheNextTryWorks) {
  if (bed_) fail_at_every_call(*bed_, {ENOSPC, calls_that_take_space(), Repeat::kOnce}, 2, stride(5));
}

TEST_P(FailTest, ADiskThatStaysFullIsReportedLosesNothingAndTheNextTryWorks) {
  if (bed_) fail_at_every_call(*bed_, {ENOSPC, calls_that_take_space(), Repeat::kFromThenOn}, 3, stride(5));
}

TEST_P(FailTest, AQuotaThatIsUsedUpIsLikeAFullDisk) {
  if (bed_) fail_at_every_call(*bed_, {EDQUOT, calls_that_take_space(), Repeat::kFromThenOn}, 4, stride(7));
}

TEST_P(FailTest, ShortWritesChangeNothing) {
  if (!bed_) return;
  for (std::uint64_t most : {1U, 7U, 4096U}) {
    SCOPED_TRACE("at most " + std::to_string(most) + " bytes a write");
    ShortWrites brief(most);
    Result<void> played = [&] {
      ScopedObserver watching(brief);
      return bed_->play();
    }();
    ASSERT_TRUE(played.ok()) << played.error().message();
    bed_->verify();
    bed_->reset();
  }
}

TEST(FailedInit, LeavesNothingOnAFullDiskAndTheNextTryWorks) {
  for (Repeat repeat : {Repeat::kOnce, Repeat::kFromThenOn}) {
    for (std::uint64_t n = 1;; ++n) {
      SCOPED_TRACE("failed at call " + std::to_string(n));
      auto temp = crash_dir("anywhere");
      write_file(*temp / "mine", "mine\n");
      FailNth fault(n, ENOSPC, calls_that_take_space(), repeat);
      Result<InitReport> made = [&] {
        ScopedObserver watching(fault);
        return Repository::init(temp->path(), {}, system_context());
      }();
      if (!fault.fired()) break;
      if (!made) {
        expect_clear(made.error(), ENOSPC);
        EXPECT_FALSE(exists(*temp / ".cowstore"));
        made = Repository::init(temp->path(), {}, system_context());
      }
      EXPECT_TRUE(made.ok()) << made.error().message();
      auto repository = Repository::open(temp->path(), system_context());
      ASSERT_TRUE(repository.ok()) << repository.error().message();
      EXPECT_TRUE(repository->commit({}).ok());
    }
  }
}

}  // namespace cowstore::test
