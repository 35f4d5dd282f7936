// What the log says: the view after its newest operation.
#pragma once

#include <cstdint>

#include "refs/operation.hpp"
#include "refs/view.hpp"

namespace cowstore::refs {

/// Immutable once handed out, free to share between threads.
struct State {
  View view;
  OperationId head;              ///< the newest operation; all zero in a new log
  std::uint64_t operations = 0;  ///< number of the newest operation
};

}  // namespace cowstore::refs
