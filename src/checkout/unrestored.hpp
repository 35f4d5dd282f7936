// What of a version's full attributes a checkout couldn't restore.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"

namespace cowstore::checkout {

using cowstore::Unrestored;

/// Gathers it. Thread-safe.
class UnrestoredList {
 public:
  /// "" is the working copy itself.
  void note(const std::string& path, std::vector<std::string> what) {
    if (what.empty()) return;
    std::lock_guard lock(mutex_);
    list_.push_back({path.empty() ? "." : path, std::move(what)});
  }
  /// Sorted by path. For use when all threads are done.
  std::vector<Unrestored> take();

 private:
  std::mutex mutex_;
  std::vector<Unrestored> list_;
};

}  // namespace cowstore::checkout
