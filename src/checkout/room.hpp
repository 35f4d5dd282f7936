// Whether what a checkout copies has room on the disk: asked before it begins, so that a disk isn't filled in vain.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "checkout/plan.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "sys/dir.hpp"

namespace cowstore::checkout {

/// Passes on the content of each file that will be made.
using FileSink = std::function<Result<void>(const object::FileRef&)>;
using FileLister = std::function<Result<void>(const FileSink&)>;

/// Of a whole version. Both borrow what they are given.
FileLister files_of(object::NodeSource& source, const object::TreeRoots& version);
FileLister files_of(const Plan& plan);
/// Bytes of the files that a plan replaces or removes.
std::uint64_t bytes_freed_by(const Plan& plan);

struct RoomRequest {
  FileLister files;
  std::uint64_t freed = 0;  ///< bytes that come free meanwhile
  /// Whether the files can share blocks with the store; asked only if it matters.
  std::function<Result<bool>()> can_clone;
  std::string path;  ///< for the message
};

/// kNoSpace, with both numbers, if it is certain that the files don't fit on the file system of `target`: they are
/// copied, and their data, holes left out, is more than what is free. A guess is never a refusal: where blocks are
/// shared, or may be compressed, the checkout has to try.
Result<void> expect_room(object::NodeSource& source, const sys::Dir& target, const RoomRequest& request);

}  // namespace cowstore::checkout
