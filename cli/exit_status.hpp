// Exit statuses: part of the contract with scripts (docs/cli.md).
#pragma once

#include "cowstore/result.hpp"

namespace cowstore::cli {

enum class ExitStatus : int {
  kDone = 0,
  kOther = 1,
  kUsage = 2,
  kNotFound = 3,
  kConflict = 4,
  kCorrupt = 5,
  kIo = 6,  ///< the operating system failed, or the disk is full
  kBusy = 7,
  kUnsupported = 8,
};

ExitStatus exit_status(ErrorCode code);

/// A request that makes no sense, with the way out where there is one.
Error usage_error(std::string reason, std::string hint = {});

}  // namespace cowstore::cli
