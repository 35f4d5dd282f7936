// JSON in the one form that has an id: keys sorted by their bytes and unique, no white space, shortest escapes.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"

namespace cowstore::object {

/// How many arrays and objects may stand inside each other, so that no reader has to fear for its stack.
inline constexpr std::size_t kMaxJsonDepth = 64;

/// The same value in canonical form. Integers of 64 bits are brought into theirs, all other numbers stay as they are
/// written. kCorrupt for text that isn't JSON, isn't UTF-8, repeats a key or is nested deeper than `max_depth`.
Result<std::string> canonical_json(std::string_view text, std::size_t max_depth = kMaxJsonDepth);
/// The members of an object, each value in canonical form. Errors as above, and kCorrupt for anything but an object.
Result<std::map<std::string, std::string>> canonical_members(std::string_view text);
/// The text as a JSON string, quotes included. The text is UTF-8.
std::string json_string(std::string_view text);

}  // namespace cowstore::object
