#include "ignore/scoped_rules.hpp"

#include <optional>
#include <utility>

namespace cowstore::ignore {

namespace {

/// Appends where a rule can be after the directory `name`. Once a step may be preceded by any directories, places
/// before it are of no use: whatever they lead to passes that step, and it waits there already.
class Advance {
 public:
  Advance(const RuleSet& rules, std::string_view name) : rules_(rules), name_(name) {}

  /// Later steps of a rule must come before earlier ones.
  void from(Cursor cursor) {
    if (settled_ == cursor.rule) return;
    const std::vector<Step>& steps = rules_.rule(cursor.rule).steps;
    if (cursor.step + 1 < steps.size() && steps[cursor.step].glob.matches(name_)) add({cursor.rule, cursor.step + 1});
    if (settled_ != cursor.rule && steps[cursor.step].gap == Gap::kAnyDirectories) add(cursor);
  }
  [[nodiscard]] std::vector<Cursor> result() && { return std::move(result_); }

 private:
  void add(Cursor cursor) {
    result_.push_back(cursor);
    if (rules_.rule(cursor.rule).steps[cursor.step].gap == Gap::kAnyDirectories) settled_ = cursor.rule;
  }

  const RuleSet& rules_;
  std::string_view name_;
  std::vector<Cursor> result_;
  std::optional<std::size_t> settled_;  ///< the rule of which nothing more is needed
};

}  // namespace

ScopedRules::ScopedRules(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {
  cursors_.reserve(rules_->path_rules().size());
  for (std::size_t rule : rules_->path_rules()) cursors_.push_back({rule, 0});
}

ScopedRules::ScopedRules(std::shared_ptr<const RuleSet> rules, std::vector<Cursor> cursors)
    : rules_(std::move(rules)), cursors_(std::move(cursors)) {}

ScopedRules ScopedRules::enter(std::string_view name) const {
  Advance advance(*rules_, name);
  for (Cursor cursor : cursors_) advance.from(cursor);
  return {rules_, std::move(advance).result()};
}

Rank ScopedRules::match_path(std::string_view name, EntryKind kind) const {
  for (Cursor cursor : cursors_) {
    const Rule& rule = rules_->rule(cursor.rule);
    bool last = cursor.step + 1 == rule.steps.size();
    if (last && rule.applies(kind) && rule.steps.back().glob.matches(name)) return cursor.rule + 1;
  }
  return kNoRule;
}

Verdict ScopedRules::match(std::string_view name, EntryKind kind) const {
  return rules_->verdict(rules_->match_name(name, kind, match_path(name, kind)));
}

bool ScopedRules::spent() const {
  return cursors_.empty() && !rules_->has_name_rules();
}

}  // namespace cowstore::ignore
