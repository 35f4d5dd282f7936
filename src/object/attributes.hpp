// What is recorded beside the content: times, permissions, owners, extended attributes, special files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"
#include "object/entry.hpp"

namespace cowstore::object {

struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool operator==(const Owner&) const = default;
};

/// A value is inline where xattr_is_inline() says so, else a file of its own.
struct ExtendedAttribute {
  std::string name;  ///< with its namespace: "user.comment"; 1 to 255 bytes without NUL
  std::variant<std::string, FileRef> value;
  bool operator==(const ExtendedAttribute&) const = default;
};

inline constexpr std::size_t kMaxInlineXattrBytes = 4096;
inline constexpr std::size_t kMaxInlineXattrsBytes = 65536;  ///< of all inline values of one entry together

/// Whether a value is held inline, given the bytes of the inline values before it in the same entry (which is sorted by
/// name).
bool xattr_is_inline(std::uint64_t value_bytes, std::uint64_t inline_bytes_before);

enum class SpecialKind : std::uint8_t { kFifo = 1, kSocket = 2, kCharDevice = 3, kBlockDevice = 4 };

/// A file that has no content to version: it stands in the attributes alone, its name is not in the directory.
struct SpecialFile {
  SpecialKind kind = SpecialKind::kFifo;
  std::uint32_t device_major = 0;  ///< 0 unless a device
  std::uint32_t device_minor = 0;
  bool operator==(const SpecialFile&) const = default;
};

/// The kind that special files have as entries.
EntryKind entry_kind(SpecialKind kind);
/// The other way round, of an entry for which is_special() holds.
SpecialKind special_kind(EntryKind kind);

/// Which extended attributes belong to a file, rather than to the machine that it is on: "user." and "trusted." but for
/// overlayfs's own, ACLs, and file capabilities. All others are neither recorded nor set: labels of a security module,
/// signatures, properties of one file system.
bool is_recorded_xattr(std::string_view name);
inline constexpr std::string_view kCapabilityXattr = "security.capability";

/// Every field is optional: what was recorded is there.
struct Attributes {
  std::optional<Timestamp> mtime;
  std::optional<std::uint16_t> mode;  ///< permission bits, 0 to 07777
  std::optional<Owner> owner;
  std::vector<ExtendedAttribute> xattrs;    ///< sorted by name, unique
  std::optional<std::uint64_t> link_group;  ///< entries of one commit with the same number are one inode
  std::optional<SpecialFile> special;
  bool operator==(const Attributes&) const = default;
  [[nodiscard]] bool empty() const { return *this == Attributes{}; }
};

/// One entry of a directory's attributes. The first has the empty name and is about the directory itself.
/// The entry of a child directory names that directory's attributes and nothing else; every other entry but the first
/// says something. A child about which nothing is recorded has no entry.
struct AttributesEntry {
  std::string name;
  Attributes attributes;
  std::optional<AttributesId> children;
  bool operator==(const AttributesEntry&) const = default;
};

/// Why the entry can't stand in an attributes tree, nullptr if it can.
const char* entry_problem(const AttributesEntry& entry);

}  // namespace cowstore::object
