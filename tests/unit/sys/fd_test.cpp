#include "sys/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "support/temp_dir.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {
namespace {

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, ClosesWhenItGoes) {
  int raw = open_null();
  {
    Fd fd(raw);
    EXPECT_TRUE(fd.valid());
    EXPECT_TRUE(is_open(raw));
  }
  EXPECT_FALSE(is_open(raw));
}

TEST(Fd, MovingLeavesOneOwner) {
  int raw = open_null();
  Fd first(raw);
  Fd second(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second.get(), raw);
  EXPECT_TRUE(is_open(raw));
}

TEST(Fd, AssignmentClosesWhatWasThere) {
  int old_raw = open_null();
  int new_raw = open_null();
  Fd fd(old_raw);
  fd = Fd(new_raw);
  EXPECT_FALSE(is_open(old_raw));
  EXPECT_EQ(fd.get(), new_raw);
  Fd& self = fd;
  fd = std::move(self);
  EXPECT_TRUE(is_open(new_raw));
}

TEST(Fd, CloseReportsAndIsDoneOnce) {
  Fd fd(open_null());
  EXPECT_TRUE(fd.close("null").ok());
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(fd.close("null").ok());
}

TEST(Fd, CloseReportsAnError) {
  int raw = open_null();
  Fd fd(raw);
  ::close(raw);
  auto closed = fd.close("gone");
  ASSERT_FALSE(closed.ok());
  EXPECT_EQ(closed.error().sys_errno, EBADF);
}

TEST(Fd, EveryDescriptorIsClosedOnExec) {
  test::TempDir temp;
  Dir dir = temp.open();
  Fd made = *dir.create_new("file", 0644);
  Fd read = *dir.open_read("file");
  Fd beneath = *dir.open_dir(".")->open_write("file");
  for (int fd : {dir.fd(), made.get(), read.get(), beneath.get()}) EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

}  // namespace
}  // namespace cowstore::sys
