#include "cli/human.hpp"

#include <fmt/format.h>

#include <array>

#include "cowstore/text.hpp"

namespace cowstore::cli {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(number), noun, number == 1 ? "" : "s");
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return counted(bytes, "byte");
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;  // 1023.95 would be shown as 1024.0
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_age(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 60 * kMinute;
  constexpr std::uint64_t kDay = 24 * kHour;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{} h", seconds / kHour);
  return fmt::format("{} days", grouped(seconds / kDay));
}

std::string human_duration(std::uint64_t seconds) {
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string short_id(const Digest& id) {
  return id.hex().substr(0, 7);
}

std::string quoted_name(std::string_view name) {
  std::string escaped = escape_for_terminal(name);
  if (escaped == name && name.find('"') == std::string_view::npos) return escaped;
  std::string text = "\"";
  for (char c : escaped) text += c == '"' ? std::string("\\\"") : std::string(1, c);
  return text + '"';
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string margin(indent, ' ');
  std::string out;
  std::size_t column = 0;  // 0: at the start of a line
  auto end_line = [&] {
    if (column > 0) out += '\n';
    column = 0;
  };
  while (!text.empty()) {
    if (text.front() == '\n') {
      end_line();
      out += '\n';
      text.remove_prefix(text.find_first_not_of('\n') == text.npos ? text.size() : text.find_first_not_of('\n'));
      continue;
    }
    std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    if (!text.empty() && (text.front() == ' ' || !text.starts_with("\n\n"))) text.remove_prefix(1);
    if (word.empty()) continue;
    if (column > 0 && column + 1 + word.size() > width) end_line();
    out += column == 0 ? margin : " ";
    column += (column == 0 ? indent : 1) + word.size();
    out += word;
  }
  end_line();
  return out;
}

}  // namespace cowstore::cli
