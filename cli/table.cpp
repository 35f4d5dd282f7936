#include "cli/table.hpp"

#include <algorithm>

namespace cowstore::cli {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  ///< of the last column

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::size_t width_of(const std::string& text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

/// Its last characters, with a mark in front that something is missing.
std::string end_of(const std::string& text, std::size_t width) {
  std::size_t excess = width_of(text);
  if (excess <= width) return text;
  excess -= width - 1;
  std::size_t begin = 0;
  for (; begin < text.size(); ++begin) {
    if (continues_character(text[begin])) continue;
    if (excess == 0) break;
    --excess;
  }
  return "…" + text.substr(begin);
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  std::size_t used = width_of(text);
  std::string space(width > used ? width - used : 0, ' ');
  return align == Align::kLeft ? text + space : space + text;
}

}  // namespace

std::string Table::str(std::size_t width) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::size_t before = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before += widths[i] + kGap;
  std::size_t last = width == 0 ? widths.back() : std::max(kNarrowest, width > before ? width - before : 0);
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      line += padded(row[i], widths[i], columns_[i]) + std::string(kGap, ' ');
    line += end_of(row.back(), last);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace cowstore::cli
