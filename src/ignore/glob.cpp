#include "ignore/glob.hpp"

#include <algorithm>

namespace cowstore::ignore {

std::optional<Glob> Glob::take(std::string_view& text) {
  Glob glob;
  while (!text.empty() && !starts_with_separator(text)) {
    if (!glob.take_token(text)) return std::nullopt;
  }
  if (glob.tokens_.empty()) return std::nullopt;
  glob.specialise();
  return glob;
}

bool Glob::take_token(std::string_view& text) {
  char c = text.front();
  text.remove_prefix(1);
  switch (c) {
    case '*':
      if (tokens_.empty() || tokens_.back().op != Op::kStar) add(Op::kStar);
      return true;
    case '?':
      add(Op::kAnyByte);
      return true;
    case '[': {
      auto bytes = take_class(text);
      if (!bytes) return false;
      add(Op::kClass, classes_.size());
      classes_.push_back(*bytes);
      return true;
    }
    case '\\':
      if (text.empty()) return false;
      c = text.front();
      text.remove_prefix(1);
      break;
    default:
      break;
  }
  add(Op::kByte, static_cast<std::uint8_t>(c));
  return true;
}

/// Most patterns are a name, or a star before or after something literal: those need no program.
void Glob::specialise() {
  auto bytes = static_cast<std::size_t>(std::ranges::count(tokens_, Op::kByte, &Token::op));
  auto stars = static_cast<std::size_t>(std::ranges::count(tokens_, Op::kStar, &Token::op));
  min_length_ = tokens_.size() - stars;
  bool leading = tokens_.front().op == Op::kStar;
  bool trailing = tokens_.back().op == Op::kStar;
  if (bytes != min_length_ || stars > 1 || (stars == 1 && !leading && !trailing)) return;

  kind_ = bytes == 0 ? Kind::kAny : leading ? Kind::kSuffix : trailing ? Kind::kPrefix : Kind::kLiteral;
  text_.reserve(bytes);
  for (const Token& token : tokens_) {
    if (token.op == Op::kByte) text_.push_back(static_cast<char>(token.value));
  }
  tokens_ = {};
}

bool Glob::matches(std::string_view name) const {
  switch (kind_) {
    case Kind::kAny:
      return true;
    case Kind::kLiteral:
      return name == text_;
    case Kind::kPrefix:
      return name.starts_with(text_);
    case Kind::kSuffix:
      // The last byte alone refuses most names, without a call.
      return name.ends_with(text_.back()) && name.ends_with(text_);
    case Kind::kProgram:
      return name.size() >= min_length_ && run(name);
  }
  return false;
}

std::optional<std::string_view> Glob::literal() const {
  if (kind_ != Kind::kLiteral) return std::nullopt;
  return text_;
}

bool Glob::accepts(const Token& token, char c) const {
  auto byte = static_cast<std::uint8_t>(c);
  switch (token.op) {
    case Op::kByte:
      return token.value == byte;
    case Op::kClass:
      return classes_[token.value].test(byte);
    case Op::kAnyByte:
      return true;
    case Op::kStar:
      break;
  }
  return false;
}

/// Only the latest star is ever given more bytes: an earlier one that took more could only reach that star later in
/// the name, and from there it gets everywhere anyway.
bool Glob::run(std::string_view name) const {
  std::size_t token = 0;
  std::size_t at = 0;
  std::optional<std::size_t> star;  // of tokens_
  std::size_t star_end = 0;         // of what that star takes from the name
  while (at < name.size()) {
    if (token < tokens_.size() && tokens_[token].op == Op::kStar) {
      star = token++;
      star_end = at;
    } else if (token < tokens_.size() && accepts(tokens_[token], name[at])) {
      ++token;
      ++at;
    } else if (star) {
      token = *star + 1;
      at = ++star_end;
    } else {
      return false;
    }
  }
  return token == tokens_.size() || (token + 1 == tokens_.size() && tokens_[token].op == Op::kStar);
}

}  // namespace cowstore::ignore
