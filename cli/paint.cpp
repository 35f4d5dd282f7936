#include "cli/paint.hpp"

namespace cowstore::cli {

namespace {

std::string_view sequence(Color color) {
  switch (color) {
    case Color::kRed:
      return "\033[31m";
    case Color::kGreen:
      return "\033[32m";
    case Color::kYellow:
      return "\033[33m";
    case Color::kCyan:
      return "\033[36m";
    case Color::kBold:
      return "\033[1m";
  }
  return "";
}

}  // namespace

std::string Paint::operator()(Color color, std::string_view text) const {
  if (mode_ == Mode::kPlain) return std::string(text);
  return std::string(sequence(color)).append(text).append("\033[m");
}

}  // namespace cowstore::cli
