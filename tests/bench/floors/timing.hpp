// How the floors are timed: the same work on one thread, or its parts on all.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace cowstore::bench {

/// What a loop does `count` times; told which thread it runs on, and which part of 0…count is that thread's.
using Part = std::function<void(std::size_t thread, std::size_t begin, std::size_t end)>;

/// Seconds until the last of `threads` has done its part.
inline double seconds_of(std::size_t count, std::size_t threads, const Part& part) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> others;
  for (std::size_t thread = 1; thread < threads; ++thread) {
    others.emplace_back(part, thread, count * thread / threads, count * (thread + 1) / threads);
  }
  part(0, 0, count / threads);
  for (std::thread& other : others) other.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Passes on what a system call returned; throws if that says that it failed.
inline long check(long result, const char* call) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

}  // namespace cowstore::bench
