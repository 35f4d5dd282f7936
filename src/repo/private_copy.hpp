// Working copies that live for one command, in the store: store/run/<name>/copy, beside a lock that lives as long as
// the command. Registered like any other, since the command may use them as such.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// A place for one; destroyed, it is removed with all that is in it, as discard() does. What can't be removed is found
/// by the next make().
class PrivatePlace {
 public:
  /// Removes what commands that were killed left.
  static Result<PrivatePlace> make(Session& session);
  PrivatePlace(PrivatePlace&& other) noexcept;
  ~PrivatePlace();

  /// Where the working copy is to be made: absolute; its parent exists.
  [[nodiscard]] std::string path() const;
  /// Takes the working copy out of the view, and removes it.
  Result<void> discard();
  /// Leaves it where it is, for good: a working copy like any other.
  Result<void> keep();

 private:
  PrivatePlace(Session& session, sys::Dir all, std::string name, sys::FileLock lock);
  Session* session_;
  sys::Dir all_;
  std::string name_;
  sys::FileLock lock_;
};

/// What a command that was killed left.
struct AbandonedCopy {
  std::string path;    ///< absolute; with the lock in it
  sys::FileLock lock;  ///< held while this lives
};
Result<std::vector<AbandonedCopy>> abandoned_copies(Session& session);
Result<void> remove_abandoned(Session& session, const AbandonedCopy& abandoned);

/// kUnsupported in a private copy, which hides what lies below the working copy that it stands for.
Result<void> refuse_in_private_copy(Session& session, const std::string& operation);

/// Takes the working copy at that absolute path out of the view, and removes it, whatever is in it.
Result<void> remove_copy(Session& session, const std::string& path);

}  // namespace cowstore::repo
