// Undo of `worktree remove`: the working copy is made again in its place, with the work that was in it.
#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/checkout.hpp"
#include "repo/open.hpp"
#include "repo/registered.hpp"
#include "repo/snapshot.hpp"
#include "repo/worktrees.hpp"

namespace cowstore::repo {

namespace {

class BringBack {
 public:
  BringBack(Session& session, const refs::UndoPlan& plan)
      : session_(session), plan_(plan), id_(refs::detail(plan.undone, kRemovedKey).value_or("")) {}

  /// The path, once it is there.
  Result<std::string> run() {
    path_ = old_value("path").value_or("");
    content_ = refs::detail(plan_.undone, kBeforeKey).value_or("");
    if (path_.empty() || content_.empty())
      return Error{ErrorCode::kUnsupported, 0, "bring back the working copy", path_, "there was nothing in it", ""};
    COWSTORE_TRY(make_files());
    COWSTORE_TRY(record());
    return path_;
  }

 private:
  [[nodiscard]] std::optional<std::string> old_value(const char* field) const {
    for (const refs::Change& change : plan_.undone.changes) {
      if (change.name == refs::worktree_key(id_, field)) return change.old_value;
    }
    return std::nullopt;
  }

  /// As a working copy of its own for now. One that an interrupted undo made is gone on with.
  Result<void> make_files() {
    if (COWSTORE_TRY(find_made())) return {};
    COWSTORE_TRY(checkout_new(session_, content_, path_, {}));
    if (COWSTORE_TRY(find_made())) return {};
    return Error{ErrorCode::kConflict, 0, "bring back the working copy", path_, "somebody changed it meanwhile", ""};
  }

  Result<bool> find_made() {
    auto opened = open_at(path_, session_.context);  // registers it, if that is missing
    if (!opened || (*opened)->copy.store_path() != session_.copy.store_path()) return false;
    std::vector<Registered> all = COWSTORE_TRY(registered_copies(session_));
    const Registered* there = registration_of(all, (*opened)->copy);
    if (there == nullptr || there->path != path_ || there->branch || !there->commit || there->commit->hex() != content_)
      return false;
    made_ = *there;
    return true;
  }

  /// One operation: it is at what the removed one was at, so that the work that was in it is uncommitted work again.
  /// The id is a new one: to give it the old one would take a second step, and a crash before that would leave two
  /// entries.
  Result<void> record() {
    refs::NewOperation operation = session_.new_operation();
    operation.details = plan_.details;
    add(operation, "commit", content_, old_value("commit"));
    add(operation, "branch", std::nullopt, old_value("branch"));
    COWSTORE_TRY(session_.append(operation));
    return {};
  }

  void add(refs::NewOperation& operation, const char* field, const std::optional<std::string>& before,
           const std::optional<std::string>& after) const {
    if (before != after) operation.changes.push_back({refs::worktree_key(made_.id, field), before, after});
  }

  Session& session_;
  const refs::UndoPlan& plan_;
  std::string id_;
  std::string path_;
  std::string content_;  ///< the commit that has what was in it
  Registered made_;
};

}  // namespace

Result<std::string> bring_back_worktree(Session& session, const refs::UndoPlan& plan) {
  return BringBack(session, plan).run();
}

}  // namespace cowstore::repo
