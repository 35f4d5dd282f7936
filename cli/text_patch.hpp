// One change as a patch that `patch -p1` and `git apply` take.
#pragma once

#include <functional>
#include <string>

#include "cli/paint.hpp"
#include "cowstore/diff.hpp"
#include "cowstore/result.hpp"

namespace cowstore::cli {

/// Reads the content of a file that is one side of the change.
using ContentReader = std::function<Result<void>(const EntryInfo& entry, const ContentSink& sink)>;

/// Files that hold a NUL near their start, or are larger than 32 MiB, are said to differ and not shown.
Result<std::string> patch_of(const EntryChange& change, const ContentReader& read, const Paint& paint);

}  // namespace cowstore::cli
