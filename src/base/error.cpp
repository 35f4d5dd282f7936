#include <cstring>

#include "base/text.hpp"
#include "cowstore/result.hpp"

namespace cowstore {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOther:
      return "other";
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kUnsupported:
      return "unsupported";
  }
  return "other";
}

std::string Error::message() const {
  std::string text = operation;
  if (!path.empty()) {
    if (!text.empty()) text += ' ';
    text += base::escape_for_terminal(path);
  }
  std::string why = reason;
  if (sys_errno != 0) {
    char buffer[128];
    const char* description = strerror_r(sys_errno, buffer, sizeof buffer);
    why += why.empty() ? description : std::string(" (") + description + ")";
  }
  if (why.empty()) return text;
  return text.empty() ? why : text + ": " + why;
}

}  // namespace cowstore
