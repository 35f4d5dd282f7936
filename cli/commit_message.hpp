// A commit's message, as -m gives it.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"

namespace cowstore::cli {

/// Paragraphs with an empty line between. kUsage, with `usage` as the hint, if there is nothing to read in it.
Result<std::string> message_of(const std::vector<std::string>& paragraphs, const std::string& usage);

}  // namespace cowstore::cli
