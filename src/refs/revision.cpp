#include "refs/revision.hpp"

#include <charconv>
#include <utility>

#include "base/try.hpp"

namespace cowstore::refs {
namespace {

Error ill_formed(std::string_view text, std::string reason) {
  return {ErrorCode::kUsage,   0,
          "read the revision", std::string(text),
          std::move(reason),   "a revision is a branch, a tag, an id or @, with ~N, ^N or @{…} behind it"};
}

/// Where the name ends: at the first "@{", '~' or '^'.
std::size_t base_size(std::string_view text) {
  const std::size_t suffix = std::min(text.find_first_of("~^"), text.find("@{"));
  return std::min(suffix, text.size());
}

/// Takes the digits at the front; 1 if there are none, nothing if they are too many.
std::optional<std::uint32_t> take_count(std::string_view& rest) {
  std::uint32_t count = 1;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  if (error == std::errc::result_out_of_range) return std::nullopt;
  if (error == std::errc()) rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return count;
}

Result<std::vector<RevisionStep>> parse_steps(std::string_view rest, std::string_view text) {
  std::vector<RevisionStep> steps;
  while (!rest.empty()) {
    if (rest.front() != '~' && rest.front() != '^')
      return ill_formed(text, "\"" + std::string(rest) + "\" is no suffix of a revision");
    const auto kind = rest.front() == '~' ? RevisionStep::Kind::kAncestor : RevisionStep::Kind::kParent;
    rest.remove_prefix(1);
    const auto count = take_count(rest);
    if (!count) return ill_formed(text, "a number in it is too large");
    steps.push_back({kind, *count});
  }
  return steps;
}

}  // namespace

Result<Revision> parse_revision(std::string_view text) {
  Revision revision;
  revision.text = text;
  revision.base = text.substr(0, base_size(text));
  std::string_view rest = text.substr(revision.base.size());
  if (revision.base.empty() && !rest.starts_with("@{")) return ill_formed(text, "it begins with no name");
  if (revision.base == "@") revision.base.clear();
  if (rest.starts_with("@{")) {
    const std::size_t close = rest.find('}');
    if (close == std::string_view::npos) return ill_formed(text, "a '}' is missing");
    revision.at = rest.substr(2, close - 2);
    if (revision.at->empty()) return ill_formed(text, "nothing stands between the braces");
    rest.remove_prefix(close + 1);
  }
  revision.steps = COWSTORE_TRY(parse_steps(rest, text));
  return revision;
}

RevisionAndPath split_revision_path(std::string_view text) {
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') inside = true;
    if (text[i] == '}') inside = false;
    if (text[i] == ':' && !inside) return {std::string(text.substr(0, i)), std::string(text.substr(i + 1))};
  }
  return {std::string(text), std::nullopt};
}

}  // namespace cowstore::refs
