#include "object/attributes.hpp"

namespace cowstore::object {

EntryKind entry_kind(SpecialKind kind) {
  return static_cast<EntryKind>(static_cast<int>(EntryKind::kFifo) + static_cast<int>(kind) -
                                static_cast<int>(SpecialKind::kFifo));
}

SpecialKind special_kind(EntryKind kind) {
  return static_cast<SpecialKind>(static_cast<int>(SpecialKind::kFifo) + static_cast<int>(kind) -
                                  static_cast<int>(EntryKind::kFifo));
}

bool is_recorded_xattr(std::string_view name) {
  if (name.starts_with("user.")) return !name.starts_with("user.overlay.");
  if (name.starts_with("trusted.")) return !name.starts_with("trusted.overlay.");
  return name == kCapabilityXattr || name == "system.posix_acl_access" || name == "system.posix_acl_default";
}

bool xattr_is_inline(std::uint64_t value_bytes, std::uint64_t inline_bytes_before) {
  return value_bytes <= kMaxInlineXattrBytes && inline_bytes_before + value_bytes <= kMaxInlineXattrsBytes;
}

namespace {

const char* xattr_name_problem(const std::string& name) {
  if (name.empty()) return "the name of an extended attribute is empty";
  if (name.size() > kMaxNameBytes) return "the name of an extended attribute is longer than 255 bytes";
  if (name.find('\0') != std::string::npos) return "the name of an extended attribute holds a NUL byte";
  return nullptr;
}

const char* xattrs_problem(const std::vector<ExtendedAttribute>& xattrs) {
  std::uint64_t inline_bytes = 0;
  const std::string* previous = nullptr;
  for (const ExtendedAttribute& xattr : xattrs) {
    if (const char* problem = xattr_name_problem(xattr.name)) return problem;
    if (previous != nullptr && *previous >= xattr.name) return "extended attributes are out of order";
    previous = &xattr.name;
    if (const auto* value = std::get_if<std::string>(&xattr.value)) {
      if (!xattr_is_inline(value->size(), inline_bytes)) return "a large extended attribute is inline";
      inline_bytes += value->size();
    } else {
      const FileRef& file = std::get<FileRef>(xattr.value);
      if (const char* problem = file_problem(file)) return problem;
      if (xattr_is_inline(file.size, inline_bytes)) return "a small extended attribute isn't inline";
    }
  }
  return nullptr;
}

const char* special_problem(const SpecialFile& special) {
  switch (special.kind) {
    case SpecialKind::kFifo:
    case SpecialKind::kSocket:
      return special.device_major != 0 || special.device_minor != 0 ? "a device number without a device" : nullptr;
    case SpecialKind::kCharDevice:
    case SpecialKind::kBlockDevice:
      return nullptr;
  }
  return "a special file is of no known kind";
}

const char* attributes_problem(const Attributes& attributes) {
  if (attributes.mtime && attributes.mtime->nanoseconds >= 1'000'000'000) return "a time has too many nanoseconds";
  if (attributes.mode && *attributes.mode > 07777) return "a mode has more than the permission bits";
  if (attributes.special) {
    if (const char* problem = special_problem(*attributes.special)) return problem;
  }
  return xattrs_problem(attributes.xattrs);
}

}  // namespace

const char* entry_problem(const AttributesEntry& entry) {
  bool own = entry.name.empty();
  if (!own) {
    if (const char* problem = name_problem(entry.name)) return problem;
  }
  if (entry.children) {
    if (own) return "a directory's own attributes name another tree";
    return entry.attributes.empty() ? nullptr : "a child directory's attributes stand outside of its tree";
  }
  if (own) {
    if (entry.attributes.special || entry.attributes.link_group) return "a directory is a special file or a hard link";
  } else if (entry.attributes.empty()) {
    return "an entry says nothing";
  }
  return attributes_problem(entry.attributes);
}

}  // namespace cowstore::object
