#include "store/session.hpp"

#include <cerrno>

#include "base/try.hpp"
#include "sys/system.hpp"

namespace cowstore::store {

namespace {

constexpr std::string_view kTmp = "tmp";
constexpr std::string_view kLock = "lock";
constexpr int kAttempts = 8;

Result<void> remove_contents(const sys::Dir& dir) {
  for (const sys::ListedEntry& entry : COWSTORE_TRY(dir.list())) {
    if (entry.name != kLock) COWSTORE_TRY(dir.remove_tree(entry.name));
  }
  return dir.remove_tree(kLock);
}

/// The lock of a session that nobody holds. An empty directory is one that is just being made, or that lost everything
/// but itself: it has no lock to take.
Result<std::optional<sys::FileLock>> lock_if_stale(const sys::Dir& dir) {
  if (COWSTORE_TRY(dir.list()).empty()) return std::optional<sys::FileLock>();
  return sys::FileLock::try_acquire(dir, kLock, "removes what a crash left");
}

Result<void> remove_if_stale(const sys::Dir& tmp, const std::string& name) {
  // Succeeds for an empty directory only. If its owner was about to lock it, that fails and makes another one.
  if (tmp.remove_dir(name)) return {};
  sys::Dir dir = COWSTORE_TRY(tmp.open_dir(name));
  auto lock = COWSTORE_TRY(lock_if_stale(dir));
  if (!lock) return {};
  COWSTORE_TRY(remove_contents(dir));
  return tmp.remove_dir(name);
}

void remove_stale_sessions(const sys::Dir& tmp) {
  auto entries = tmp.list();
  if (!entries) return;
  // Another user's leftovers may be out of reach; they are no reason not to begin.
  for (const sys::ListedEntry& entry : *entries) (void)remove_if_stale(tmp, entry.name);
}

bool is_taken_away(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == EEXIST;
}

}  // namespace

Session::Session(sys::Dir tmp, sys::Dir dir, std::string name, sys::FileLock lock)
    : tmp_(std::move(tmp)), dir_(std::move(dir)), name_(std::move(name)), lock_(std::move(lock)) {}

Session::~Session() {
  remove();
}

void Session::remove() {
  if (remove_contents(dir_)) (void)tmp_.remove_dir(name_);
}

Result<std::unique_ptr<Session>> Session::begin(const sys::Dir& store_dir) {
  remove_stale_sessions(COWSTORE_TRY(store_dir.open_dir(kTmp)));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto session = COWSTORE_TRY(try_begin(store_dir));
    if (session) return std::move(*session);
  }
  return Error{ErrorCode::kBusy,
               0,
               "begin a session in",
               store_dir.path_of(kTmp),
               "others keep removing it as one that a crash left",
               "run the command again"};
}

/// Between making the directory and locking it, another one's begin() may take it for stale. So the lock counts only if
/// the file under its name is the one that was locked.
Result<std::optional<std::unique_ptr<Session>>> Session::try_begin(const sys::Dir& store_dir) {
  using Outcome = std::optional<std::unique_ptr<Session>>;
  sys::Dir tmp = COWSTORE_TRY(store_dir.open_dir(kTmp));
  std::string name = sys::unique_name();
  COWSTORE_TRY(tmp.make_dir(name, 0777));
  auto dir = tmp.open_dir(name);
  if (!dir && is_taken_away(dir.error())) return Outcome();
  if (!dir) return std::move(dir).error();
  auto lock = sys::FileLock::try_acquire(*dir, kLock, name);
  if (!lock && is_taken_away(lock.error())) return Outcome();
  if (!lock) {
    (void)dir->unlink(kLock);
    (void)tmp.remove_dir(name);
    return std::move(lock).error();
  }
  if (!*lock) return Outcome();
  std::unique_ptr<Session> session(new Session(std::move(tmp), std::move(*dir), name, std::move(**lock)));
  if (!COWSTORE_TRY(session->lock_.is_at(session->dir_, kLock))) return Outcome();
  return Outcome(std::move(session));
}

Result<std::vector<std::string>> stale_sessions(const sys::Dir& store_dir) {
  std::vector<std::string> stale;
  sys::Dir tmp = COWSTORE_TRY(store_dir.open_dir(kTmp));
  for (const sys::ListedEntry& entry : COWSTORE_TRY(tmp.list())) {
    auto dir = tmp.open_dir(entry.name);
    if (!dir) continue;
    auto lock = lock_if_stale(*dir);
    if (lock && *lock) stale.push_back(entry.name);
  }
  return stale;
}

}  // namespace cowstore::store
