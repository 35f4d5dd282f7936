// Copies one thing of a working copy as it is now: content, times, permissions, owner, extended attributes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "share/ladder.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"
#include "sys/stat.hpp"

namespace cowstore::provider {

/// Something that was copied. The content is that which the source had while its stat was `source`: before and after
/// the copying that was the same.
struct Copied {
  sys::Stat source;
  sys::Stat copy;
  std::string target;  ///< of a symlink
  std::vector<std::string>
      incomplete;      ///< what couldn't be set: "owner 0:0", "security.capability", "character device"
  bool exists = true;  ///< false for a device that this process may not make
};

/// Thread-safe.
class FileCopier {
 public:
  /// Files changed since `recent` may be mapped by somebody who still writes: before they are read they are written
  /// back, so that the next store shows in their times. A minute ago will do, since the kernel does the same by itself.
  explicit FileCopier(Timestamp recent) : recent_(recent) {}

  /// Makes `to/name` a copy of `from/name`, which is anything but a directory and had the stat `seen`. Nothing if it
  /// has vanished meanwhile. Cloned, holes kept, where `ladder` lets it. A file that changes while it is copied is
  /// copied again; if that goes on, a clone is taken as it is (the file system makes it at one moment), else it is
  /// kBusy. After an error `to/name` may be there in part.
  Result<std::optional<Copied>> copy(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                     const sys::Stat& seen, share::Ladder& ladder) const;

  /// Gives `to/name`, which is there, the owner, extended attributes and permissions of `from/name`, which has the stat
  /// `source`; what can't be set goes to `incomplete`. "." stands for the directories themselves.
  static Result<void> copy_attributes(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                      const sys::Stat& source, std::vector<std::string>& incomplete);

 private:
  Result<std::optional<Copied>> copy_regular(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                             const sys::Stat& seen, share::Ladder& ladder) const;
  Result<sys::Stat> fill_until_still(const sys::Fd& from, const sys::Fd& to, sys::Stat before, share::Ladder& ladder,
                                     const std::string& path) const;
  Result<bool> fill(const sys::Fd& from, const sys::Fd& to, const sys::Stat& stat, share::Ladder& ladder,
                    const std::string& path) const;
  Result<std::optional<Copied>> copy_symlink(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                             const sys::Stat& source) const;
  Result<std::optional<Copied>> copy_special(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                             const sys::Stat& source) const;

  Timestamp recent_;
};

}  // namespace cowstore::provider
