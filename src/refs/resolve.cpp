#include "refs/resolve.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "refs/time_text.hpp"

namespace cowstore::refs {
namespace {

constexpr std::size_t kLeastPrefix = 4;
constexpr std::size_t kFullId = 2 * sizeof(Digest::bytes);
constexpr std::size_t kShownCandidates = 5;
constexpr std::size_t kShownDigits = 12;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool may_be_id(std::string_view text) {
  return text.size() >= kLeastPrefix && text.size() <= kFullId &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The N of @{N}. Dates have '-' in them, so digits alone are always a count.
std::optional<std::uint64_t> count_of(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(count) : std::nullopt;
}

class Resolver {
 public:
  Resolver(const Revision& revision, const ResolveContext& context) : revision_(revision), context_(context) {}

  Result<Resolved> run() {
    Resolved resolved = COWSTORE_TRY(base());
    for (const RevisionStep& step : revision_.steps) resolved.commit = COWSTORE_TRY(take(step, resolved.commit));
    if (!revision_.is_plain()) return Resolved{resolved.commit, {}, {}};
    return resolved;
  }

 private:
  Error fail(ErrorCode code, std::string reason, std::string hint = {}) const {
    return {code, 0, "find the revision", revision_.text, std::move(reason), std::move(hint)};
  }

  Result<Resolved> base() const {
    if (revision_.at) return Resolved{COWSTORE_TRY(earlier()), {}, {}};
    if (revision_.base.empty()) return Resolved{COWSTORE_TRY(head()), {}, {}};
    if (auto branch = context_.view.commit(branch_key(revision_.base))) return Resolved{*branch, revision_.base, {}};
    if (auto tag = context_.view.commit(tag_key(revision_.base))) return Resolved{*tag, {}, revision_.base};
    return Resolved{COWSTORE_TRY(by_id(lower(revision_.base))), {}, {}};
  }

  Result<std::string> head_key() const {
    if (context_.worktree.empty()) return fail(ErrorCode::kUsage, "@ means something only inside of a working copy");
    return worktree_key(context_.worktree, "commit");
  }

  Result<CommitId> head() const {
    const std::string key = COWSTORE_TRY(head_key());
    if (auto commit = context_.view.commit(key)) return *commit;
    return fail(ErrorCode::kNotFound, "this working copy has no commit yet",
                "make the first one with `cowstore commit`");
  }

  Result<CommitId> by_id(const std::string& text) const {
    if (!may_be_id(text)) return unknown();
    if (text.size() == kFullId) return full_id(text);
    auto found = COWSTORE_TRY(context_.commits.with_prefix(text, kShownCandidates));
    if (found.empty()) return unknown();
    if (found.size() > 1) return ambiguous(found);
    return found.front();
  }

  Result<CommitId> full_id(const std::string& text) const {
    const CommitId id(*Digest::from_hex(text));
    auto parents = context_.commits.parents(id);
    if (parents) return id;
    if (parents.error().code == ErrorCode::kNotFound) return fail(ErrorCode::kNotFound, "there is no such commit");
    return std::move(parents).error();
  }

  Error ambiguous(const std::vector<CommitId>& candidates) const {
    std::string list;
    for (const CommitId& id : candidates) {
      list += (list.empty() ? "" : ", ") + id.hex().substr(0, revision_.base.size() + kShownDigits);
    }
    return fail(ErrorCode::kUsage, "the ids of several commits begin so", "among them " + list);
  }

  Error unknown() const {
    if (revision_.base == "HEAD")
      return fail(ErrorCode::kNotFound, "there is no such branch, tag or commit", "this working copy's commit is @");
    std::vector<std::string> names = branch_names(context_.view);
    for (std::string& tag : tag_names(context_.view)) names.push_back(std::move(tag));
    std::string list;
    for (const std::string& name : similar_names(revision_.base, names)) list += (list.empty() ? "" : ", ") + name;
    return fail(ErrorCode::kNotFound, "there is no such branch, tag or commit",
                list.empty() ? "" : "did you mean " + list + "?");
  }

  /// BRANCH@{…} and @{…}: the value that a key had.
  Result<CommitId> earlier() const {
    const std::string key = revision_.base.empty() ? COWSTORE_TRY(head_key()) : branch_key(revision_.base);
    if (!revision_.base.empty() && context_.view.contains(tag_key(revision_.base)) && !context_.view.contains(key))
      return fail(ErrorCode::kUsage, "only branches and @ have an earlier state, and this is a tag");
    const auto count = count_of(*revision_.at);
    const auto value = count ? COWSTORE_TRY(changes_ago(key, *count)) : COWSTORE_TRY(at_time(key));
    const auto digest = value ? Digest::from_hex(*value) : std::nullopt;
    if (digest) return CommitId(*digest);
    return revision_.base.empty() || context_.view.contains(key)
               ? fail(ErrorCode::kNotFound, "there was no commit at that time")
               : unknown();
  }

  Result<std::optional<std::string>> changes_ago(const std::string& key, std::uint64_t count) const {
    auto value = context_.view.get(key);
    std::uint64_t passed = 0;
    if (count > 0) {
      COWSTORE_TRY(context_.history.newest_first([&](const Operation& operation) {
        for (const Change& change : operation.changes) {
          if (change.name != key || change.old_value == change.new_value) continue;
          value = change.old_value;
          ++passed;
        }
        return passed < count ? Walk::kContinue : Walk::kStop;
      }));
    }
    if (passed == count) return value;
    return fail(ErrorCode::kNotFound, "it changed only " + std::to_string(passed) + " times");
  }

  Result<std::optional<std::string>> at_time(const std::string& key) const {
    const Timestamp time = COWSTORE_TRY(parse_time_text(*revision_.at, context_.now, context_.utc_offset_minutes));
    auto value = context_.view.get(key);
    COWSTORE_TRY(context_.history.newest_first([&](const Operation& operation) {
      if (operation.time <= time) return Walk::kStop;
      for (const Change& change : operation.changes)
        if (change.name == key) value = change.old_value;
      return Walk::kContinue;
    }));
    return value;
  }

  Result<CommitId> take(const RevisionStep& step, CommitId commit) const {
    if (step.kind == RevisionStep::Kind::kParent) return step.count == 0 ? commit : parent(commit, step.count);
    for (std::uint32_t i = 0; i < step.count; ++i) commit = COWSTORE_TRY(parent(commit, 1));
    return commit;
  }

  Result<CommitId> parent(const CommitId& commit, std::uint32_t number) const {
    const auto parents = COWSTORE_TRY(context_.commits.parents(commit));
    if (number <= parents.size()) return parents[number - 1];
    const std::string id = commit.hex().substr(0, kShownDigits);
    return fail(ErrorCode::kNotFound, parents.empty() ? "commit " + id + " is the first one"
                                                      : "commit " + id + " has only " + std::to_string(parents.size()) +
                                                            (parents.size() == 1 ? " parent" : " parents"));
  }

  const Revision& revision_;
  const ResolveContext& context_;
};

}  // namespace

Result<Resolved> resolve(const Revision& revision, const ResolveContext& context) {
  return Resolver(revision, context).run();
}

Result<Resolved> resolve(std::string_view text, const ResolveContext& context) {
  return resolve(COWSTORE_TRY(parse_revision(text)), context);
}

}  // namespace cowstore::refs
