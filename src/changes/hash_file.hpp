// The content of a file as a reference, without storing anything.
#pragma once

#include <string_view>

#include "chunk/chunker.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::changes {

struct HashedFile {
  object::FileRef file;
  sys::Stat stat;  ///< taken before the reading, and the same after it
};

/// Reads a regular file and says what its content is. It is written back first, so that a later store through an
/// existing mapping changes its times. Holes are not read. Memory: about 1 MiB, kept per thread.
/// A file that changes meanwhile is read again, a few times; then kBusy. kBusy too for what isn't a regular file any
/// more, kNotFound for what is gone. Thread-safe.
Result<HashedFile> hash_file(const sys::Dir& parent, std::string_view name, const chunk::CutRule& rule);

/// Starts the writing back that hash_file() would have to wait for. Done for several files before the first of them is
/// hashed, it makes one wait of many. Best effort.
void prepare_to_hash(const sys::Dir& parent, std::string_view name);

}  // namespace cowstore::changes
