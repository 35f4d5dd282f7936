#include "share/ladder.hpp"

#include <fcntl.h>

#include <cerrno>

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

sys::Fd scratch() {
  return sys::Fd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

TEST(Ladder, StopsAskingAfterAnErrnoThatSpeaksOfThePair) {
  for (int error : {EXDEV, EOPNOTSUPP, ENOTTY, ENOSYS}) {
    FailClones fail(error);
    Ladder ladder(Policy::kAuto);
    sys::Fd from = scratch(), to = scratch();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*ladder.try_clone(from, to, 10000, "f"), false);
    EXPECT_EQ(fail.tries, 1) << error;
    EXPECT_FALSE(ladder.may_clone());
  }
}

TEST(Ladder, KeepsAskingAfterAnErrnoThatSpeaksOfOneFile) {
  for (int error : {EINVAL, EPERM, EACCES, ETXTBSY, EBADF, EAGAIN, EINTR, EMLINK}) {
    FailClones fail(error);
    Ladder ladder(Policy::kAuto);
    sys::Fd from = scratch(), to = scratch();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(*ladder.try_clone(from, to, 10000, "f"), false);
    EXPECT_EQ(fail.tries, 3) << error;
  }
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
