// What one file takes of its file system. Private to the module.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::space {

/// A stretch that the file system calls shared. Of encoded data no length on the device is known: then `begin` is the
/// start of a slot of its own, and the length that of what it stands for.
struct Stretch {
  enum class Kind : std::uint8_t { kPlain, kEncoded } kind = Kind::kPlain;
  std::uint64_t begin = 0;
  std::uint64_t length = 0;
};

struct Measured {
  std::uint64_t own = 0;      ///< bytes that nobody shares
  std::uint64_t inlined = 0;  ///< bytes in the file system's tables
  std::uint64_t encoded = 0;  ///< of `own`
  std::vector<Stretch> stretches;
};

/// Whether file systems tell where their files lie. By st_blocks all is a file's own.
enum class Tells : std::uint8_t { kExtents, kBlocks };

/// Of a regular file whose stat that is. kUnsupported where extents can't be told.
Result<Measured> measure(const sys::Dir& dir, const std::string& name, const sys::Stat& stat, Tells tells);
/// What st_blocks says.
std::uint64_t allocated(const sys::Stat& stat);

}  // namespace cowstore::space
