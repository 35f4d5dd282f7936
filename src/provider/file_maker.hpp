// Makes one file of a version: cloned from its loose file, or written from its chunks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
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

/// Something that was made, and what of its recorded attributes couldn't be restored.
struct Made {
  sys::Stat stat;                       ///< all zero if it couldn't be made at all
  bool exists = true;                   ///< false for a device that this process may not make
  std::vector<std::string> unrestored;  ///< for people: "owner 0:0", "security.capability", "character device"
};

/// Thread-safe. Data first, then mtime and permissions: cloning changes times and drops setuid.
class FileMaker {
 public:
  /// Borrows all. With `helpers`, large files that have to be written are written by the threads of that pool, where a
  /// thread that isn't one of them makes the file and waits.
  FileMaker(store::Store& store, share::Ladder& ladder, Verification verification, Times times,
            base::ThreadPool* helpers = nullptr);

  /// Makes `parent/name`, which must not exist, as a regular file or symlink, and gives its stat. Holes come back as
  /// holes. Permissions are the recorded ones exactly; where none are recorded, 0666 or 0777 less the umask.
  /// After an error the file may be there in part: make it under a temporary name.
  Result<sys::Stat> make(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                         const object::Attributes& attributes) const;

  /// The same with full attributes, where they are recorded, and for special files too: data, owner, extended
  /// attributes, permissions, mtime, in an order in which none undoes another. A file never has setuid or setgid bits,
  /// nor capabilities, for another owner than the recorded one. What the process or the file system doesn't allow is
  /// told and left out; a full disk is an error.
  Result<Made> make_full(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                         const object::Attributes& attributes) const;

  /// Gives what is there (a file, link, directory "." or special file) the recorded owner, extended attributes (taking
  /// away those that aren't recorded) and permissions, `wanted_mode` in place of the recorded ones if given. Times
  /// stay. Nothing is done unless full attributes are recorded. `unrestored` grows by what couldn't be restored.
  Result<void> apply_full(const sys::Dir& parent, const std::string& name, const object::Attributes& attributes,
                          std::vector<std::string>& unrestored,
                          std::optional<std::uint16_t> wanted_mode = std::nullopt) const;

  /// Reads a file of the store's and compares it with that content: kCorrupt, with the place, if it is another.
  Result<void> verify(const sys::Fd& file, const object::FileRef& content) const;

 private:
  Result<Made> make_special(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                            const object::Attributes& attributes) const;
  Result<std::string> value_of(const object::ExtendedAttribute& xattr) const;
  Result<sys::Stat> make_symlink(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                                 const object::Attributes& attributes) const;
  Result<void> fill(const sys::Fd& file, const object::FileRef& content, const std::string& path) const;
  Result<bool> fill_by_clone(const sys::Fd& file, const object::FileRef& content, const std::string& path) const;
  Result<bool> is_source(const store::LooseFile& loose, const object::FileRef& content) const;
  Result<std::uint64_t> write(const sys::Fd& file, const object::FileRef& content, const std::string& path) const;

  store::Store& store_;
  share::Ladder& ladder_;
  Verification verification_;
  Times times_;
  base::ThreadPool* helpers_;
};

/// Files of this size are worth the work of several threads.
inline constexpr std::uint64_t kLargeFileBytes = std::uint64_t{16} << 20;

/// A stretch of a file.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< not in it any more
};

/// Writes a file's content from its chunks into an empty file; stretches of zeros that fill blocks are left as holes.
/// Gives the number of bytes that were written. With a range only that; all ranges together, in any order and at the
/// same time, make the file. Memory: about 1 MiB.
Result<std::uint64_t> write_content(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                    std::string_view path, Range range);
Result<std::uint64_t> write_content(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                    std::string_view path);
/// The same by the threads of the pool, of which the caller isn't one.
Result<std::uint64_t> write_content_in_parts(store::Store& store, const object::FileRef& content, const sys::Fd& file,
                                             std::string_view path, base::ThreadPool& pool);

}  // namespace cowstore::provider
