#include <cerrno>
#include <map>

#include "base/text.hpp"
#include "base/try.hpp"
#include "object/attributes.hpp"
#include "provider/file_maker.hpp"
#include "provider/special_file.hpp"
#include "store/content_reader.hpp"
#include "sys/nodes.hpp"
#include "sys/ownership.hpp"
#include "sys/system.hpp"
#include "sys/xattr.hpp"

namespace cowstore::provider {

namespace {

constexpr std::uint16_t kSetIdBits = 06000;
constexpr std::uint16_t kOwnerMayWrite = 0200;
/// XATTR_SIZE_MAX: no Linux file system has larger ones.
constexpr std::uint64_t kMaxValueBytes = 65536;
/// With this much space left, "no space" is about the inode.
constexpr std::uint64_t kRoomForAnyValue = std::uint64_t{1} << 20;

using Unrestored = std::vector<std::string>;

/// Whether the failed call says that this process, or this file system, doesn't do such a thing.
bool is_not_allowed(const Error& error) {
  switch (error.sys_errno) {
    case EPERM:       // no right to
    case EACCES:      // nor to write to it
    case EINVAL:      // an owner that a user namespace doesn't map, an ACL or capability that makes no sense
    case EOPNOTSUPP:  // the file system has no such thing
    case ENOSYS:
    case E2BIG:  // nor so large a one
    case ERANGE:
      return true;
    default:
      return false;
  }
}

/// ext4 and Btrfs say "no space" of a value that doesn't fit beside its inode. That is no full disk.
bool is_too_large_here(const Error& error, const sys::Dir& dir) {
  if (error.sys_errno != ENOSPC) return false;
  auto free = sys::free_space(dir);
  return free && free->bytes >= kRoomForAnyValue;
}

std::string owner_text(const object::Owner& owner) {
  return "owner " + std::to_string(owner.uid) + ":" + std::to_string(owner.gid);
}

/// Whether the file has the recorded owner now.
Result<bool> apply_owner(const sys::Dir& parent, const std::string& name, const sys::Stat& now,
                         const object::Owner& owner, Unrestored& unrestored) {
  if (now.uid == owner.uid && now.gid == owner.gid) return true;
  auto set = sys::set_owner(parent, name, owner.uid, owner.gid);
  if (set) return true;
  if (!is_not_allowed(set.error())) return std::move(set).error();
  unrestored.push_back(owner_text(owner));
  // An ordinary user may still be in the group.
  auto group = now.gid == owner.gid ? Result<void>() : sys::set_group(parent, name, owner.gid);
  if (!group && !is_not_allowed(group.error())) return std::move(group).error();
  return false;
}

/// Setting the extended attributes of one file to what is recorded.
class XattrSetter {
 public:
  XattrSetter(const sys::Dir& parent, const std::string& name, Unrestored& unrestored)
      : parent_(parent), name_(name), unrestored_(unrestored) {}

  /// What the file has now, such as an ACL that its directory handed down.
  Result<void> read_present() {
    for (std::string& attribute : COWSTORE_TRY(sys::list_xattrs(parent_, name_))) {
      if (!object::is_recorded_xattr(attribute)) continue;
      auto value = COWSTORE_TRY(sys::read_xattr(parent_, name_, attribute));
      if (value) present_.emplace(std::move(attribute), std::move(*value));
    }
    return {};
  }

  Result<void> set(const std::string& attribute, const std::string& value) {
    auto there = present_.find(attribute);
    const bool same = there != present_.end() && there->second == value;
    if (there != present_.end()) present_.erase(there);
    return same ? Result<void>() : note(sys::set_xattr(parent_, name_, attribute, value), attribute);
  }

  /// After all were set.
  Result<void> remove_others() {
    for (const auto& [attribute, value] : present_)
      COWSTORE_TRY(note(sys::remove_xattr(parent_, name_, attribute), attribute));
    return {};
  }

  void leave_out(const std::string& attribute) {
    present_.erase(attribute);
    unrestored_.push_back(attribute);
  }

 private:
  Result<void> note(Result<void> outcome, const std::string& attribute) {
    if (outcome) return {};
    if (!is_not_allowed(outcome.error()) && !is_too_large_here(outcome.error(), parent_)) return outcome;
    unrestored_.push_back(attribute);
    return {};
  }

  const sys::Dir& parent_;
  const std::string& name_;
  Unrestored& unrestored_;
  std::map<std::string, std::string> present_;
};

Result<void> apply_mode(const sys::Dir& parent, const std::string& name, std::uint16_t mode, Unrestored& unrestored) {
  if (COWSTORE_TRY(parent.stat(name)).mode == mode) return {};
  auto set = parent.set_mode(name, mode);
  if (!set && !is_not_allowed(set.error())) return set;
  if (!set) unrestored.emplace_back("permissions");
  return {};
}

/// User attributes can be set by the owner only while the file may be written to.
Result<void> make_writable(const sys::Dir& parent, const std::string& name, const sys::Stat& now,
                           const object::Attributes& attributes) {
  if (attributes.xattrs.empty() || now.kind == sys::FileKind::kSymlink || (now.mode & kOwnerMayWrite) != 0) return {};
  auto set = parent.set_mode(name, now.mode | kOwnerMayWrite);
  return set || is_not_allowed(set.error()) ? Result<void>() : set;
}

}  // namespace

/// Larger ones than Linux allows can only be somebody's forgery, and aren't read.
Result<std::string> FileMaker::value_of(const object::ExtendedAttribute& xattr) const {
  if (const auto* value = std::get_if<std::string>(&xattr.value)) return *value;
  std::string value;
  store::ContentReader reader(store_, std::get<object::FileRef>(xattr.value));
  while (auto piece = COWSTORE_TRY(reader.next())) {
    value.append(as_text(piece->data));
    value.append(static_cast<std::size_t>(piece->zeros), '\0');
  }
  return value;
}

Result<void> FileMaker::apply_full(const sys::Dir& parent, const std::string& name,
                                   const object::Attributes& attributes, std::vector<std::string>& unrestored,
                                   std::optional<std::uint16_t> wanted_mode) const {
  if (!attributes.owner) return {};
  const sys::Stat before = COWSTORE_TRY(parent.stat(name));
  const bool owned = COWSTORE_TRY(apply_owner(parent, name, before, *attributes.owner, unrestored));
  COWSTORE_TRY(make_writable(parent, name, before, attributes));
  XattrSetter xattrs(parent, name, unrestored);
  COWSTORE_TRY(xattrs.read_present());
  for (const object::ExtendedAttribute& xattr : attributes.xattrs) {
    const auto* file = std::get_if<object::FileRef>(&xattr.value);
    if (!object::is_recorded_xattr(xattr.name) || (file != nullptr && file->size > kMaxValueBytes)) {
      xattrs.leave_out(xattr.name);
    } else {
      COWSTORE_TRY(xattrs.set(xattr.name, COWSTORE_TRY(value_of(xattr))));
    }
  }
  COWSTORE_TRY(xattrs.remove_others());
  const auto recorded = wanted_mode ? wanted_mode : attributes.mode;
  if (!recorded || before.kind == sys::FileKind::kSymlink) return {};
  // For another owner these bits would mean something else.
  const auto mode = static_cast<std::uint16_t>(owned ? *recorded : *recorded & ~kSetIdBits);
  if (mode != *recorded) unrestored.emplace_back("setuid and setgid bits");
  return apply_mode(parent, name, mode, unrestored);
}

Result<Made> FileMaker::make_special(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                                     const object::Attributes& attributes) const {
  Made made;
  const object::SpecialFile special = attributes.special.value_or(object::SpecialFile{});
  auto done =
      sys::make_special(parent, name, file_kind(special.kind), 0600, special.device_major, special.device_minor);
  if (!done && is_not_allowed(done.error())) {
    made.exists = false;
    made.unrestored.emplace_back(to_string(entry.kind));
    return made;
  }
  COWSTORE_TRY(std::move(done));
  return made;
}

Result<Made> FileMaker::make_full(const sys::Dir& parent, const std::string& name, const object::TreeEntry& entry,
                                  const object::Attributes& attributes) const {
  Made made;
  if (object::is_special(entry.kind)) {
    made = COWSTORE_TRY(make_special(parent, name, entry, attributes));
    if (!made.exists) return made;
  } else {
    object::Attributes plain = attributes;
    // They are for the recorded owner, which the file doesn't have yet.
    if (attributes.owner && plain.mode) plain.mode = static_cast<std::uint16_t>(*plain.mode & ~kSetIdBits);
    made.stat = COWSTORE_TRY(make(parent, name, entry, plain));
    if (!attributes.owner) return made;
  }
  COWSTORE_TRY(apply_full(parent, name, attributes, made.unrestored));
  const bool set_time = object::is_special(entry.kind) && times_ == Times::kRecorded && attributes.mtime;
  if (set_time) COWSTORE_TRY(parent.set_mtime(name, *attributes.mtime));
  made.stat = COWSTORE_TRY(parent.stat(name));
  return made;
}

}  // namespace cowstore::provider
