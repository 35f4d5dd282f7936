// How files came to where they are: shared with the store, or copied. Every command that materialises says so.
#pragma once

#include <cstdint>
#include <string>

namespace cowstore {

struct SharingReport {
  std::uint64_t cloned = 0;        ///< files that share their blocks (reflink)
  std::uint64_t linked = 0;        ///< files that share their inode (hard link)
  std::uint64_t copied = 0;        ///< files whose bytes were written, small ones included
  std::uint64_t copied_small = 0;  ///< of these, files up to a block, which are always written
  std::uint64_t bytes_cloned = 0;
  std::uint64_t bytes_linked = 0;   ///< size of the files that share their inode with the store's
  std::uint64_t bytes_written = 0;  ///< bytes of content written by copying, and to make files that are then linked
  std::string copy_reason;          ///< why larger files were copied, when some were: "ext4 has no reflinks", …
};

}  // namespace cowstore
