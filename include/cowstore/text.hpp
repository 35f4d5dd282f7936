// Names and text: file names are bytes, people and JSON want UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace cowstore {

bool is_utf8(std::string_view text);
/// Every byte that doesn't belong to valid UTF-8 becomes U+FFFD.
std::string to_utf8_lossy(std::string_view bytes);
/// For one line on a terminal: control and invalid bytes as \n, \t, \\ or \xNN; the rest as it is.
std::string escape_for_terminal(std::string_view bytes);

}  // namespace cowstore
