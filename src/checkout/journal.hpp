// What a working copy notes before a command changes its files, so that whoever comes next can finish it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "refs/operation.hpp"
#include "sys/dir.hpp"

namespace cowstore::checkout {

/// The file `journal` of the control directory. It says between which two versions files are being changed; every path
/// is then in one of both states, or somebody else's work.
struct Journal {
  enum class State {
    kExecuting,  ///< files are being changed: finish it
    kFinished,   ///< done, but maybe not durable: after another boot the files are looked at by content
  };
  State state = State::kExecuting;
  std::string boot_id;
  object::TreeRoots from;
  object::TreeRoots to;
  /// Versions that the files have been since they were last made durable: what differs between any of them and `to`
  /// may be lost in a power cut. More than one after several switches: there and back leaves the version, not the
  /// files.
  std::vector<object::TreeRoots> unsynced_from;
  FileTimes times = FileTimes::kCurrent;
  refs::NewOperation operation;  ///< to be appended when all is done
};

/// Replaces the journal. With kExecuting it is synced, and its directory too, before the call returns.
Result<void> write_journal(const sys::Dir& control, const Journal& journal);
/// Nothing if there is none. kCorrupt if it can't be read: it was written whole, so somebody damaged it.
Result<std::optional<Journal>> read_journal(const sys::Dir& control);
/// Absent is fine.
Result<void> remove_journal(const sys::Dir& control);

}  // namespace cowstore::checkout
