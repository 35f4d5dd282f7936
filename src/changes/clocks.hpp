// What the clocks of file systems said before a scan. Private to the module.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "cowstore/time.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// The time of one file system before anything on it was looked at. Others have clocks of their own, about which it
/// says nothing.
struct Stamp {
  std::optional<std::uint64_t> device;
  Timestamp now;
};

/// The stamps of all file systems that a scan meets. Thread-safe.
class Clocks {
 public:
  explicit Clocks(const Stamp& first) : first_(first) {}
  /// The stamp of the directory's file system, read in this directory unless it is known already; a time before all
  /// others where it can't be: then nothing is proven. To be called before the directory is looked at.
  Timestamp stamp_of(const sys::Dir& dir, std::uint64_t device);

 private:
  const Stamp first_;
  std::mutex mutex_;
  std::map<std::uint64_t, Timestamp> others_;
};

}  // namespace cowstore::changes
