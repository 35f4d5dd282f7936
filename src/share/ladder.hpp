// The copy ladder: clone where the kernel can, else copy; one place decides, and counts what was done.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"
#include "cowstore/sharing.hpp"
#include "sys/fd.hpp"

namespace cowstore::share {

/// How far down somebody who asked for a method lets us go.
enum class Policy : std::uint8_t {
  kAuto,       ///< clone, else copy
  kCloneOnly,  ///< an error instead of a copy
  kCopyOnly,   ///< never try to clone
};

/// What a failed clone means for what comes next.
enum class AfterFailure : std::uint8_t {
  kCopyThisFile,  ///< something about this file; the next one may be cloned
  kCopyAllFiles,  ///< these two directories can't share: don't ask again, unless it has worked before
  kGiveUp,        ///< the disk is full or broken: copying would only hide it
};

/// The errno of FICLONE, sorted. Each has its reason in the source.
AfterFailure after_clone_failure(int sys_errno);

/// Why a clone failed, for people: "this file system has no reflinks", …
std::string clone_failure_reason(int sys_errno);

/// The rung below clones where hard links were asked for: what a failed link to one of several equal files means.
enum class AfterLinkFailure : std::uint8_t {
  kLinkAnother,  ///< this one is full, or gone: another file with the same content and attributes may be linked
  kMakeFile,     ///< something about this file or this place: a file of its own
  kGiveUp,
};
AfterLinkFailure after_link_failure(int sys_errno);
/// Why, for people.
std::string link_failure_reason(int sys_errno);

/// Files up to this size are written, never cloned: a block would be shared to save less than its metadata costs.
inline constexpr std::uint64_t kSmallFileBytes = 4096;

/// One pair of directories (store and working copy, either way round): tries, falls, counts. Thread-safe.
class Ladder {
 public:
  explicit Ladder(Policy policy) : policy_(policy), may_clone_(policy != Policy::kCopyOnly) {}

  /// Whether cloning hasn't been ruled out for this pair.
  [[nodiscard]] bool may_clone() const { return may_clone_.load(std::memory_order_relaxed); }

  /// Clones; true if done and counted, false if this file is to be copied (`to` may hold a part: truncate it). A file
  /// system that says it is done but has cloned less counts as one that can't clone this file yet.
  /// An error for kCloneOnly, and where copying makes no sense. `bytes` is the file's size, `path` for messages.
  Result<bool> try_clone(const sys::Fd& from, const sys::Fd& to, std::uint64_t bytes, std::string_view path);

  /// Counts a file of `bytes` of which `written` were written, the rest being holes. Larger ones than kSmallFileBytes
  /// are an error under kCloneOnly: ask before writing with refuse_copy().
  void count_copy(std::uint64_t bytes, std::uint64_t written);
  /// Says why files were copied that might have been cloned; the first reason is the one that is reported.
  void note_reason(std::string_view reason);
  /// The error that stands for copying this file although only clones are allowed; ok() if it may be copied.
  Result<void> refuse_copy(std::uint64_t bytes, std::string_view path, std::string_view reason) const;

  [[nodiscard]] SharingReport report() const;

 private:
  /// After a clone that failed: false if the file is to be copied.
  Result<bool> descend(Error error);

  Policy policy_;
  std::atomic<bool> may_clone_;
  std::atomic<std::uint64_t> cloned_{0}, copied_{0}, copied_small_{0}, bytes_cloned_{0}, bytes_written_{0};
  mutable std::mutex mutex_;
  std::string reason_;
};

}  // namespace cowstore::share
