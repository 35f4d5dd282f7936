#include "ignore/rule.hpp"

#include <algorithm>
#include <utility>

namespace cowstore::ignore {

namespace {

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, char suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(1);
  return true;
}

std::string_view without_trailing_spaces(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      end = std::min(++i + 1, text.size());
    } else if (text[i] != ' ') {
      end = i + 1;
    }
  }
  return text.substr(0, end);
}

/// Removes a component of two or more stars and nothing else.
bool take_any_directories(std::string_view& text) {
  std::size_t stars = std::min(text.find_first_not_of('*'), text.size());
  std::string_view rest = text.substr(stars);
  if (stars < 2 || !(rest.empty() || starts_with_separator(rest))) return false;
  text = rest;
  return true;
}

/// Nothing if a component can't match. `gap` is what may precede the first one.
std::optional<std::vector<Step>> compile_steps(std::string_view text, Gap gap) {
  std::vector<Step> steps;
  while (true) {
    if (take_any_directories(text)) {
      gap = Gap::kAnyDirectories;
      if (text.empty()) steps.push_back({gap, Glob::any()});
    } else {
      auto glob = Glob::take(text);
      if (!glob) return std::nullopt;
      steps.push_back({gap, *std::move(glob)});
      gap = Gap::kNone;
    }
    if (text.empty()) return steps;
    if (!take_prefix(text, "/")) take_prefix(text, "\\/");
  }
}

}  // namespace

std::optional<Rule> parse_rule(std::string_view line) {
  take_suffix(line, '\r');
  line = without_trailing_spaces(line.substr(0, line.find('\0')));
  if (line.starts_with('#')) return std::nullopt;

  Rule rule;
  if (take_prefix(line, "!")) rule.verdict = Verdict::kIncluded;
  if (take_suffix(line, '/')) rule.applies_to = AppliesTo::kDirectories;
  Gap gap = line.find('/') == std::string_view::npos ? Gap::kAnyDirectories : Gap::kNone;
  take_prefix(line, "/");
  auto steps = compile_steps(line, gap);
  if (!steps) return std::nullopt;
  rule.steps = *std::move(steps);
  return rule;
}

}  // namespace cowstore::ignore
