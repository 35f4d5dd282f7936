// Hexadecimal digits, lower case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace cowstore::base {

std::string to_hex(ByteView bytes);
/// Nothing unless the text is an even number of lower-case digits.
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace cowstore::base
