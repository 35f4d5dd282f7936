// The directory in which a working copy's files are built before they get their names, and into which they are moved
// before they are removed. What a crash leaves in it may be somebody's work.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkout/difference.hpp"
#include "chunk/chunker.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::checkout {

/// Names of what was moved out, is somebody's work, and can't have its own name back.
inline constexpr std::string_view kSavedPrefix = ".cowstore-saved-";

/// Names that nothing else in the directory has. Thread-safe.
class ScratchNames {
 public:
  /// For a file under construction: nobody else has ever seen it.
  std::string building();
  /// For a file that comes from the working copy, and for a finished one that is about to change places with one.
  std::string moving();

 private:
  std::atomic<std::uint64_t> counter_{0};
};

/// Empties the directory of what an interrupted command left. `versions` are those that it went between: their contents
/// are stored, and unfinished files were nobody's. Anything else is an edit that was moved
/// out and not looked at any more: it is kept in `root` under a name with kSavedPrefix. Gives these names.
Result<std::vector<std::string>> clear_scratch(const sys::Dir& scratch, const sys::Dir& root,
                                               const VersionPair& versions, const chunk::CutRule& rule);

}  // namespace cowstore::checkout
