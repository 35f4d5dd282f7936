// Colours on a terminal, plain text elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace cowstore::cli {

enum class Color { kRed, kGreen, kYellow, kCyan, kBold };

class Paint {
 public:
  enum class Mode { kPlain, kColored };
  explicit Paint(Mode mode) : mode_(mode) {}
  [[nodiscard]] std::string operator()(Color color, std::string_view text) const;

 private:
  Mode mode_;
};

}  // namespace cowstore::cli
