// A writer that failed, or that has done its work, takes nothing more, and says why.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string_view>

#include "cowstore/result.hpp"

namespace cowstore::store {

/// Thread-safe. The first error is kept.
class Poison {
 public:
  /// An error that tells of the one that was kept, if there is one.
  Result<void> check() const;
  /// Keeps the error, and gives it back.
  Error keep(Error error);
  [[nodiscard]] bool poisoned() const { return poisoned_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> poisoned_{false};
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace cowstore::store
