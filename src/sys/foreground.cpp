#include "sys/foreground.hpp"

#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace cowstore::sys::detail {

namespace {

std::atomic<pid_t> child_now{0};
/// A bit for each signal that came before there was a child.
std::atomic<std::uint64_t> early{0};
static_assert(std::atomic<pid_t>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free,
              "a signal handler uses them");

/// What the terminal sends reaches the child without this process, which is in the same process group.
void hand_on(int number, siginfo_t* info, void* /*context*/) {
  const int saved = errno;
  const pid_t child = child_now.load();
  const bool sent_by_a_process = info->si_code <= 0;
  if (sent_by_a_process && child == 0) early |= std::uint64_t{1} << number;
  if (sent_by_a_process && child > 0) ::kill(child, number);
  errno = saved;
}

/// Looks at the child's next change, or its present one, without taking note of it.
bool peek(pid_t child, int what, siginfo_t& info) {
  for (;;) {
    info = {};
    if (::waitid(P_PID, static_cast<id_t>(child), &info, what | WNOWAIT) == 0) return info.si_pid == child;
    if (errno != EINTR) return false;
  }
}

bool is_stopped(pid_t child) {
  siginfo_t info;
  return peek(child, WSTOPPED | WNOHANG, info);
}

/// The terminal's stop reaches both: then this process stops by itself between the two looks, and when it goes on, the
/// child does.
void stop_with(pid_t child) {
  if (!is_stopped(child)) return;
  (void)::raise(SIGSTOP);
  if (!is_stopped(child)) return;
  (void)::kill(child, SIGCONT);
  siginfo_t info;  // takes note: it isn't to be seen again
  (void)::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WNOHANG);
}

}  // namespace

Foreground::Foreground() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &mask_before_);
  child_now = 0;
  early = 0;
  for (int i = 0; i < kCount; ++i) {
    ::sigaction(kSignals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler == SIG_IGN) continue;  // as under nohup
    struct sigaction action = {};
    action.sa_sigaction = hand_on;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    ::sigaction(kSignals[i], &action, nullptr);
  }
}

Foreground::~Foreground() {
  leave();
}

void Foreground::leave() const {
  for (int i = 0; i < kCount; ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

int Foreground::wait_for(pid_t child) {
  child_now = child;
  const std::uint64_t to_send = early.exchange(0);
  for (int number : kSignals) {
    if ((to_send >> number & 1) != 0) ::kill(child, number);
  }
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  siginfo_t info;
  while (peek(child, WEXITED | WSTOPPED, info) && info.si_code == CLD_STOPPED) stop_with(child);
  // Not before the child is reaped may its number become somebody else's.
  child_now = -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace cowstore::sys::detail
