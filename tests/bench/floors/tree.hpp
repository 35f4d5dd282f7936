// The floors of a file system: each system call in a loop that does nothing else.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cowstore::bench {

/// A loop over files. Failures throw std::system_error.
struct Loop {
  const char* what;
  std::size_t count;  ///< operations
  std::size_t threads;
  std::function<void(std::size_t thread, std::size_t begin, std::size_t end)> part;
};

/// Files in an empty directory of which each thread has a descriptor of its own, as a program would that wants to be
/// fast. Thread-safe but for the construction.
class Tree {
 public:
  Tree(const std::string& path, std::size_t threads);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  /// In the order in which they must run: later ones use what earlier ones have made.
  [[nodiscard]] std::vector<Loop> loops(std::size_t files);
  /// Writes back what a loop has left, so that the next one doesn't pay for it.
  void settle();

 private:
  [[nodiscard]] std::vector<Loop> writing(std::size_t files);
  [[nodiscard]] std::vector<Loop> looking(std::size_t files);
  [[nodiscard]] std::vector<Loop> cloning(std::size_t files);
  [[nodiscard]] std::vector<Loop> naming(std::size_t files);
  [[nodiscard]] std::vector<Loop> syncing();
  /// `operation` once for each number.
  Loop each(const char* what, std::size_t count, std::size_t threads,
            std::function<void(int directory, std::size_t number)> operation);

  std::string path_;
  std::size_t threads_;
  std::vector<int> directories_;  ///< a descriptor for each thread, all of the same directory
};

}  // namespace cowstore::bench
