#include "refs/view.hpp"

#include <utility>

#include "base/try.hpp"
#include "refs/names.hpp"

namespace cowstore::refs {
namespace {

std::string describe_value(const std::optional<std::string>& value) {
  if (!value) return "absent";
  return Digest::from_hex(*value) ? value->substr(0, 12) : "\"" + *value + "\"";
}

Error moved(const Change& change, const std::optional<std::string>& found) {
  return {
      ErrorCode::kConflict,
      0,
      "update",
      change.name,
      describe_key(change.name) + " is " + describe_value(found) + " by now, not " + describe_value(change.old_value),
      "somebody else changed it meanwhile: look at it again and repeat the command"};
}

/// The first string behind all that begin with `prefix`; nothing if there is none.
std::optional<std::string> successor(std::string_view prefix) {
  std::string text(prefix);
  while (!text.empty() && static_cast<unsigned char>(text.back()) == 0xFF) text.pop_back();
  if (text.empty()) return std::nullopt;
  text.back() = static_cast<char>(static_cast<unsigned char>(text.back()) + 1);
  return text;
}

}  // namespace

std::optional<std::string> View::get(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<CommitId> View::commit(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  const auto digest = Digest::from_hex(found->second);
  return digest ? std::optional(CommitId(*digest)) : std::nullopt;
}

View::Range View::with_prefix(std::string_view prefix) const {
  const auto behind = successor(prefix);
  return {entries_.lower_bound(prefix), behind ? entries_.lower_bound(*behind) : entries_.end()};
}

Result<void> View::check(std::span<const Change> changes) const {
  for (const Change& change : changes) {
    auto found = get(change.name);
    if (found != change.old_value) return moved(change, found);
  }
  return {};
}

Result<void> View::apply(std::span<const Change> changes) {
  COWSTORE_TRY(check(changes));
  for (const Change& change : changes) set(change.name, change.new_value);
  return {};
}

void View::set(std::string key, std::optional<std::string> value) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    bytes_ -= found->first.size() + found->second.size();
    if (!value) entries_.erase(found);
  }
  if (!value) return;
  bytes_ += key.size() + value->size();
  entries_.insert_or_assign(std::move(key), std::move(*value));
}

bool View::append(std::string key, std::string value) {
  if (!entries_.empty() && key <= entries_.rbegin()->first) return false;
  bytes_ += key.size() + value.size();
  entries_.emplace_hint(entries_.end(), std::move(key), std::move(value));
  return true;
}

}  // namespace cowstore::refs
