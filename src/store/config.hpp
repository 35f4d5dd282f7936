// What a store was made for: the file `config`, written once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chunk/chunker.hpp"
#include "cowstore/result.hpp"

namespace cowstore::store {

/// What is recorded beside the content of each entry.
enum class AttributesPolicy : std::uint8_t {
  kNone,
  kTimes,  ///< mtime and permission bits
  kFull,   ///< and owners, extended attributes, hard-link groups, special files
};

/// "none", "times", "full".
const char* to_string(AttributesPolicy policy);

struct StoreConfig {
  AttributesPolicy attributes = AttributesPolicy::kTimes;
  chunk::Profile chunking = chunk::Profile::kDefault;
  bool operator==(const StoreConfig&) const = default;
};

inline constexpr std::uint32_t kStoreFormat = 1;

/// Canonical JSON: sorted keys, no white space, no line end.
std::string encode_config(const StoreConfig& config);
/// kUnsupported for a newer format, and for a feature that isn't known, by its name; kCorrupt for anything else that
/// isn't a config. Errors carry no path.
Result<StoreConfig> decode_config(std::string_view text);

}  // namespace cowstore::store
