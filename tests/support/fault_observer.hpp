// Observers for the seam in sys/fault.hpp: count system calls, fail or die at the n-th, shorten writes.
//
//   CountCalls calls;
//   { ScopedObserver watching(calls); commit(); }
//   EXPECT_EQ(calls.bytes_read(), 0u);
//
// A crash or failure test loops over every n until a run gets through: n-th call numbers start at 1.
//   for (int n = 1;; ++n) { FailNth fault(n, ENOSPC); …; if (!fault.fired()) break; }
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>

#include "sys/fault.hpp"

namespace cowstore::test {

constexpr std::size_t kCallKinds = static_cast<std::size_t>(sys::Call::kMount) + 1;

/// Installed while it lives. One at a time; threads that make system calls must have ended before it goes.
class ScopedObserver {
 public:
  explicit ScopedObserver(sys::Observer& observer) { sys::set_observer(&observer); }
  ~ScopedObserver() { sys::set_observer(nullptr); }
  ScopedObserver(const ScopedObserver&) = delete;
  ScopedObserver& operator=(const ScopedObserver&) = delete;
};

/// Which kinds of calls an observer acts on; empty stands for all.
class CallSet {
 public:
  CallSet() = default;
  CallSet(std::initializer_list<sys::Call> calls);
  /// All that may change what is on disk.
  static CallSet changes();
  [[nodiscard]] bool has(sys::Call call) const {
    return mask_ == 0 || (mask_ >> static_cast<unsigned>(call) & 1U) != 0;
  }

 private:
  std::uint64_t mask_ = 0;
};

/// Counts, and lets everything happen. Bytes are those asked for. Thread-safe, like all here.
class CountCalls : public sys::Observer {
 public:
  int before(sys::Call call, std::uint64_t bytes, std::string_view name) override;
  [[nodiscard]] std::uint64_t count(sys::Call call) const { return counts_[static_cast<std::size_t>(call)].load(); }
  [[nodiscard]] std::uint64_t total() const;
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_.load(); }
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_.load(); }

 private:
  std::array<std::atomic<std::uint64_t>, kCallKinds> counts_{};
  std::atomic<std::uint64_t> bytes_read_{0};
  std::atomic<std::uint64_t> bytes_written_{0};
};

/// Whether the n-th call, or all from the n-th on (a disk that stays full), fail.
enum class Repeat { kOnce, kFromThenOn };

/// The n-th call of the set fails with `error`.
class FailNth : public sys::Observer {
 public:
  FailNth(std::uint64_t n, int error, CallSet calls = {}, Repeat repeat = Repeat::kOnce)
      : n_(n), error_(error), calls_(calls), repeat_(repeat) {}
  int before(sys::Call call, std::uint64_t bytes, std::string_view name) override;
  [[nodiscard]] bool fired() const { return seen_.load() >= n_; }

 private:
  std::uint64_t n_;
  int error_;
  CallSet calls_;
  Repeat repeat_;
  std::atomic<std::uint64_t> seen_{0};
};

/// SIGKILL to the own process instead of the n-th call of the set: for use in a child (run_child.hpp).
class KillNth : public sys::Observer {
 public:
  explicit KillNth(std::uint64_t n, CallSet calls = CallSet::changes()) : n_(n), calls_(calls) {}
  int before(sys::Call call, std::uint64_t bytes, std::string_view name) override;

 private:
  std::uint64_t n_;
  CallSet calls_;
  std::atomic<std::uint64_t> seen_{0};
};

/// Every write passes on at most `most` bytes.
class ShortWrites : public sys::Observer {
 public:
  explicit ShortWrites(std::uint64_t most) : most_(most) {}
  int before(sys::Call, std::uint64_t, std::string_view) override { return 0; }
  std::uint64_t allow(std::uint64_t bytes) override { return bytes < most_ ? bytes : most_; }

 private:
  std::uint64_t most_;
};

/// Runs `action` right before the first call of a kind whose target's name ends with `suffix`: another process that
/// acts at the worst moment. The action's own calls are not observed by it again.
class ActBefore : public sys::Observer {
 public:
  ActBefore(sys::Call call, std::string_view suffix, std::function<void()> action)
      : call_(call), suffix_(suffix), action_(std::move(action)) {}
  int before(sys::Call call, std::uint64_t bytes, std::string_view name) override;
  [[nodiscard]] bool fired() const { return fired_.load(); }

 private:
  sys::Call call_;
  std::string suffix_;
  std::function<void()> action_;
  std::atomic<bool> fired_{false};
};

}  // namespace cowstore::test
