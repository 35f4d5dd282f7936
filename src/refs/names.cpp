#include "refs/names.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"

namespace cowstore::refs {
namespace {

constexpr std::string_view kForbidden = " ~^:?*[\\";
constexpr std::string_view kLockSuffix = ".lock";
constexpr std::size_t kMaxWorktreeIdBytes = 64;
constexpr std::size_t kMaxSuggestions = 3;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

/// Why one part between slashes is refused; empty if it isn't.
std::string_view fault_of_part(std::string_view part) {
  if (part.empty()) return "it begins or ends with '/', or has \"//\" in it";
  if (part.front() == '.') return "a part of it begins with '.'";
  if (part.ends_with(kLockSuffix)) return "a part of it ends with \".lock\"";
  return {};
}

std::string_view fault_of_parts(std::string_view name) {
  for (;;) {
    const std::size_t slash = name.find('/');
    const std::string_view fault = fault_of_part(name.substr(0, slash));
    if (!fault.empty() || slash == std::string_view::npos) return fault;
    name.remove_prefix(slash + 1);
  }
}

std::string_view fault_of_characters(std::string_view name) {
  if (std::any_of(name.begin(), name.end(), is_control)) return "it has a control character in it";
  if (name.find_first_of(kForbidden) != std::string_view::npos) return "it has a space or one of ~ ^ : ? * [ \\ in it";
  if (name.find("..") != std::string_view::npos) return "it has \"..\" in it";
  if (name.find("@{") != std::string_view::npos) return "it has \"@{\" in it";
  return {};
}

std::string_view fault_of(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMaxNameBytes) return "it is longer than 200 bytes";
  if (name == "@") return "@ is what this working copy has checked out";
  if (name.front() == '-') return "it begins with '-'";
  if (name.back() == '.') return "it ends with '.'";
  if (Digest::from_hex(name)) return "it looks like a full id";
  const std::string_view fault = fault_of_characters(name);
  return fault.empty() ? fault_of_parts(name) : fault;
}

Result<void> validate(std::string_view what, std::string_view name) {
  const std::string_view fault = fault_of(name);
  if (fault.empty()) return {};
  return Error{ErrorCode::kUsage, 0, "name a " + std::string(what), std::string(name), std::string(fault), ""};
}

std::vector<std::string> names_with_prefix(const View& view, std::string_view prefix) {
  std::vector<std::string> names;
  for (const auto& [key, value] : view.with_prefix(prefix)) names.push_back(key.substr(prefix.size()));
  return names;
}

/// Insertions, deletions, replacements and swaps of neighbours that make `a` of `b`; anything above `limit` is
/// limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    if (*std::min_element(row.begin(), row.end()) > limit) return limit + 1;
    before_last = std::exchange(last, std::move(row));
  }
  return std::min(last.back(), limit + 1);
}

}  // namespace

Result<void> validate_branch_name(std::string_view name) {
  return validate("branch", name);
}

Result<void> validate_tag_name(std::string_view name) {
  return validate("tag", name);
}

Result<void> validate_worktree_id(std::string_view id) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  const bool good = !id.empty() && id.size() <= kMaxWorktreeIdBytes && id.front() != '.' && id.front() != '-' &&
                    std::all_of(id.begin(), id.end(), legal);
  if (good) return {};
  return Error{ErrorCode::kUsage,
               0,
               "name a working copy",
               std::string(id),
               "an id is 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', and begins with a letter, a digit or '_'",
               ""};
}

std::string branch_key(std::string_view name) {
  return std::string(kBranchPrefix).append(name);
}

std::string tag_key(std::string_view name) {
  return std::string(kTagPrefix).append(name);
}

std::string worktree_key(std::string_view id, std::string_view field) {
  return std::string(kWorktreePrefix).append(id).append("/").append(field);
}

std::string describe_key(std::string_view key) {
  const std::string text = base::escape_for_terminal(key);
  const std::string_view shown = text;
  if (shown.starts_with(kBranchPrefix)) return "branch " + text.substr(kBranchPrefix.size());
  if (shown.starts_with(kTagPrefix)) return "tag " + text.substr(kTagPrefix.size());
  const std::size_t slash = shown.rfind('/');
  if (!shown.starts_with(kWorktreePrefix) || slash < kWorktreePrefix.size()) return text;
  const std::string id = text.substr(kWorktreePrefix.size(), slash - kWorktreePrefix.size());
  return text.substr(slash + 1) + " of working copy " + id;
}

std::vector<std::string> branch_names(const View& view) {
  return names_with_prefix(view, kBranchPrefix);
}

std::vector<std::string> tag_names(const View& view) {
  return names_with_prefix(view, kTagPrefix);
}

std::vector<std::string> worktree_ids(const View& view) {
  std::vector<std::string> ids;
  for (const std::string& rest : names_with_prefix(view, kWorktreePrefix)) {
    const std::size_t slash = rest.find('/');
    if (slash == std::string::npos) continue;
    std::string id = rest.substr(0, slash);
    if (ids.empty() || ids.back() != id) ids.push_back(std::move(id));
  }
  return ids;
}

std::vector<std::string> similar_names(std::string_view name, const std::vector<std::string>& candidates) {
  const std::size_t limit = std::clamp<std::size_t>(name.size() / 3, 1, 3);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate, limit);
    if (distance <= limit) near.emplace_back(distance, candidate);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  if (near.size() > kMaxSuggestions) near.resize(kMaxSuggestions);
  std::vector<std::string> names;
  for (auto& [distance, candidate] : near) names.push_back(std::move(candidate));
  return names;
}

}  // namespace cowstore::refs
