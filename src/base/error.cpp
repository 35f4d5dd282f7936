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

namespace {

/// The system's text, begun in lower case as it stands within a sentence; "RPC …" keeps its capitals.
std::string description_of(int error) {
  char buffer[128];
  std::string text = strerror_r(error, buffer, sizeof buffer);
  auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() > 1 && is_upper(text[0]) && !is_upper(text[1])) text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace

std::string Error::message() const {
  std::string text = operation;
  if (!path.empty()) {
    if (!text.empty()) text += ' ';
    text += base::escape_for_terminal(path);
  }
  std::string why = reason;
  if (sys_errno != 0) why += why.empty() ? description_of(sys_errno) : " (" + description_of(sys_errno) + ")";
  if (why.empty()) return text;
  return text.empty() ? why : text + ": " + why;
}

}  // namespace cowstore
