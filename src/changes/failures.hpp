// Many small failures as one error: whoever has to fix permissions wants to hear of all of them at once.
#pragma once

#include <mutex>
#include <vector>

#include "cowstore/result.hpp"

namespace cowstore::changes {

/// Thread-safe.
class Failures {
 public:
  void add(Error error);
  /// kIo naming all that was added, by path, up to a number of them; success if nothing was. For use when all threads
  /// are done.
  [[nodiscard]] Result<void> result() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Error> errors_;
};

}  // namespace cowstore::changes
