// How deep directories may be nested. Private to the module.
#pragma once

#include <cstddef>
#include <string_view>

#include "cowstore/result.hpp"

namespace cowstore::changes {

/// Walks recurse, and a version may come from a stranger. No path that the kernel takes in one call is deeper.
inline constexpr std::size_t kMaxDepth = 2048;

inline Error too_deep(std::string_view path) {
  return {ErrorCode::kUnsupported, 0, "enter", std::string(path), "directories are nested too deeply", ""};
}

}  // namespace cowstore::changes
