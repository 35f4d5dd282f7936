#include "provider/variant_linker.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/nodes.hpp"
#include "sys/system.hpp"

namespace cowstore::provider {

namespace {

using share::AfterLinkFailure;
using store::Variant;
using store::VariantKey;

constexpr std::uint16_t kSpecialBits = 07000;

/// An ACL has a mask, which the write bits are a part of. A value that is a file of its own can't be compared in
/// passing.
bool is_bound_to_its_file(const object::ExtendedAttribute& xattr) {
  return std::holds_alternative<object::FileRef>(xattr.value) || xattr.name == object::kCapabilityXattr ||
         xattr.name.starts_with("system.");
}

/// Why such a file is never one of several names of an inode; nullptr if it may be.
const char* reason_not_to_link(const object::Attributes& attributes) {
  if (!attributes.mode || !attributes.mtime) return "the repository records no times, and all links have one";
  if ((*attributes.mode & kSpecialBits) != 0) return "files with setuid, setgid or sticky bits are never linked";
  if (std::any_of(attributes.xattrs.begin(), attributes.xattrs.end(), is_bound_to_its_file))
    return "files with capabilities, ACLs or large extended attributes are never linked";
  if (attributes.link_group) return "files that have several names in the version are never linked";
  return nullptr;
}

std::optional<LinkedFile> linked_file(const sys::Stat& stat, const VariantKey& key) {
  LinkedFile file{stat, {}};
  if (key.mode_on_disk() != key.mode) file.recorded.mode = key.mode;
  return file;
}

}  // namespace

VariantLinker::VariantLinker(store::Store& store, store::Variants& variants, share::Ladder& ladder,
                             Verification verification)
    : store_(store),
      variants_(variants),
      ladder_(ladder),
      maker_(store, making_, verification, Times::kRecorded),
      verification_(verification),
      records_xattrs_(store.config().attributes == store::AttributesPolicy::kFull),
      uid_(sys::effective_user_id()) {}

Result<std::optional<LinkedFile>> VariantLinker::link(const sys::Dir& parent, const std::string& name,
                                                      const object::TreeEntry& entry,
                                                      const object::Attributes& attributes) {
  const std::optional<LinkedFile> none;
  // An empty one shares nothing, and programs lock such files.
  if (!object::is_file(entry.kind) || entry.file.size == 0) return none;
  if (const char* reason = reason_not_to_link(attributes)) {
    ladder_.note_reason(reason);
    return none;
  }
  const VariantKey key = VariantKey::of(entry.file.id, attributes, uid_);
  auto linked = COWSTORE_TRY(link_existing(parent, name, entry, key));
  if (!linked) linked = COWSTORE_TRY(link_new(parent, name, entry, attributes, key));
  if (linked) count(entry.file.size);
  return linked;
}

Result<std::optional<LinkedFile>> VariantLinker::link_existing(const sys::Dir& parent, const std::string& name,
                                                               const object::TreeEntry& entry, const VariantKey& key) {
  const std::optional<LinkedFile> none;
  for (const Variant& variant : COWSTORE_TRY(variants_.of(key))) {
    if (!claim(variant.inode)) continue;
    auto made = sys::make_link(store_.dir(), store::variant_path(variant), parent, name);
    if (!made) {
      if (COWSTORE_TRY(judge(std::move(made).error())) == AfterLinkFailure::kMakeFile) return none;
      continue;
    }
    sys::Stat stat = COWSTORE_TRY(parent.stat_plain(name));
    if (COWSTORE_TRY(is_usable(variant, parent, name, stat, entry.file))) return linked_file(stat, key);
    COWSTORE_TRY(parent.unlink(name));
  }
  return none;
}

/// Looked at by the name that it has been given, which nobody else can replace.
Result<bool> VariantLinker::is_usable(const Variant& variant, const sys::Dir& parent, const std::string& name,
                                      const sys::Stat& stat, const object::FileRef& content) {
  bool as_named = store::is_as_named(stat, variant.key, content.size);
  if (as_named && records_xattrs_) as_named = COWSTORE_TRY(store::has_xattrs_of(variant.key, parent, name));
  if (as_named && stat.inode == variant.inode && verification_ == Verification::kTrust) return true;
  if (!COWSTORE_TRY(is_reread(variant, parent, name, stat, content))) return false;
  if (!as_named) {
    (void)variants_.drop(variant);  // left behind it would only be looked at again
    return false;
  }
  if (stat.inode != variant.inode) (void)variants_.rename(variant, stat.inode);
  return claim(stat.inode) || stat.inode == variant.inode;
}

/// Whether its content is right. Another one is somebody's edit.
Result<bool> VariantLinker::is_reread(const Variant& variant, const sys::Dir& parent, const std::string& name,
                                      const sys::Stat& stat, const object::FileRef& content) {
  if (stat.kind == sys::FileKind::kRegular && stat.size == content.size) {
    sys::Fd file = COWSTORE_TRY(parent.open_read(name));
    auto verified = maker_.verify(file, content);
    if (verified) return true;
    if (verified.error().code != ErrorCode::kCorrupt) return std::move(verified).error();
  }
  (void)variants_.set_aside(variant);
  return false;
}

Result<std::optional<LinkedFile>> VariantLinker::link_new(const sys::Dir& parent, const std::string& name,
                                                          const object::TreeEntry& entry,
                                                          const object::Attributes& attributes, const VariantKey& key) {
  const std::optional<LinkedFile> none;
  auto staged = variants_.stage();
  if (!staged && sys::forbids_writing(staged.error().sys_errno)) {
    ladder_.note_reason("the store can't be written, and has nothing to link");
    return none;
  }
  store::Variants::Place place = COWSTORE_TRY(std::move(staged));
  object::Attributes on_disk = attributes;
  on_disk.mode = key.mode_on_disk();
  Made made = COWSTORE_TRY(maker_.make_full(place.dir, place.name, entry, on_disk));
  if (!made.unrestored.empty() || !store::is_as_named(made.stat, key, entry.file.size)) {
    ladder_.note_reason("what can't be given all its attributes here is never linked");
    COWSTORE_TRY(place.dir.unlink(place.name));
    return none;
  }
  auto linked = sys::make_link(place.dir, place.name, parent, name);
  if (!linked) {
    COWSTORE_TRY(judge(std::move(linked).error()));
    COWSTORE_TRY(place.dir.unlink(place.name));
    return none;
  }
  (void)claim(made.stat.inode);
  variants_.add(place, {key, made.stat.inode});
  return linked_file(COWSTORE_TRY(parent.stat_plain(name)), key);
}

Result<std::optional<LinkedFile>> VariantLinker::link_again(const sys::Dir& from, const sys::Dir& to,
                                                            const std::string& name, const sys::Stat& seen) {
  const std::optional<LinkedFile> none;
  if (!claim(seen.inode)) return none;
  auto made = sys::make_link(from, name, to, name);
  if (!made) {
    COWSTORE_TRY(judge(std::move(made).error()));
    return none;
  }
  sys::Stat stat = COWSTORE_TRY(to.stat_plain(name));
  const bool same = stat.inode == seen.inode && stat.kind == seen.kind && stat.size == seen.size &&
                    stat.mtime == seen.mtime && stat.mode == seen.mode && stat.uid == seen.uid && stat.gid == seen.gid;
  if (!same) {
    COWSTORE_TRY(to.unlink(name));
    return none;
  }
  count(stat.size);
  return std::optional(LinkedFile{stat, {}});
}

/// The error itself where going on makes no sense.
Result<AfterLinkFailure> VariantLinker::judge(Error error) {
  const AfterLinkFailure next = share::after_link_failure(error.sys_errno);
  if (next == AfterLinkFailure::kGiveUp) return error;
  if (next == AfterLinkFailure::kMakeFile) ladder_.note_reason(share::link_failure_reason(error.sys_errno));
  return next;
}

bool VariantLinker::claim(std::uint64_t inode) {
  std::lock_guard lock(mutex_);
  return claimed_.insert(inode).second;
}

void VariantLinker::count(std::uint64_t bytes) {
  linked_.fetch_add(1, std::memory_order_relaxed);
  bytes_linked_.fetch_add(bytes, std::memory_order_relaxed);
}

SharingReport VariantLinker::add_to(SharingReport others) const {
  others.linked += linked_.load();
  others.bytes_linked += bytes_linked_.load();
  others.bytes_written += making_.report().bytes_written;
  return others;
}

}  // namespace cowstore::provider
