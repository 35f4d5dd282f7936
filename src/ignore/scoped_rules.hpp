// One rule file as seen from one directory below it.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "ignore/rule_file.hpp"
#include "ignore/rule_set.hpp"

namespace cowstore::ignore {

/// A place inside a rule: steps before `step` have matched the directories walked so far, and `step` is next.
struct Cursor {
  std::size_t rule = 0;
  std::size_t step = 0;
  bool operator==(const Cursor&) const = default;
};

/// The rules of one file and how far each got. Immutable, like what it points to.
class ScopedRules {
 public:
  /// In the directory of the file itself.
  explicit ScopedRules(std::shared_ptr<const RuleSet> rules);

  /// In the subdirectory `name` of this directory.
  [[nodiscard]] ScopedRules enter(std::string_view name) const;

  /// What the file says of the entry `name` of this directory. Allocates nothing.
  [[nodiscard]] Verdict match(std::string_view name, EntryKind kind) const;

  /// Whether no rule can match here or further down.
  [[nodiscard]] bool spent() const;

  /// Whether both say the same of every entry. For scopes of the same file.
  bool operator==(const ScopedRules&) const = default;

 private:
  ScopedRules(std::shared_ptr<const RuleSet> rules, std::vector<Cursor> cursors);
  [[nodiscard]] Rank match_path(std::string_view name, EntryKind kind) const;

  std::shared_ptr<const RuleSet> rules_;
  std::vector<Cursor> cursors_;  ///< of the rules with paths; later rules first, and of one rule later steps first
};

}  // namespace cowstore::ignore
