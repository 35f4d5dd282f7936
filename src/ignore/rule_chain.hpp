// Which entries of one directory are ignored, by all the rule files that have a say there.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ignore/rule_file.hpp"
#include "ignore/scoped_rules.hpp"

namespace cowstore::ignore {

/// The rules as they stand in one directory: what each file's paths still ask for once the way down to here is walked.
/// So a look-up costs the rules that can still apply, whatever the depth; rules that can't are gone.
///
/// Immutable; any number of threads may use one, and a child's chain needs nothing of its parent's.
/// The file of a deeper directory goes before those above it; within a file, the last line that matches decides.
/// A directory that is ignored must not be entered: that is why nothing inside it can be included again.
class RuleChain {
 public:
  /// For the top directory of a working copy. Without a .cowignore there, pass nothing.
  [[nodiscard]] static std::shared_ptr<const RuleChain> root(std::optional<RuleFile> file);

  /// For the directory `name` inside of the parent's, with the rule file found in it, if any.
  /// Is `parent` itself where nothing changes, which is the common case.
  [[nodiscard]] static std::shared_ptr<const RuleChain> extend(const std::shared_ptr<const RuleChain>& parent,
                                                               std::string_view name, std::optional<RuleFile> file);

  /// Whether the entry `name` (one component) of this directory is ignored. Allocates nothing.
  /// Whatever the rules are, each takes no more than in the order of |name|² steps.
  [[nodiscard]] bool ignores(std::string_view name, EntryKind kind) const;

 private:
  explicit RuleChain(std::vector<ScopedRules> scopes) : scopes_(std::move(scopes)) {}
  std::vector<ScopedRules> scopes_;  ///< the deepest file first; none that can't match any more
};

}  // namespace cowstore::ignore
