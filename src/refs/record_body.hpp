// The bodies of log records: canonical JSON, one encoding for each operation and each view. Pure.
//
// Strings are raw bytes: a JSON string where they are UTF-8, else {"bytes":"<hex>"}.
#pragma once

#include <string>
#include <string_view>

#include "cowstore/result.hpp"
#include "refs/operation.hpp"
#include "refs/view.hpp"

namespace cowstore::refs {

/// A JSON object's canonical form; "" is {}. kUsage for anything else, or one nested too deep for an operation.
Result<std::string> canonical_details(const std::string& details);

/// kUsage for a time outside of the years 0000 to 9999, or details that canonical_details() refuses.
Result<std::string> encode_operation(const NewOperation& operation, const OperationId& parent);
/// Everything but the number; the id is the body's hash. kCorrupt for anything that encode_operation() wouldn't write.
Result<Operation> decode_operation(std::string_view body);

std::string encode_view(const View& view);
/// kCorrupt for anything that encode_view() wouldn't write.
Result<View> decode_view(std::string_view body);

}  // namespace cowstore::refs
