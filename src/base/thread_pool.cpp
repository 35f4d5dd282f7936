#include "base/thread_pool.hpp"

#include <algorithm>
#include <utility>

namespace cowstore::base {

namespace {

/// The pool that the thread works for.
thread_local const ThreadPool* pool_of_this_thread = nullptr;

}  // namespace

bool ThreadPool::owns_this_thread() const {
  return pool_of_this_thread == this;
}

ThreadPool::ThreadPool(std::size_t threads) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void ThreadPool::submit(std::function<void()> task, Turn turn) {
  {
    std::lock_guard lock(mutex_);
    queue_.insert(turn == Turn::kNext ? queue_.begin() : queue_.end(), std::move(task));
  }
  ready_.notify_one();
}

void ThreadPool::work() {
  pool_of_this_thread = this;
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

TaskGroup::~TaskGroup() {
  (void)wait();
}

void TaskGroup::add(std::function<Result<void>()> task, Turn turn) {
  {
    std::lock_guard lock(mutex_);
    ++pending_;
  }
  submit(std::move(task), turn);
}

void TaskGroup::add_bounded(std::function<Result<void>()> task) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pending_ < limit_; });
    ++pending_;
  }
  submit(std::move(task), Turn::kLast);
}

void TaskGroup::submit(std::function<Result<void>()> task, Turn turn) {
  pool_.submit([this, task = std::move(task)]() mutable { run(std::move(task)); }, turn);
}

void TaskGroup::run(std::function<Result<void>()> task) {
  Result<void> result = failed() ? Result<void>() : task();
  // What the task holds (files, buffers) is let go before anybody is told that it has ended.
  task = nullptr;
  std::lock_guard lock(mutex_);
  if (!result && !error_) error_ = std::move(result).error();
  --pending_;
  // Waiters wait for the last task, or for room under the limit: all else would wake them in vain. Notified under the
  // lock: a waiter may destroy the group as soon as it sees the last task gone.
  if (pending_ == 0 || pending_ + 1 == limit_) changed_.notify_all();
}

bool TaskGroup::failed() {
  std::lock_guard lock(mutex_);
  return error_.has_value();
}

Result<void> TaskGroup::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return pending_ == 0; });
  if (error_) return *error_;
  return {};
}

}  // namespace cowstore::base
