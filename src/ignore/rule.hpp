// One line of a rule file, compiled.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ignore/glob.hpp"
#include "ignore/rule_file.hpp"

namespace cowstore::ignore {

/// What may stand between the component before and the one that a step matches.
enum class Gap { kNone, kAnyDirectories };

/// One component of a path.
struct Step {
  Gap gap = Gap::kNone;
  Glob glob;
};

enum class AppliesTo { kAll, kDirectories };

/// `foo` is {any directories, foo}, `/foo` is {foo}, `a/**/b` is {a}{any directories, b}, `a/**` is {a}{any
/// directories, *}.
struct Rule {
  std::vector<Step> steps;  ///< never empty; the last one matches the entry itself
  AppliesTo applies_to = AppliesTo::kAll;
  Verdict verdict = Verdict::kIgnored;

  /// Whether the name alone decides, in whatever directory.
  [[nodiscard]] bool is_for_names() const { return steps.size() == 1 && steps.front().gap == Gap::kAnyDirectories; }
  [[nodiscard]] bool applies(EntryKind kind) const {
    return applies_to == AppliesTo::kAll || kind == EntryKind::kDirectory;
  }
};

/// The rule of one line (without its line feed); nothing for blank lines, comments, and lines that no path can match.
[[nodiscard]] std::optional<Rule> parse_rule(std::string_view line);

}  // namespace cowstore::ignore
