#include "ignore/rule_set.hpp"

#include <algorithm>
#include <utility>

namespace cowstore::ignore {

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
  for (std::size_t i = rules_.size(); i-- > 0;) {
    if (!rules_[i].is_for_names()) {
      path_rules_.push_back(i);
    } else if (rules_[i].steps.front().glob.literal()) {
      add_literal(rules_[i], i + 1);
    } else {
      globs_.push_back(i);
    }
  }
}

void RuleSet::add_literal(const Rule& rule, Rank rank) {
  LiteralRanks& ranks = literals_[*rule.steps.front().glob.literal()];
  Rank& slot = rule.applies_to == AppliesTo::kAll ? ranks.any : ranks.directories;
  slot = std::max(slot, rank);
}

Rank RuleSet::match_literal(std::string_view name, EntryKind kind) const {
  if (literals_.empty()) return kNoRule;
  auto found = literals_.find(name);
  if (found == literals_.end()) return kNoRule;
  const LiteralRanks& ranks = found->second;
  return kind == EntryKind::kDirectory ? std::max(ranks.any, ranks.directories) : ranks.any;
}

Rank RuleSet::match_name(std::string_view name, EntryKind kind, Rank floor) const {
  Rank best = std::max(floor, match_literal(name, kind));
  for (std::size_t index : globs_) {
    if (index < best) break;  // its rank is index + 1
    if (rules_[index].applies(kind) && rules_[index].steps.front().glob.matches(name)) return index + 1;
  }
  return best;
}

Verdict RuleSet::verdict(Rank rank) const {
  return rank == kNoRule ? Verdict::kUndecided : rules_[rank - 1].verdict;
}

}  // namespace cowstore::ignore
