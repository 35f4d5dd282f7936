// A directory for one test, and plain file access for what a test prepares and checks.
// Written against POSIX, not against src/: a test must not prove a wrapper with that wrapper. A failure here is a
// broken test bed and aborts the test binary with a message.
#pragma once

#include <string>
#include <string_view>

#include "cowstore/time.hpp"
#include "sys/dir.hpp"

namespace cowstore::test {

/// Made below $TMPDIR or /tmp, or below `parent`; removed with everything in it on destruction: mounts below it are
/// detached, read-only directories and Btrfs subvolumes made writable first.
class TempDir {
 public:
  TempDir();
  explicit TempDir(const std::string& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Absolute path of `name` in it.
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// Opened anew with each call.
  [[nodiscard]] sys::Dir open() const;

 private:
  std::string path_;
};

/// Creates or truncates; parents are made too. `mode` is exact, whatever the umask.
void write_file(const std::string& path, std::string_view content, int mode = 0644);
void append_file(const std::string& path, std::string_view content);
/// Overwrites in place, the file keeps its size or grows.
void overwrite_file(const std::string& path, std::string_view content, std::uint64_t offset);
/// A file of `size` bytes that is one hole.
void write_hole(const std::string& path, std::uint64_t size);
std::string read_file(const std::string& path);

void make_dirs(const std::string& path);
void make_symlink(const std::string& target, const std::string& path);
void make_hard_link(const std::string& existing, const std::string& path);
void rename_path(const std::string& from, const std::string& to);
void remove_path(const std::string& path);  ///< with everything below; absent is fine
void set_mode(const std::string& path, int mode);

/// Of a link itself, too.
void set_mtime(const std::string& path, Timestamp mtime);
Timestamp mtime_of(const std::string& path);
bool exists(const std::string& path);  ///< a dangling link exists
std::uint64_t inode_of(const std::string& path);

}  // namespace cowstore::test
