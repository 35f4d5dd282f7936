#include "cowstore/text.hpp"

#include <cstdint>

namespace cowstore {

namespace {

/// Length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = first >= 0xf0 && first < 0xf5   ? 4
                       : first >= 0xe0 && first < 0xf0 ? 3
                       : first >= 0xc2 && first < 0xe0 ? 2
                                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;   // overlong
  if (first == 0xed && byte(1) >= 0xa0) return 0;  // surrogates
  if (first == 0xf0 && byte(1) < 0x90) return 0;   // overlong
  if (first == 0xf4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return length;
}

void append_escaped(std::string& out, std::uint8_t byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\\':
      out += "\\\\";
      return;
    default:
      break;
  }
  out += "\\x";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_utf8_lossy(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    std::size_t length = sequence_length(bytes);
    out += length == 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, length);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string escape_for_terminal(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    std::size_t length = sequence_length(bytes);
    auto first = static_cast<std::uint8_t>(bytes[0]);
    bool control = first < 0x20 || first == 0x7f || first == '\\' ||
                   (first == 0xc2 && static_cast<std::uint8_t>(bytes.substr(0, 2).back()) < 0xa0);
    if (length == 0 || (length == 1 && control)) {
      append_escaped(out, first);
      length = 1;
    } else if (control) {
      for (char c : bytes.substr(0, length)) append_escaped(out, static_cast<std::uint8_t>(c));
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(length);
  }
  return out;
}

}  // namespace cowstore
