// An open directory, and everything that is done relative to it. Nothing here ever follows a symbolic link below it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "cowstore/time.hpp"
#include "sys/fd.hpp"
#include "sys/stat.hpp"

namespace cowstore::sys {

struct ListedEntry {
  std::string name;
  bool kind_known = false;  ///< some file systems don't tell the kind in a listing
  FileKind kind = FileKind::kRegular;
};

enum class RenameMode { kReplace, kNoReplace, kExchange };

/// Move-only. `path()` is only for messages. Where a method takes `name` it may also be a relative path; each of its
/// components is opened without following links (openat2 with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS): a link in the way
/// is ELOOP or ENOTDIR (kNotFound), a path that leads out EXDEV. All calls retry EINTR. Failures carry "path()/name".
class Dir {
 public:
  Dir() = default;
  /// Opens by any path, links followed: for what the user named.
  static Result<Dir> open(const std::string& path);

  Result<Dir> open_dir(std::string_view name) const;
  Result<Fd> open_read(
      std::string_view name) const;  ///< regular file; O_NOATIME where permitted, never blocks on a fifo
  Result<Fd> open_write(std::string_view name) const;            ///< existing file, for reading and writing
  Result<Fd> create_new(std::string_view name, int mode) const;  ///< O_EXCL, for reading and writing; mode before umask
  Result<Fd> open_or_create(std::string_view name, int mode) const;

  Result<void> make_dir(std::string_view name, int mode) const;
  Result<void> make_dirs(std::string_view path, int mode) const;  ///< with parents; directories that exist are fine
  Result<void> unlink(std::string_view name) const;
  Result<void> remove_dir(std::string_view name) const;
  /// Removes a whole tree, links not followed, directories without write permission included; absent is fine.
  /// Stops with kBusy at a directory on which something is mounted: what is in there is not part of the tree.
  /// Holds a descriptor per level.
  Result<void> remove_tree(std::string_view name) const;
  Result<void> rename(std::string_view from, const Dir& to_dir, std::string_view to,
                      RenameMode mode = RenameMode::kReplace) const;
  /// kUnsupported for a target that is longer than the file system's limit.
  Result<void> make_symlink(const std::string& target, std::string_view name) const;
  Result<std::string> read_link(std::string_view name) const;

  Result<Stat> stat(std::string_view name) const;        ///< of a link itself, not of what it names
  Result<Stat> stat_plain(std::string_view name) const;  ///< all but `mount_root`, for four fifths of the price
  Result<Stat> stat_self() const;
  /// When this directory was made (which a copy of it shares with nothing); nothing where the file system doesn't say.
  Result<std::optional<Timestamp>> birth_time() const;
  [[nodiscard]] bool exists(std::string_view name) const;  ///< false also where that can't be told: use stat()
  /// Whether this process may make and remove names in the directory `name`: ok(), or EACCES (EROFS, …).
  [[nodiscard]] Result<void> check_may_change(std::string_view name) const;
  /// Without "." and ".."; unordered. Opens one descriptor; the directory's access time stays where permitted.
  Result<std::vector<ListedEntry>> list() const;

  /// Of a file or a link itself.
  Result<void> set_mtime(std::string_view name, Timestamp mtime) const;
  Result<void> set_mode(std::string_view name, int mode) const;
  Result<void> sync() const;      ///< makes the names in it durable
  Result<void> sync_all() const;  ///< syncfs: everything dirty on this file system; EIO is reported once per
                                  ///< descriptor, so open before writing

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool valid() const { return fd_.valid(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path_of(std::string_view name) const;

 private:
  friend class OverlayMount;
  Dir(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<void> make_or_find_dir(std::string_view path, int mode) const;
  Result<void> make_symlink_here(std::string_view name, const std::string& target) const;
  Result<Fd> open_at(std::string_view operation, std::string_view name, int flags, int mode) const;
  Fd fd_;
  std::string path_;
};

/// The directory that holds `path`'s last component, opened beneath `root`, and that component.
struct ParentAndName {
  Dir parent;
  std::string name;
};
Result<ParentAndName> open_parent(const Dir& root, std::string_view path);

}  // namespace cowstore::sys
