// What every write path does when a system call fails: EIO and a full disk at the n-th call, for every n, and writes
// that are cut short.
#include <gtest/gtest.h>

#include <cerrno>

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
                                          testing::Values("CommitOfChanges", "ForcedSwitch", "CheckoutOfANewCopy",
                                                          "CheckoutOverADirectory", "Restore")),
                         where_name);

/// What a full disk may refuse.
CallSet calls_that_take_space() {
  using sys::Call;
  return {Call::kOpen,  Call::kWrite, Call::kMakeDir, Call::kRename,  Call::kLink,
          Call::kClone, Call::kSync,  Call::kSymlink, Call::kTruncate};
}

/// It says what failed, at what, and why.
void expect_clear(const Error& error, int injected) {
  bool code_fits = error.code == ErrorCode::kIo || (injected == ENOSPC && error.code == ErrorCode::kNoSpace);
  EXPECT_TRUE(code_fits) << to_string(error.code) << ": " << error.message();
  EXPECT_FALSE(error.operation.empty());
}

struct Failure {
  int error = 0;
  CallSet calls;
  Repeat repeat = Repeat::kOnce;
};

constexpr std::uint64_t kFewestPoints = 20;

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

}  // namespace cowstore::test
