#include "share/ladder.hpp"

#include <cerrno>
#include <cstring>

#include "base/try.hpp"
#include "sys/clone.hpp"
#include "sys/file.hpp"

namespace cowstore::share {

namespace {

/// Some file systems have said that they were done when they weren't. A source that was cut off meanwhile is no such
/// case.
Result<bool> is_whole(const sys::Fd& from, const sys::Fd& to, std::uint64_t bytes, std::string_view path) {
  const std::uint64_t arrived = COWSTORE_TRY(sys::stat(to, path)).size;
  return arrived >= bytes || arrived >= COWSTORE_TRY(sys::stat(from, path)).size;
}

}  // namespace

AfterFailure after_clone_failure(int sys_errno) {
  switch (sys_errno) {
    case EXDEV:       // two file systems
    case EOPNOTSUPP:  // this file system has no reflinks
    case ENOTTY:      // nor knows the request
    case ENOSYS:
      return AfterFailure::kCopyAllFiles;
    case EINVAL:   // one of the two is NOCOW, or the block size doesn't fit
    case EPERM:    // immutable target, or a swap file
    case EACCES:   // refused by a security module
    case ETXTBSY:  // an active swap file
    case EBADF:    // opened for appending
    case EISDIR:
    case EAGAIN:  // ZFS: the source's blocks are not on disk yet. They are in memory, so that copying costs little
    case EINTR:   // interrupted half-way; the copy starts afresh
    case EMLINK:  // the extent has all the references that it can have
      return AfterFailure::kCopyThisFile;
    default:  // ENOSPC, EDQUOT, EIO, EROFS, ENOMEM, …
      return AfterFailure::kGiveUp;
  }
}

std::string clone_failure_reason(int sys_errno) {
  switch (sys_errno) {
    case EXDEV:
      return "the store is on another file system";
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOSYS:
      return "this file system has no reflinks";
    case EINVAL:
      return "the file system refuses to clone some files (marked NOCOW?)";
    case EPERM:
    case EACCES:
      return "cloning some files is forbidden (immutable, or a security policy)";
    case ETXTBSY:
      return "an active swap file can't be cloned";
    case EAGAIN:
      return "the file system doesn't clone what it has not written to the disk yet";
    case EMLINK:
      return "some blocks are shared as often as the file system allows";
    default:
      return std::string("cloning failed: ") + std::strerror(sys_errno);
  }
}

AfterLinkFailure after_link_failure(int sys_errno) {
  switch (sys_errno) {
    case EMLINK:  // 65,000 names on ext4, 65,535 on Btrfs
    case ENOENT:  // removed since it was listed
      return AfterLinkFailure::kLinkAnother;
    case EXDEV:       // another file system, mount or subvolume
    case EPERM:       // no hard links there, an immutable file, or fs.protected_hardlinks
    case EACCES:      // refused by a security module
    case EOPNOTSUPP:  // no hard links there
    case ENOSYS:
      return AfterLinkFailure::kMakeFile;
    default:  // ENOSPC, EDQUOT, EIO, EROFS, ENOMEM, …
      return AfterLinkFailure::kGiveUp;
  }
}

std::string link_failure_reason(int sys_errno) {
  switch (sys_errno) {
    case EXDEV:
      return "the store is on another file system, mount or subvolume";
    case EPERM:
    case EACCES:
      return "hard links are forbidden there (no such thing, immutable files, or fs.protected_hardlinks)";
    case EOPNOTSUPP:
    case ENOSYS:
      return "this file system has no hard links";
    default:
      return std::string("linking failed: ") + std::strerror(sys_errno);
  }
}

Result<bool> Ladder::try_clone(const sys::Fd& from, const sys::Fd& to, std::uint64_t bytes, std::string_view path) {
  if (!may_clone()) return false;
  auto cloned = sys::clone_file(from, to, path);
  if (!cloned) return descend(std::move(cloned).error());
  if (!COWSTORE_TRY(is_whole(from, to, bytes, path)))
    return descend({ErrorCode::kIo, EAGAIN, "clone to", std::string(path), "it was cloned in part", ""});
  cloned_.fetch_add(1, std::memory_order_relaxed);
  bytes_cloned_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

Result<bool> Ladder::descend(Error error) {
  AfterFailure next = after_clone_failure(error.sys_errno);
  if (next == AfterFailure::kGiveUp) return error;
  if (policy_ == Policy::kCloneOnly) {
    error.code = ErrorCode::kUnsupported;
    error.hint = "use --method auto or copy, or put the working copy on the store's file system (Btrfs or XFS)";
    return error;
  }
  // Where it has worked before it was no verdict on the pair: a file system within the working copy, or one that says
  // so under load.
  const bool never_worked = cloned_.load(std::memory_order_relaxed) == 0;
  if (next == AfterFailure::kCopyAllFiles && never_worked) may_clone_.store(false, std::memory_order_relaxed);
  note_reason(clone_failure_reason(error.sys_errno));
  return false;
}

void Ladder::count_copy(std::uint64_t bytes, std::uint64_t written) {
  copied_.fetch_add(1, std::memory_order_relaxed);
  bytes_written_.fetch_add(written, std::memory_order_relaxed);
  if (bytes <= kSmallFileBytes) copied_small_.fetch_add(1, std::memory_order_relaxed);
}

Result<void> Ladder::refuse_copy(std::uint64_t bytes, std::string_view path, std::string_view reason) const {
  if (policy_ != Policy::kCloneOnly || bytes <= kSmallFileBytes) return {};
  return Error{ErrorCode::kUnsupported,
               0,
               "share",
               std::string(path),
               std::string(reason),
               "without --require-cow, and with --method auto, it would be copied"};
}

void Ladder::note_reason(std::string_view reason) {
  std::lock_guard lock(mutex_);
  if (reason_.empty()) reason_ = reason;
}

SharingReport Ladder::report() const {
  SharingReport report;
  report.cloned = cloned_.load();
  report.copied = copied_.load();
  report.copied_small = copied_small_.load();
  report.bytes_cloned = bytes_cloned_.load();
  report.bytes_written = bytes_written_.load();
  std::lock_guard lock(mutex_);
  if (report.copied > report.copied_small) report.copy_reason = reason_;
  return report;
}

}  // namespace cowstore::share
