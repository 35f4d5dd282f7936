#include "ignore/rule_chain.hpp"

#include <utility>

namespace cowstore::ignore {

std::shared_ptr<const RuleChain> RuleChain::root(std::optional<RuleFile> file) {
  std::vector<ScopedRules> scopes;
  if (file && !file->empty()) scopes.emplace_back(file->rules_);
  return std::shared_ptr<const RuleChain>(new RuleChain(std::move(scopes)));
}

std::shared_ptr<const RuleChain> RuleChain::extend(const std::shared_ptr<const RuleChain>& parent,
                                                   std::string_view name, std::optional<RuleFile> file) {
  std::vector<ScopedRules> scopes;
  if (file && !file->empty()) scopes.emplace_back(file->rules_);
  for (const ScopedRules& scope : parent->scopes_) {
    ScopedRules inside = scope.enter(name);
    if (!inside.spent()) scopes.push_back(std::move(inside));
  }
  if (scopes == parent->scopes_) return parent;
  return std::shared_ptr<const RuleChain>(new RuleChain(std::move(scopes)));
}

bool RuleChain::ignores(std::string_view name, EntryKind kind) const {
  for (const ScopedRules& scope : scopes_) {
    Verdict verdict = scope.match(name, kind);
    if (verdict != Verdict::kUndecided) return verdict == Verdict::kIgnored;
  }
  return false;
}

}  // namespace cowstore::ignore
