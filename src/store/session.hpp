// A directory of its own for each running transaction: tmp/<session>/.
//
// Its file `lock` is held (flock) while the session lives, so that whoever can take the lock knows that the session
// crashed. The lock is the first file made in the directory and the last one removed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"
#include "sys/lock.hpp"

namespace cowstore::store {

/// Thread-safe.
class Session {
 public:
  /// Removes what crashed sessions left, as far as it may, and makes a new one.
  static Result<std::unique_ptr<Session>> begin(const sys::Dir& store_dir);
  ~Session();

  [[nodiscard]] const sys::Dir& dir() const { return dir_; }
  /// A new file for reading and writing, whose mode lets nobody else write.
  Result<sys::Fd> create(std::string_view name) const { return dir_.create_new(name, 0444); }
  /// Removes the directory with all that is in it. Best effort: what remains goes when the next session begins.
  void remove();

 private:
  Session(sys::Dir tmp, sys::Dir dir, std::string name, sys::FileLock lock);
  static Result<std::optional<std::unique_ptr<Session>>> try_begin(const sys::Dir& store_dir);
  sys::Dir tmp_;
  sys::Dir dir_;
  std::string name_;
  sys::FileLock lock_;
};

/// Names in tmp/ of the sessions that crashed.
Result<std::vector<std::string>> stale_sessions(const sys::Dir& store_dir);

}  // namespace cowstore::store
