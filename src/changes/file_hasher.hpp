// Hashes files of a scan in parallel. Private to the module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "changes/compare.hpp"
#include "changes/failures.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"

namespace cowstore::changes {

struct HashJob {
  ScannedDirectory* directory = nullptr;
  ScannedEntry* entry = nullptr;  ///< a file of it
  enum class Outcome : std::uint8_t {
    kHashed,    ///< the entry is kKnown
    kGone,      ///< there is no such file any more
    kChanging,  ///< no content could be pinned down
    kUnreadable,
    kFailed,  ///< told to the Failures
  } outcome = Outcome::kFailed;
  int sys_errno = 0;  ///< of what is kUnreadable: why
};

/// Does all jobs and brings their entries up to date. Neighbours in one directory are done together, so jobs come
/// best in the order of a walk. Not to be called from the pool's threads.
void hash_files(std::span<HashJob> jobs, const CompareTools& tools, Failures& failures);

}  // namespace cowstore::changes
