// Line-by-line differences, by the system's diff(1).
#pragma once

#include <string>
#include <string_view>

#include "cowstore/result.hpp"

namespace cowstore::cli {

/// What `diff -u` prints for two texts: "--- <before_label>", "+++ <after_label>" and the hunks; empty if they are
/// equal. Nothing is written to any file system. kUnsupported where there is no diff program.
Result<std::string> unified_diff(std::string_view before, std::string_view before_label, std::string_view after,
                                 std::string_view after_label);

}  // namespace cowstore::cli
