#include "refs/undo.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/try.hpp"
#include "refs/names.hpp"

namespace cowstore::refs {
namespace {

constexpr std::size_t kShownDigits = 12;

/// Walks back to the operation to undo and remembers who changed what after it.
class UndoSearch {
 public:
  explicit UndoSearch(std::string_view worktree) : worktree_(worktree) {}

  Walk visit(const Operation& operation) {
    if (operation.worktree == worktree_ && !settles(operation)) {
      found_ = operation;
      return Walk::kStop;
    }
    // The newest one that touched a key is the one that set its present value.
    for (const Change& change : operation.changes) later_.try_emplace(change.name, operation);
    return Walk::kContinue;
  }

  [[nodiscard]] const std::optional<Operation>& found() const { return found_; }
  [[nodiscard]] const Operation* later(const std::string& name) const {
    const auto found = later_.find(name);
    return found == later_.end() ? nullptr : &found->second;
  }

 private:
  /// Whether it is an undo, or undone.
  bool settles(const Operation& operation) {
    if (auto undone = detail(operation, kUndoesKey)) {
      undone_.insert(std::move(*undone));
      return true;
    }
    return undone_.contains(operation.id.hex());
  }

  std::string_view worktree_;
  std::set<std::string> undone_;
  std::map<std::string, Operation> later_;
  std::optional<Operation> found_;
};

std::string name_of(const Operation& operation) {
  std::string text = "operation " + operation.id.hex().substr(0, kShownDigits);
  return operation.command.empty() ? text : text + " (" + operation.command + ")";
}

Error in_the_way(const std::string& name, const Operation* later) {
  const std::string who = later == nullptr ? "something else" : "the later " + name_of(*later);
  return {ErrorCode::kConflict,
          0,
          "undo",
          name,
          who + " changed " + describe_key(name),
          "undo that one first, or go back to an earlier state with `cowstore op restore`"};
}

Change towards(const std::string& key, const View& now, const View& then) {
  return {key, now.get(key), then.get(key)};
}

void add_if_different(std::vector<Change>& changes, Change change) {
  if (change.old_value != change.new_value) changes.push_back(std::move(change));
}

void add_prefix(std::vector<Change>& changes, const View& now, const View& then, std::string_view prefix) {
  std::set<std::string> keys;
  for (const auto& [key, value] : now.with_prefix(prefix)) keys.insert(key);
  for (const auto& [key, value] : then.with_prefix(prefix)) keys.insert(key);
  for (const std::string& key : keys) add_if_different(changes, towards(key, now, then));
}

bool is_registered(const View& view, std::string_view worktree) {
  return !view.with_prefix(worktree_key(worktree, "")).empty();
}

}  // namespace

Result<UndoPlan> plan_undo(const View& view, std::string_view worktree, History& history) {
  UndoSearch search(worktree);
  COWSTORE_TRY(history.newest_first([&](const Operation& operation) { return search.visit(operation); }));
  if (!search.found())
    return Error{
        ErrorCode::kNotFound, 0, "undo", "", "this working copy has no operation left that could be undone", ""};
  UndoPlan plan{*search.found(), {}, {}};
  for (const Change& change : plan.undone.changes) {
    if (view.get(change.name) != change.new_value) return in_the_way(change.name, search.later(change.name));
    add_if_different(plan.changes, {change.name, change.new_value, change.old_value});
  }
  plan.details = COWSTORE_TRY(with_detail("{}", kUndoesKey, plan.undone.id.hex()));
  return plan;
}

std::vector<Change> plan_restore(const View& now, const View& then, std::string_view worktree) {
  std::vector<Change> changes;
  add_prefix(changes, now, then, kBranchPrefix);
  add_prefix(changes, now, then, kTagPrefix);
  if (worktree.empty() || !is_registered(now, worktree) || !is_registered(then, worktree)) return changes;
  for (const char* field : {"commit", "branch"})
    add_if_different(changes, towards(worktree_key(worktree, field), now, then));
  return changes;
}

}  // namespace cowstore::refs
