#include "share/ladder.hpp"

#include <fcntl.h>

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "support/test_filesystems.hpp"
#include "sys/fault.hpp"

namespace cowstore::share {
namespace {

/// Every clone fails with this errno (0: clones are let through to the kernel).
class FailClones : public sys::Observer {
 public:
  explicit FailClones(int error) : error_(error) { sys::set_observer(this); }
  ~FailClones() override { sys::set_observer(nullptr); }
  int before(sys::Call call, std::uint64_t, std::string_view) override {
    if (call != sys::Call::kClone) return 0;
    ++tries;
    return error_;
  }
  int tries = 0;

 private:
  int error_;
};

/// Right after a clone that the kernel calls done, the file is found as short as if a part had been cloned.
class CutShort : public sys::Observer {
 public:
  CutShort(int file, std::uint64_t bytes) : file_(file), bytes_(bytes) { sys::set_observer(this); }
  ~CutShort() override { sys::set_observer(nullptr); }
  int before(sys::Call call, std::uint64_t, std::string_view) override {
    if (call == sys::Call::kStat && std::exchange(cloned_, false)) {
      EXPECT_EQ(::ftruncate(file_, static_cast<off_t>(bytes_)), 0);
    }
    if (call == sys::Call::kClone) cloned_ = true;
    return 0;
  }

 private:
  int file_;
  std::uint64_t bytes_;
  bool cloned_ = false;
};

/// A file with content on a file system with reflinks, and an empty one.
struct Pair {
  explicit Pair(const test::TempDir& temp) {
    test::write_file(temp / "from", std::string(50'000, 'x'));
    from = std::move(temp.open().open_read("from")).value();
    to = std::move(temp.open().create_new("to", 0600)).value();
  }
  sys::Fd from, to;
};

sys::Fd scratch() {
  return sys::Fd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

struct Refusal {
  int error;
  AfterFailure next;
  const char* reason;  ///< a part of what the report says
};

/// All that the kernel and ZFS are known to answer with.
constexpr Refusal kRefusals[] = {
    {EXDEV, AfterFailure::kCopyAllFiles, "another file system"},
    {EOPNOTSUPP, AfterFailure::kCopyAllFiles, "no reflinks"},
    {ENOTTY, AfterFailure::kCopyAllFiles, "no reflinks"},
    {ENOSYS, AfterFailure::kCopyAllFiles, "no reflinks"},
    {EINVAL, AfterFailure::kCopyThisFile, "NOCOW"},
    {EPERM, AfterFailure::kCopyThisFile, "forbidden"},
    {EACCES, AfterFailure::kCopyThisFile, "forbidden"},
    {ETXTBSY, AfterFailure::kCopyThisFile, "swap file"},
    {EBADF, AfterFailure::kCopyThisFile, "Bad file descriptor"},
    {EISDIR, AfterFailure::kCopyThisFile, "Is a directory"},
    {EAGAIN, AfterFailure::kCopyThisFile, "not written to the disk yet"},
    {EINTR, AfterFailure::kCopyThisFile, "Interrupted"},
    {EMLINK, AfterFailure::kCopyThisFile, "as often as"},
};

TEST(Ladder, EachRefusalMeansTheNextRungForOneFileOrForThePairAndIsReported) {
  for (const Refusal& refusal : kRefusals) {
    FailClones fail(refusal.error);
    Ladder ladder(Policy::kAuto);
    sys::Fd from = scratch(), to = scratch();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(*ladder.try_clone(from, to, 10000, "f"), false) << refusal.reason;
      ladder.count_copy(10000, 10000);
    }
    EXPECT_EQ(after_clone_failure(refusal.error), refusal.next) << refusal.reason;
    const bool for_all = refusal.next == AfterFailure::kCopyAllFiles;
    EXPECT_EQ(fail.tries, for_all ? 1 : 3) << refusal.reason;
    EXPECT_EQ(ladder.may_clone(), !for_all) << refusal.reason;
    EXPECT_NE(ladder.report().copy_reason.find(refusal.reason), std::string::npos) << ladder.report().copy_reason;
  }
}

TEST(Ladder, WhereCloningHasWorkedNoRefusalRulesItOut) {
  auto temp = test::temp_dir_on("xfs");
  if (!temp) return;
  for (int error : {EXDEV, EOPNOTSUPP}) {
    Ladder ladder(Policy::kAuto);
    test::remove_path(*temp / "to");
    Pair pair(*temp);
    ASSERT_EQ(*ladder.try_clone(pair.from, pair.to, 50'000, "f"), true);
    FailClones fail(error);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*ladder.try_clone(pair.from, pair.to, 50'000, "f"), false);
    EXPECT_EQ(fail.tries, 3);
  }
}

TEST(Ladder, ACloneThatIsShorterThanItsSourceIsNone) {
  auto temp = test::temp_dir_on("xfs");
  if (!temp) return;
  Pair pair(*temp);
  Ladder ladder(Policy::kAuto);
  {
    CutShort cut(pair.to.get(), 4096);
    EXPECT_EQ(*ladder.try_clone(pair.from, pair.to, 50'000, "f"), false);
  }
  EXPECT_EQ(ladder.report().cloned, 0u);
  EXPECT_TRUE(ladder.may_clone());
  Ladder only_clones(Policy::kCloneOnly);
  CutShort cut(pair.to.get(), 4096);
  EXPECT_EQ(only_clones.try_clone(pair.from, pair.to, 50'000, "f").error().code, ErrorCode::kUnsupported);
}

TEST(Ladder, ASourceThatWasCutOffMeanwhileIsClonedAsItIs) {
  auto temp = test::temp_dir_on("xfs");
  if (!temp) return;
  Pair pair(*temp);
  Ladder ladder(Policy::kAuto);
  EXPECT_EQ(*ladder.try_clone(pair.from, pair.to, 60'000, "f"), true);
}

TEST(Ladder, NeverTurnsAFullOrBrokenDiskIntoACopy) {
  for (int error : {ENOSPC, EDQUOT, EIO, EROFS, ENOMEM}) {
    FailClones fail(error);
    Ladder ladder(Policy::kAuto);
    sys::Fd from = scratch(), to = scratch();
    auto cloned = ladder.try_clone(from, to, 10000, "f");
    ASSERT_FALSE(cloned.ok());
    EXPECT_EQ(cloned.error().sys_errno, error);
  }
}

TEST(Ladder, RefusesACopyWhereOnlyClonesAreAllowed) {
  FailClones fail(EXDEV);
  Ladder ladder(Policy::kCloneOnly);
  sys::Fd from = scratch(), to = scratch();
  auto cloned = ladder.try_clone(from, to, 10000, "a/b");
  ASSERT_FALSE(cloned.ok());
  EXPECT_EQ(cloned.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(cloned.error().message().find("a/b"), std::string::npos);
  EXPECT_FALSE(ladder.refuse_copy(kSmallFileBytes + 1, "a", "cold").ok());
  EXPECT_TRUE(ladder.refuse_copy(kSmallFileBytes, "a", "cold").ok());
}

TEST(Ladder, NeverClonesWhenToldToCopy) {
  FailClones fail(EIO);
  Ladder ladder(Policy::kCopyOnly);
  sys::Fd from = scratch(), to = scratch();
  EXPECT_EQ(*ladder.try_clone(from, to, 10000, "f"), false);
  EXPECT_EQ(fail.tries, 0);
}

TEST(Ladder, CountsWhatItDidAndSaysWhy) {
  FailClones fail(EXDEV);
  Ladder ladder(Policy::kAuto);
  sys::Fd from = scratch(), to = scratch();
  ASSERT_TRUE(ladder.try_clone(from, to, 10000, "f").ok());
  ladder.count_copy(10000, 8000);
  ladder.count_copy(kSmallFileBytes, kSmallFileBytes);
  SharingReport report = ladder.report();
  EXPECT_EQ(report.cloned, 0u);
  EXPECT_EQ(report.copied, 2u);
  EXPECT_EQ(report.copied_small, 1u);
  EXPECT_EQ(report.bytes_written, 8000u + kSmallFileBytes);
  EXPECT_EQ(report.copy_reason, "the store is on another file system");
}

}  // namespace
}  // namespace cowstore::share
