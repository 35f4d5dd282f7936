#include "object/entry_codec.hpp"

#include <limits>
#include <string>

#include "base/try.hpp"

namespace cowstore::object {

namespace {

/// Presence of the fields of an attributes entry, which follow in this order. A later format may use further bits.
constexpr std::uint64_t kMtime = 1;
constexpr std::uint64_t kMode = 2;
constexpr std::uint64_t kOwner = 4;
constexpr std::uint64_t kXattrs = 8;
constexpr std::uint64_t kLinkGroup = 16;
constexpr std::uint64_t kSpecial = 32;
constexpr std::uint64_t kChildren = 64;
constexpr std::uint64_t kKnownFields = 127;

enum class XattrForm : std::uint8_t { kInline = 0, kFile = 1 };

std::uint64_t fields_of(const AttributesEntry& entry) {
  const Attributes& a = entry.attributes;
  return (a.mtime ? kMtime : 0) | (a.mode ? kMode : 0) | (a.owner ? kOwner : 0) | (a.xattrs.empty() ? 0 : kXattrs) |
         (a.link_group ? kLinkGroup : 0) | (a.special ? kSpecial : 0) | (entry.children ? kChildren : 0);
}

bool is_device(SpecialKind kind) {
  return kind == SpecialKind::kCharDevice || kind == SpecialKind::kBlockDevice;
}

void encode_xattr(const ExtendedAttribute& xattr, base::Writer& out) {
  out.sized(as_bytes(xattr.name));
  if (const auto* value = std::get_if<std::string>(&xattr.value)) {
    out.u8(static_cast<std::uint8_t>(XattrForm::kInline));
    out.sized(as_bytes(*value));
  } else {
    out.u8(static_cast<std::uint8_t>(XattrForm::kFile));
    encode_file_ref(std::get<FileRef>(xattr.value), out);
  }
}

void encode_special(const SpecialFile& special, base::Writer& out) {
  out.u8(static_cast<std::uint8_t>(special.kind));
  if (!is_device(special.kind)) return;
  out.varint(special.device_major);
  out.varint(special.device_minor);
}

/// A varint that must not exceed `max`.
Result<std::uint64_t> bounded(base::Reader& in, std::uint64_t max, const char* what) {
  std::uint64_t value = COWSTORE_TRY(in.varint());
  if (value > max) return in.corrupt(std::string(what) + " out of range");
  return value;
}

Result<std::uint32_t> decode_u32(base::Reader& in, const char* what) {
  return static_cast<std::uint32_t>(COWSTORE_TRY(bounded(in, std::numeric_limits<std::uint32_t>::max(), what)));
}

Result<std::string> decode_text(base::Reader& in) {
  return std::string(as_text(COWSTORE_TRY(in.sized())));
}

Result<Timestamp> decode_time(base::Reader& in) {
  Timestamp time;
  time.seconds = COWSTORE_TRY(in.zigzag());
  time.nanoseconds = COWSTORE_TRY(decode_u32(in, "nanoseconds"));
  return time;
}

Result<Owner> decode_owner(base::Reader& in) {
  Owner owner;
  owner.uid = COWSTORE_TRY(decode_u32(in, "a user id"));
  owner.gid = COWSTORE_TRY(decode_u32(in, "a group id"));
  return owner;
}

Result<ExtendedAttribute> decode_xattr(base::Reader& in) {
  ExtendedAttribute xattr;
  xattr.name = COWSTORE_TRY(decode_text(in));
  switch (static_cast<XattrForm>(COWSTORE_TRY(in.u8()))) {
    case XattrForm::kInline:
      xattr.value = COWSTORE_TRY(decode_text(in));
      return xattr;
    case XattrForm::kFile:
      xattr.value = COWSTORE_TRY(decode_file_ref(in));
      return xattr;
  }
  return in.corrupt("an extended attribute of no known form");
}

Result<void> decode_xattrs(base::Reader& in, std::vector<ExtendedAttribute>& xattrs) {
  std::uint64_t count = COWSTORE_TRY(in.varint());
  if (count == 0) return in.corrupt("an empty list of extended attributes");
  for (; count > 0; --count) xattrs.push_back(COWSTORE_TRY(decode_xattr(in)));  // each takes bytes, or the loop ends
  return {};
}

Result<SpecialFile> decode_special(base::Reader& in) {
  SpecialFile special;
  special.kind = static_cast<SpecialKind>(COWSTORE_TRY(in.u8()));
  if (!is_device(special.kind)) return special;
  special.device_major = COWSTORE_TRY(decode_u32(in, "a device number"));
  special.device_minor = COWSTORE_TRY(decode_u32(in, "a device number"));
  return special;
}

Result<std::uint64_t> decode_fields(base::Reader& in) {
  std::uint64_t fields = COWSTORE_TRY(in.varint());
  for (int bit = 0; bit < 64; ++bit) {
    std::uint64_t unknown = fields & ~kKnownFields & (std::uint64_t{1} << bit);
    if (unknown != 0) return in.corrupt("unknown attribute field, bit " + std::to_string(bit) + ",");
  }
  return fields;
}

Result<void> decode_attributes(base::Reader& in, std::uint64_t fields, Attributes& a) {
  if (fields & kMtime) a.mtime = COWSTORE_TRY(decode_time(in));
  if (fields & kMode) a.mode = static_cast<std::uint16_t>(COWSTORE_TRY(bounded(in, 07777, "a mode")));
  if (fields & kOwner) a.owner = COWSTORE_TRY(decode_owner(in));
  if (fields & kXattrs) COWSTORE_TRY(decode_xattrs(in, a.xattrs));
  if (fields & kLinkGroup) a.link_group = COWSTORE_TRY(in.varint());
  if (fields & kSpecial) a.special = COWSTORE_TRY(decode_special(in));
  return {};
}

}  // namespace

void encode_entry(const TreeEntry& entry, base::Writer& out) {
  out.sized(as_bytes(entry.name));
  out.u8(static_cast<std::uint8_t>(entry.kind));
  switch (entry.kind) {
    case EntryKind::kFile:
    case EntryKind::kExecutable:
      encode_file_ref(entry.file, out);
      break;
    case EntryKind::kSymlink:
      out.sized(as_bytes(entry.target));
      break;
    case EntryKind::kDirectory:
      out.raw(entry.tree.digest().bytes);
      break;
    case EntryKind::kFifo:
    case EntryKind::kSocket:
    case EntryKind::kCharDevice:
    case EntryKind::kBlockDevice:
      break;  // never valid in a directory
  }
}

Result<void> decode_entry(base::Reader& in, TreeEntry& entry) {
  entry.name = COWSTORE_TRY(decode_text(in));
  entry.kind = static_cast<EntryKind>(COWSTORE_TRY(in.u8()));
  switch (entry.kind) {
    case EntryKind::kFile:
    case EntryKind::kExecutable:
      entry.file = COWSTORE_TRY(decode_file_ref(in));
      break;
    case EntryKind::kSymlink:
      entry.target = COWSTORE_TRY(decode_text(in));
      break;
    case EntryKind::kDirectory:
      entry.tree = TreeId(COWSTORE_TRY(decode_digest(in)));
      break;
    case EntryKind::kFifo:
    case EntryKind::kSocket:
    case EntryKind::kCharDevice:
    case EntryKind::kBlockDevice:
      break;  // refused below, like any other number
  }
  if (const char* problem = entry_problem(entry)) return in.corrupt(problem);
  return {};
}

void encode_entry(const AttributesEntry& entry, base::Writer& out) {
  const Attributes& a = entry.attributes;
  out.sized(as_bytes(entry.name));
  out.varint(fields_of(entry));
  if (a.mtime) {
    out.zigzag(a.mtime->seconds);
    out.varint(a.mtime->nanoseconds);
  }
  if (a.mode) out.varint(*a.mode);
  if (a.owner) {
    out.varint(a.owner->uid);
    out.varint(a.owner->gid);
  }
  if (!a.xattrs.empty()) out.varint(a.xattrs.size());
  for (const ExtendedAttribute& xattr : a.xattrs) encode_xattr(xattr, out);
  if (a.link_group) out.varint(*a.link_group);
  if (a.special) encode_special(*a.special, out);
  if (entry.children) out.raw(entry.children->digest().bytes);
}

Result<void> decode_entry(base::Reader& in, AttributesEntry& entry) {
  entry.name = COWSTORE_TRY(decode_text(in));
  std::uint64_t fields = COWSTORE_TRY(decode_fields(in));
  COWSTORE_TRY(decode_attributes(in, fields, entry.attributes));
  if (fields & kChildren) entry.children = AttributesId(COWSTORE_TRY(decode_digest(in)));
  if (const char* problem = entry_problem(entry)) return in.corrupt(problem);
  return {};
}

}  // namespace cowstore::object
