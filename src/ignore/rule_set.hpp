// The compiled rules of one file, sorted by how they are looked up.
#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ignore/rule.hpp"

namespace cowstore::ignore {

/// How late in its file a matching rule stands: index + 1, and the highest decides. kNoRule when none matches.
using Rank = std::size_t;
inline constexpr Rank kNoRule = 0;

/// Rules for names (most rules) are looked up without the path: literal ones by hash, the others one by one from the
/// last; rules for paths are left to ScopedRules.
class RuleSet {
 public:
  explicit RuleSet(std::vector<Rule> rules);
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  [[nodiscard]] bool empty() const { return rules_.empty(); }
  [[nodiscard]] bool has_name_rules() const { return !literals_.empty() || !globs_.empty(); }
  [[nodiscard]] const Rule& rule(std::size_t index) const { return rules_[index]; }
  [[nodiscard]] const std::vector<std::size_t>& path_rules() const { return path_rules_; }

  /// The highest rule for names that matches, if it is above `floor`; else `floor`.
  [[nodiscard]] Rank match_name(std::string_view name, EntryKind kind, Rank floor) const;
  [[nodiscard]] Verdict verdict(Rank rank) const;

 private:
  struct LiteralRanks {
    Rank any = kNoRule;          ///< the last rule that is not for directories only
    Rank directories = kNoRule;  ///< the last one that is
  };
  void add_literal(const Rule& rule, Rank rank);
  [[nodiscard]] Rank match_literal(std::string_view name, EntryKind kind) const;

  std::vector<Rule> rules_;                                      ///< in the order of the file
  std::unordered_map<std::string_view, LiteralRanks> literals_;  ///< the keys live in rules_
  std::vector<std::size_t> globs_;                               ///< other rules for names, last first
  std::vector<std::size_t> path_rules_;                          ///< last first
};

}  // namespace cowstore::ignore
