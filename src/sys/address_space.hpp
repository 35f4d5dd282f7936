// On what two physical addresses of extents have to lie to mean the same place.
#pragma once

#include <cstdint>
#include <string>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/extents.hpp"

namespace cowstore::sys {

/// Equal for two directories exactly if addresses in their files' extent maps are comparable: the file system's id on
/// Btrfs, whose subvolumes have device numbers of their own, else the device number.
Result<std::string> address_space_of(const Dir& dir);

/// What an extent's flags say of its place.
enum class Placement : std::uint8_t {
  kPlain,    ///< at its address, of its length
  kDelayed,  ///< nowhere yet: it will be written to a place of its own
  kInline,   ///< within the file system's own tables
  kEncoded,  ///< compressed or encrypted: begins at its address, of unknown length there
};
Placement placement_of(const Extent& extent);

}  // namespace cowstore::sys
