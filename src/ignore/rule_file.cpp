#include "ignore/rule_file.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "ignore/rule_set.hpp"
#include "ignore/scoped_rules.hpp"

namespace cowstore::ignore {

RuleFile RuleFile::parse(std::string_view text) {
  static constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<Rule> rules;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    if (auto rule = parse_rule(text.substr(0, end))) rules.push_back(*std::move(rule));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return RuleFile(std::make_shared<const RuleSet>(std::move(rules)));
}

Verdict RuleFile::match(std::string_view path, EntryKind kind) const {
  ScopedRules scope(rules_);
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    scope = scope.enter(path.substr(0, slash));
    path.remove_prefix(slash + 1);
  }
  return scope.match(path, kind);
}

bool RuleFile::empty() const {
  return rules_->empty();
}

}  // namespace cowstore::ignore
