// Functions run in a forked child: for crashes, for locks between processes.
#pragma once

#include <sys/types.h>

#include <functional>

namespace cowstore::test {

struct ChildEnd {
  int status = -1;  ///< what the function returned; -1 after a signal
  int signal = 0;   ///< that ended it, 0 for none
  bool operator==(const ChildEnd&) const = default;
  [[nodiscard]] bool killed() const { return signal != 0; }
};

/// A running child. Its function's return value (0 to 255) becomes its exit status by _exit: nothing is flushed, no
/// destructor outside of the function runs. Assertions of gtest in it don't reach the parent: return a status instead.
/// Fork only while no other thread of the test runs.
class Child {
 public:
  explicit Child(const std::function<int()>& body);
  ~Child();  ///< kills it if it was not waited for
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ChildEnd wait();
  void kill();  ///< SIGKILL; wait() tells
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// Runs it to its end.
ChildEnd run_child(const std::function<int()>& body);

/// A barrier between parent and child: made before the fork, notify() on one side lets one wait() on the other return.
class ProcessSignal {
 public:
  ProcessSignal();
  ~ProcessSignal();
  ProcessSignal(const ProcessSignal&) = delete;
  ProcessSignal& operator=(const ProcessSignal&) = delete;
  void notify();
  void wait();

 private:
  int ends_[2];
};

}  // namespace cowstore::test
