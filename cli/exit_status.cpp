#include "cli/exit_status.hpp"

#include <utility>

namespace cowstore::cli {

ExitStatus exit_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOther:
      return ExitStatus::kOther;
    case ErrorCode::kUsage:
      return ExitStatus::kUsage;
    case ErrorCode::kNotFound:
      return ExitStatus::kNotFound;
    case ErrorCode::kConflict:
      return ExitStatus::kConflict;
    case ErrorCode::kCorrupt:
      return ExitStatus::kCorrupt;
    case ErrorCode::kIo:
    case ErrorCode::kNoSpace:
      return ExitStatus::kIo;
    case ErrorCode::kBusy:
      return ExitStatus::kBusy;
    case ErrorCode::kUnsupported:
      return ExitStatus::kUnsupported;
  }
  return ExitStatus::kOther;
}

Error usage_error(std::string reason, std::string hint) {
  Error error;
  error.code = ErrorCode::kUsage;
  error.reason = std::move(reason);
  error.hint = std::move(hint);
  return error;
}

}  // namespace cowstore::cli
