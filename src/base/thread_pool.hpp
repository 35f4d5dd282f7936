// A fixed set of threads that run tasks; waiting is always for a group of them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "cowstore/result.hpp"

namespace cowstore::base {

/// Where a task stands in the queue: behind all others, or before them. What holds something until it has run (a
/// descriptor, a listing) goes before what would take up more of the same.
enum class Turn { kLast, kNext };

/// `threads` workers, at least one, and an unbounded queue. Tasks must not block on other tasks.
/// Callers that need bounded memory bound what they submit (TaskGroup's `limit`).
class ThreadPool {
 public:
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();  ///< runs what is queued, then joins
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(std::function<void()> task, Turn turn = Turn::kLast);
  [[nodiscard]] std::size_t size() const { return threads_.size(); }
  /// Whether the caller is one of its tasks, which must not wait for others.
  [[nodiscard]] bool owns_this_thread() const;

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// Tasks that are waited for together. The first error wins; after it, tasks that have not begun are skipped.
/// Tasks may add further tasks to their own group (a walk over directories does); those are never held back by the
/// limit.
class TaskGroup {
 public:
  /// At most `limit` tasks (at least one) wait or run at once when added through add_bounded().
  explicit TaskGroup(ThreadPool& pool, std::size_t limit = 64) : pool_(pool), limit_(limit > 0 ? limit : 1) {}
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void add(std::function<Result<void>()> task, Turn turn = Turn::kLast);
  /// Blocks while `limit` tasks are pending. For use from outside of the pool's threads only.
  void add_bounded(std::function<Result<void>()> task);
  /// Blocks until all tasks, those added meanwhile included, have ended and let go of what they captured. The first
  /// error stays: after it, the group runs nothing any more.
  Result<void> wait();
  /// Whether a task has failed: a hint to stop producing.
  [[nodiscard]] bool failed();

 private:
  void submit(std::function<Result<void>()> task, Turn turn);
  void run(std::function<Result<void>()> task);
  ThreadPool& pool_;
  std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t pending_ = 0;
  std::optional<Error> error_;
};

}  // namespace cowstore::base
