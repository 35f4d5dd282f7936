// Revisions: how people name a commit. This header parses; resolve.hpp looks up.
//
//   BRANCH | TAG | ID | PREFIX      a branch wins over a tag, and both over an id that begins so; a full id is never a
//                                   name. PREFIX: at least four hex digits
//   @                               what this working copy has checked out
//   REV@{N}                         REV is @ (or nothing) or a branch: where it was N changes ago
//   REV@{TIME}                      where it was then: yesterday, 3 days ago, 2026-11-20 10:00 (time_text.hpp)
//   …~N  …^N                        the N-th ancestor along first parents; the N-th parent. 1 if left out; repeatable
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"

namespace cowstore::refs {

struct RevisionStep {
  enum class Kind : std::uint8_t { kAncestor, kParent };
  Kind kind = Kind::kAncestor;
  std::uint32_t count = 1;  ///< of generations, or which parent; 0 is the commit itself
  bool operator==(const RevisionStep&) const = default;
};

struct Revision {
  std::string text;               ///< as it was given
  std::string base;               ///< a name, an id or its beginning; empty for @
  std::optional<std::string> at;  ///< between the braces of @{…}
  std::vector<RevisionStep> steps;
  [[nodiscard]] bool is_plain() const { return !at && steps.empty(); }
};

/// kUsage when the text follows no form of the above. Looks nothing up.
Result<Revision> parse_revision(std::string_view text);

/// REV:PATH, cut at the first ':' outside of braces. No colon: only a revision, and no path.
struct RevisionAndPath {
  std::string revision;
  std::optional<std::string> path;  ///< raw bytes; may be empty: the root
};
RevisionAndPath split_revision_path(std::string_view text);

}  // namespace cowstore::refs
