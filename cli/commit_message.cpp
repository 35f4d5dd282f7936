#include "cli/commit_message.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/exit_status.hpp"

namespace cowstore::cli {

Result<std::string> message_of(const std::vector<std::string>& paragraphs, const std::string& usage) {
  if (paragraphs.empty()) return usage_error("a commit needs a message", usage);
  std::string message = fmt::format("{}", fmt::join(paragraphs, "\n\n"));
  if (message.find_first_not_of(" \t\r\n") == std::string::npos) return usage_error("the message is empty", usage);
  return message;
}

}  // namespace cowstore::cli
