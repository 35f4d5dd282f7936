// Makes one file of a version: cloned from its loose file, or written from its chunks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "share/ladder.hpp"
#include "store/store.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::provider {

/// Which times a file gets.
enum class Times : std::uint8_t {
  kRecorded,  ///< those of the version, where it has any
  kCurrent,   ///< the clock's, so that build tools notice
};

/// Thread-safe. Data first, then permissions, mtime last: cloning changes times and drops setuid.
class FileMaker {
 public:
  /// Borrows both.
  FileMaker(store::Store& store, share::Ladder& ladder, Verification verification, Times times);

  /// Makes `parent/name`, which must not exist, as a regular file or symlink, and gives its stat. Holes come back as
  /// holes. Permissions are the recorded ones exactly; where none are recorded, 0666 or 0777 less the umask.
  /// After an error the file may be there in part: make it under a temporary name.
  Result<sys::Stat> make(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                         const object::Attributes& attributes) const;

 private:
  Result<sys::Stat> make_symlink(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                                 const object::Attributes& attributes) const;
  Result<void> fill(const sys::Fd& file, const object::FileRef& content, const std::string& path) const;
  Result<bool> fill_by_clone(const sys::Fd& file, const object::FileRef& content, const std::string& path) const;
  Result<bool> is_source(const store::LooseFile& loose, const object::FileRef& content) const;
  Result<void> verify(const sys::Fd& loose, const object::FileRef& content) const;

  store::Store& store_;
  share::Ladder& ladder_;
  Verification verification_;
  Times times_;
};

/// Writes a file's content from its chunks into an empty file; stretches of zeros that fill blocks are left as holes.
/// Gives the number of bytes that were written.
Result<std::uint64_t> write_content(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                    std::string_view path);

}  // namespace cowstore::provider
