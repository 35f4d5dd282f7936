// Names of branches, tags and working copies: which are legal, and the keys that they have in the view.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/view.hpp"

namespace cowstore::refs {

inline constexpr std::size_t kMaxNameBytes = 200;
inline constexpr std::string_view kBranchPrefix = "branches/";
inline constexpr std::string_view kTagPrefix = "tags/";
inline constexpr std::string_view kWorktreePrefix = "worktrees/";

/// kUsage, with the reason, unless the name is legal: 1 to kMaxNameBytes bytes; no control characters, no space and
/// none of ~ ^ : ? * [ \ ; no "..", "//" or "@{"; not "@"; no leading '-' or '/'; no trailing '/' or '.'; no part
/// between slashes begins with '.' or ends with ".lock"; not 64 hex digits. '/' is allowed, other bytes are too.
Result<void> validate_branch_name(std::string_view name);
Result<void> validate_tag_name(std::string_view name);  ///< the same rules
/// kUsage unless 1 to 64 bytes of [a-zA-Z0-9._-], not beginning with '.' or '-'.
Result<void> validate_worktree_id(std::string_view id);

std::string branch_key(std::string_view name);
std::string tag_key(std::string_view name);
std::string worktree_key(std::string_view id, std::string_view field);
/// A key for people: "branch main", "tag v1", "commit of working copy w1".
std::string describe_key(std::string_view key);

std::vector<std::string> branch_names(const View& view);
std::vector<std::string> tag_names(const View& view);
/// Ids of the registered working copies: those with at least one field.
std::vector<std::string> worktree_ids(const View& view);

/// Those of `candidates` that are a typing error away from `name`: the nearest first, each once, at most three.
std::vector<std::string> similar_names(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace cowstore::refs
