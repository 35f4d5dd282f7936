#include "support/run_child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.hpp"

namespace cowstore::test {

using detail::require;

namespace {

ChildEnd reap(pid_t pid) {
  int raw = 0;
  pid_t got = -1;
  do {
    got = ::waitpid(pid, &raw, 0);
  } while (got < 0 && errno == EINTR);
  require(got == pid, "wait for a child");
  if (WIFSIGNALED(raw)) return {-1, WTERMSIG(raw)};
  return {WEXITSTATUS(raw), 0};
}

}  // namespace

Child::Child(const std::function<int()>& body) : pid_(::fork()) {
  require(pid_ >= 0, "fork");
  if (pid_ == 0) ::_exit(body());
}

Child::~Child() {
  if (pid_ < 0) return;
  kill();
  wait();
}

ChildEnd Child::wait() {
  ChildEnd end = reap(pid_);
  pid_ = -1;
  return end;
}

void Child::kill() {
  ::kill(pid_, SIGKILL);
}

ChildEnd run_child(const std::function<int()>& body) {
  return Child(body).wait();
}

ProcessSignal::ProcessSignal() {
  require(::pipe2(ends_, O_CLOEXEC) == 0, "pipe");
}

ProcessSignal::~ProcessSignal() {
  ::close(ends_[0]);
  ::close(ends_[1]);
}

void ProcessSignal::notify() {
  require(::write(ends_[1], "x", 1) == 1, "notify");
}

void ProcessSignal::wait() {
  char byte = 0;
  ssize_t got = -1;
  do {
    got = ::read(ends_[0], &byte, 1);
  } while (got < 0 && errno == EINTR);
  require(got == 1, "wait for a signal of the other process");
}

}  // namespace cowstore::test
