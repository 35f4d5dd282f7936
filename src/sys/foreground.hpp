// Signals and job control while a child process stands for this one. Private to sys.
#pragma once

#include <sys/types.h>

#include <csignal>

namespace cowstore::sys::detail {

/// Made before the child: from then on no signal ends this process or gets lost.
class Foreground {
 public:
  Foreground();
  /// Back to what was before.
  ~Foreground();
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;

  /// In the child: signals are as they were before. Async-signal-safe.
  void leave() const;
  /// In this process: hands signals on from now, and those that came since. Gives the child's wait status.
  int wait_for(pid_t child);

 private:
  static constexpr int kSignals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
  static constexpr int kCount = sizeof kSignals / sizeof *kSignals;
  struct sigaction before_[kCount] = {};
  sigset_t mask_before_ = {};
};

}  // namespace cowstore::sys::detail
