#include "provider/copy_file.hpp"

#include <algorithm>
#include <cerrno>

#include "base/try.hpp"
#include "object/attributes.hpp"
#include "sys/clone.hpp"
#include "sys/file.hpp"
#include "sys/nodes.hpp"
#include "sys/ownership.hpp"
#include "sys/xattr.hpp"

namespace cowstore::provider {

namespace {

/// Whoever rewrites a file this often while it is copied never stops.
constexpr int kAttempts = 10;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
/// Databases and images of disks, which are what is marked NOCOW, are larger.
constexpr std::uint64_t kMayBeNocow = std::uint64_t{1} << 20;
constexpr std::uint16_t kSetIdBits = 06000;

bool is_gone(const Error& error) {
  return error.sys_errno == ENOENT;
}

/// Whether a failed call says that this process, or the target's file system, doesn't do such a thing.
bool is_not_allowed(const Error& error) {
  switch (error.sys_errno) {
    case EPERM:
    case EACCES:
    case EINVAL:
    case EOPNOTSUPP:
    case ENOSYS:
    case E2BIG:
    case ERANGE:
      return true;
    default:
      return false;
  }
}

bool same_file_state(const sys::Stat& a, const sys::Stat& b) {
  return a.inode == b.inode && a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime && a.mode == b.mode &&
         a.uid == b.uid && a.gid == b.gid;
}

/// Copies up to `end`, or to where the file was cut off meanwhile, which its stat tells; gives the bytes written.
Result<std::uint64_t> copy_range(const sys::Fd& from, const sys::Fd& to, std::uint64_t begin, std::uint64_t end,
                                 const std::string& path) {
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(end - begin, kBufferBytes)));
  for (std::uint64_t at = begin; at < end;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at));
    std::size_t length = COWSTORE_TRY(sys::read_at(from, std::span(buffer.data(), wanted), at, path));
    if (length == 0) return at - begin;
    COWSTORE_TRY(sys::write_at(to, ByteView(buffer).first(length), at, path));
    at += length;
  }
  return end - begin;
}

/// Everything that isn't a hole; gives the number of bytes written.
Result<std::uint64_t> copy_bytes(const sys::Fd& from, const sys::Fd& to, const sys::Stat& stat,
                                 const std::string& path) {
  // One block, which is there: no hole need be looked for.
  if (stat.size <= share::kSmallFileBytes && stat.blocks > 0) return copy_range(from, to, 0, stat.size, path);
  std::uint64_t written = 0;
  std::uint64_t end = 0;
  while (auto range = COWSTORE_TRY(sys::next_data(from, end, stat.size, path))) {
    end = std::min(stat.size, range->offset + range->length);
    written += COWSTORE_TRY(copy_range(from, to, range->offset, end, path));
    if (end == stat.size) return written;
  }
  // A hole at the end. Not otherwise: XFS writes a file back before it sets even the size that it has.
  COWSTORE_TRY(sys::truncate(to, stat.size, path));
  return written;
}

Error never_still(const std::string& path) {
  return {ErrorCode::kBusy,
          0,
          "copy",
          path,
          "somebody keeps writing to it",
          "wait until that has ended, or stop it, and run the command again"};
}

/// Sets what the source has; what it doesn't have isn't there either, since nothing hands any down to new files here.
/// Tells whether there were any.
Result<bool> copy_xattrs(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                         std::vector<std::string>& incomplete) {
  auto attributes = sys::list_xattrs(from, name);
  bool any = false;
  if (!attributes && is_gone(attributes.error())) return any;  // what was opened is copied all the same
  for (const std::string& attribute : COWSTORE_TRY(std::move(attributes))) {
    if (!object::is_recorded_xattr(attribute)) continue;
    auto value = COWSTORE_TRY(sys::read_xattr(from, name, attribute));
    if (!value) continue;
    any = true;
    auto set = sys::set_xattr(to, name, attribute, *value);
    if (!set && !is_not_allowed(set.error())) return std::move(set).error();
    if (!set) incomplete.push_back(attribute);
  }
  return any;
}

const char* special_name(sys::FileKind kind) {
  switch (kind) {
    case sys::FileKind::kFifo:
      return "fifo";
    case sys::FileKind::kSocket:
      return "socket";
    case sys::FileKind::kCharDevice:
      return "character device";
    default:
      return "block device";
  }
}

/// Whether it has the source's owner now.
Result<bool> copy_owner(const sys::Dir& to, const std::string& name, const sys::Stat& now, const sys::Stat& source,
                        std::vector<std::string>& incomplete) {
  if (now.uid == source.uid && now.gid == source.gid) return true;
  auto set = sys::set_owner(to, name, source.uid, source.gid);
  if (set) return true;
  if (!is_not_allowed(set.error())) return std::move(set).error();
  incomplete.push_back("owner " + std::to_string(source.uid) + ":" + std::to_string(source.gid));
  auto group = now.gid == source.gid ? Result<void>() : sys::set_group(to, name, source.gid);
  if (!group && !is_not_allowed(group.error())) return std::move(group).error();
  return false;
}

}  // namespace

Result<void> FileCopier::copy_attributes(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                         const sys::Stat& source, std::vector<std::string>& incomplete) {
  const sys::Stat before = COWSTORE_TRY(to.stat(name));
  const bool owned = COWSTORE_TRY(copy_owner(to, name, before, source, incomplete));
  const bool has_xattrs = COWSTORE_TRY(copy_xattrs(from, to, name, incomplete));
  if (source.kind == sys::FileKind::kSymlink) return {};
  // For another owner these bits would mean something else.
  const auto mode = static_cast<std::uint16_t>(owned ? source.mode : source.mode & ~kSetIdBits);
  if (mode != source.mode) incomplete.emplace_back("setuid and setgid bits");
  // A new owner takes bits away, an ACL sets some.
  const bool as_before = !has_xattrs && before.uid == source.uid && before.gid == source.gid;
  if ((as_before ? before : COWSTORE_TRY(to.stat(name))).mode == mode) return {};
  return to.set_mode(name, mode);
}

/// Whether it was cloned.
Result<bool> FileCopier::fill(const sys::Fd& from, const sys::Fd& to, const sys::Stat& stat, share::Ladder& ladder,
                              const std::string& path) const {
  if (stat.size > share::kSmallFileBytes && ladder.may_clone()) {
    // Btrfs clones only between files that are both marked, or both not.
    if (stat.size >= kMayBeNocow && COWSTORE_TRY(sys::is_nocow(from, path))) COWSTORE_TRY(sys::set_nocow(to, path));
    if (COWSTORE_TRY(ladder.try_clone(from, to, stat.size, path))) return true;
    COWSTORE_TRY(sys::truncate(to, 0, path));
  }
  COWSTORE_TRY(ladder.refuse_copy(stat.size, path, "it can't be cloned"));
  if (stat.size > 0 && stat.mtime >= recent_) COWSTORE_TRY(sys::write_back(from, path));
  std::uint64_t written = stat.size == 0 ? 0 : COWSTORE_TRY(copy_bytes(from, to, stat, path));
  ladder.count_copy(stat.size, written);
  return false;
}

/// Gives the stat of the source that the content belongs to.
Result<sys::Stat> FileCopier::fill_until_still(const sys::Fd& from, const sys::Fd& to, sys::Stat before,
                                               share::Ladder& ladder, const std::string& path) const {
  for (int attempt = 1;; ++attempt) {
    const bool cloned = COWSTORE_TRY(fill(from, to, before, ladder, path));
    const sys::Stat after = COWSTORE_TRY(sys::stat(from, path));
    if (same_file_state(before, after)) return before;
    if (after.kind != sys::FileKind::kRegular) return never_still(path);
    if (attempt == kAttempts && cloned) return after;
    if (attempt == kAttempts) return never_still(path);
    COWSTORE_TRY(sys::truncate(to, 0, path));
    before = after;
  }
}

Result<std::optional<Copied>> FileCopier::copy_regular(const sys::Dir& from, const sys::Dir& to,
                                                       const std::string& name, const sys::Stat& seen,
                                                       share::Ladder& ladder) const {
  auto source = from.open_read(name);
  if (!source && is_gone(source.error())) return std::optional<Copied>();
  if (!source) return std::move(source).error();
  std::string path = to.path_of(name);
  // Not more open than it will be, while it is filled.
  sys::Fd file = COWSTORE_TRY(to.create_new(name, seen.mode & 0777));
  Copied copied;
  copied.source = COWSTORE_TRY(fill_until_still(*source, file, seen, ladder, path));
  COWSTORE_TRY(copy_attributes(from, to, name, copied.source, copied.incomplete));
  COWSTORE_TRY(sys::set_mtime(file, copied.source.mtime, path));
  copied.copy = COWSTORE_TRY(sys::stat(file, path));
  COWSTORE_TRY(file.close(path));
  return std::optional<Copied>(std::move(copied));
}

Result<std::optional<Copied>> FileCopier::copy_symlink(const sys::Dir& from, const sys::Dir& to,
                                                       const std::string& name, const sys::Stat& source) const {
  auto target = from.read_link(name);
  if (!target && is_gone(target.error())) return std::optional<Copied>();
  if (!target) return std::move(target).error();
  COWSTORE_TRY(to.make_symlink(*target, name));
  Copied copied;
  copied.source = source;
  copied.target = std::move(*target);
  COWSTORE_TRY(copy_attributes(from, to, name, source, copied.incomplete));
  COWSTORE_TRY(to.set_mtime(name, source.mtime));
  copied.copy = COWSTORE_TRY(to.stat(name));
  return std::optional<Copied>(std::move(copied));
}

Result<std::optional<Copied>> FileCopier::copy_special(const sys::Dir& from, const sys::Dir& to,
                                                       const std::string& name, const sys::Stat& source) const {
  Copied copied;
  copied.source = source;
  auto made = sys::make_special(to, name, source.kind, 0600, source.device_major, source.device_minor);
  if (!made && is_not_allowed(made.error())) {
    copied.exists = false;
    copied.incomplete.emplace_back(special_name(source.kind));
    return std::optional<Copied>(std::move(copied));
  }
  COWSTORE_TRY(std::move(made));
  COWSTORE_TRY(copy_attributes(from, to, name, source, copied.incomplete));
  COWSTORE_TRY(to.set_mtime(name, source.mtime));
  copied.copy = COWSTORE_TRY(to.stat(name));
  return std::optional<Copied>(std::move(copied));
}

Result<std::optional<Copied>> FileCopier::copy(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                               const sys::Stat& seen, share::Ladder& ladder) const {
  if (seen.kind == sys::FileKind::kRegular) return copy_regular(from, to, name, seen, ladder);
  if (seen.kind == sys::FileKind::kSymlink) return copy_symlink(from, to, name, seen);
  return copy_special(from, to, name, seen);
}

}  // namespace cowstore::provider
