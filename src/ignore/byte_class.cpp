#include "ignore/byte_class.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cowstore::ignore {

namespace {

// <cctype> would ask the locale.
bool is_lower(int c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(int c) {
  return c >= 'A' && c <= 'Z';
}
bool is_alpha(int c) {
  return is_lower(c) || is_upper(c);
}
bool is_digit(int c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(int c) {
  return is_alpha(c) || is_digit(c);
}
bool is_blank(int c) {
  return c == ' ' || c == '\t';
}
bool is_cntrl(int c) {
  return c < 0x20 || c == 0x7f;
}
bool is_print(int c) {
  return c >= 0x20 && c < 0x7f;
}
bool is_graph(int c) {
  return is_print(c) && c != ' ';
}
bool is_punct(int c) {
  return is_graph(c) && !is_alnum(c);
}
// As in Git: without the vertical tab and the form feed.
bool is_space(int c) {
  return is_blank(c) || c == '\n' || c == '\r';
}
bool is_xdigit(int c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

struct NamedClass {
  std::string_view name;
  bool (*contains)(int);
};

constexpr std::array<NamedClass, 12> kNamedClasses = {{
    {"alnum", is_alnum},
    {"alpha", is_alpha},
    {"blank", is_blank},
    {"cntrl", is_cntrl},
    {"digit", is_digit},
    {"graph", is_graph},
    {"lower", is_lower},
    {"print", is_print},
    {"punct", is_punct},
    {"space", is_space},
    {"upper", is_upper},
    {"xdigit", is_xdigit},
}};

class ClassParser {
 public:
  explicit ClassParser(std::string_view text) : text_(text) {}

  bool parse() {
    bool negated = take('!') || take('^');
    do {
      if (!take_item()) return false;
    } while (!take(']'));
    if (negated) bytes_.flip();
    bytes_.reset('/');
    return true;
  }
  [[nodiscard]] const ByteClass& bytes() const { return bytes_; }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool take_item() {
    if (previous_ && text_.size() >= 2 && text_[0] == '-' && text_[1] != ']') return take_range_end();
    if (text_.starts_with("[:")) return take_named();
    previous_ = take_byte();
    if (previous_) bytes_.set(*previous_);
    return previous_.has_value();
  }

  std::optional<std::uint8_t> take_byte() {
    take('\\');
    if (text_.empty()) return std::nullopt;
    auto byte = static_cast<std::uint8_t>(text_.front());
    text_.remove_prefix(1);
    return byte;
  }

  bool take_range_end() {
    take('-');
    auto last = take_byte();
    if (!last) return false;
    for (unsigned byte = *previous_; byte <= *last; ++byte) bytes_.set(byte);
    previous_.reset();
    return true;
  }

  /// "[:name:]". Without the ":]" where the next ']' is, the '[' stands for itself.
  bool take_named() {
    std::size_t end = next_bracket();
    if (end == std::string_view::npos) return false;
    std::string_view name = text_.substr(2, end - 2);
    if (!name.ends_with(':')) {
      previous_ = take_byte();
      bytes_.set(*previous_);
      return true;
    }
    name.remove_suffix(1);
    text_.remove_prefix(end + 1);
    previous_.reset();
    return add_named(name);
  }

  /// Where the next ']' is. Remembered until it is passed: a class full of "[:" must not take quadratic time.
  std::size_t next_bracket() {
    if (!from_bracket_ || *from_bracket_ > text_.size()) {
      std::size_t found = text_.find(']');
      if (found == std::string_view::npos) return found;
      from_bracket_ = text_.size() - found;
    }
    return text_.size() - *from_bracket_;
  }

  bool add_named(std::string_view name) {
    const auto* found = std::ranges::find(kNamedClasses, name, &NamedClass::name);
    if (found == kNamedClasses.end()) return false;
    for (int byte = 0; byte < 256; ++byte) {
      if (found->contains(byte)) bytes_.set(static_cast<std::size_t>(byte));
    }
    return true;
  }

  std::string_view text_;
  ByteClass bytes_;
  std::optional<std::uint8_t> previous_;     ///< what a '-' would begin a range at
  std::optional<std::size_t> from_bracket_;  ///< how much text is left from the ']' last looked for
};

}  // namespace

std::optional<ByteClass> take_class(std::string_view& text) {
  ClassParser parser(text);
  if (!parser.parse()) return std::nullopt;
  text = parser.rest();
  return parser.bytes();
}

}  // namespace cowstore::ignore
