// One component of a pattern against one name. Bytes, case-sensitive, no locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignore/byte_class.hpp"

namespace cowstore::ignore {

/// Immutable. Names are what a directory can hold: not empty, no slash, no NUL.
class Glob {
 public:
  /// Compiles the component at the start of `text` and removes it; what is left is empty or begins with a separator,
  /// '/' or '\/'. Nothing, and an unspecified `text`, if no name can match: an empty component, a class that is none,
  /// a lone backslash at the end.
  [[nodiscard]] static std::optional<Glob> take(std::string_view& text);
  /// `*`
  [[nodiscard]] static Glob any() { return Glob(Kind::kAny); }

  /// In the order of |name|² steps, whatever the pattern. Allocates nothing.
  [[nodiscard]] bool matches(std::string_view name) const;

  /// The one name that it matches, if the pattern has no wildcards; lives as long as the glob stays where it is.
  [[nodiscard]] std::optional<std::string_view> literal() const;

 private:
  enum class Kind { kAny, kLiteral, kPrefix, kSuffix, kProgram };
  enum class Op : std::uint8_t { kByte, kAnyByte, kClass, kStar };
  struct Token {
    Op op;
    std::size_t value = 0;  ///< the byte of kByte; the index in classes_ of kClass
  };

  Glob() = default;
  explicit Glob(Kind kind) : kind_(kind) {}
  [[nodiscard]] bool take_token(std::string_view& text);
  void add(Op op, std::size_t value = 0) { tokens_.push_back({op, value}); }
  void specialise();
  [[nodiscard]] bool run(std::string_view name) const;
  [[nodiscard]] bool accepts(const Token& token, char c) const;

  Kind kind_ = Kind::kProgram;
  std::string text_;           ///< for kLiteral, kPrefix, kSuffix
  std::vector<Token> tokens_;  ///< for kProgram; no two stars in a row
  std::vector<ByteClass> classes_;
  std::size_t min_length_ = 0;  ///< of a name that kProgram can match
};

/// Whether `text` begins with what ends a component: '/' or '\/'.
[[nodiscard]] inline bool starts_with_separator(std::string_view text) {
  return text.starts_with('/') || text.starts_with("\\/");
}

}  // namespace cowstore::ignore
