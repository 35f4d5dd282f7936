// What a source of hard links is, and the name that says so.
//
// An inode has one mode, one time and one owner for all of its names: so there is a file for each combination of them,
// a variant of a content. `links/ab/…` holds them; the name tells all that the file must be (docs/format.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cowstore/ids.hpp"
#include "cowstore/time.hpp"
#include "object/attributes.hpp"
#include "sys/stat.hpp"

namespace cowstore::store {

/// What working copies must agree on to have a file as one inode.
struct VariantKey {
  FileId content;
  std::uint16_t mode = 0;  ///< as the version records it, with its write bits; neither setuid, setgid nor sticky
  Timestamp mtime;
  std::uint32_t uid = 0;
  std::optional<std::uint32_t> gid;  ///< where the version records an owner
  std::uint64_t xattrs = 0;          ///< of the extended attributes; 0 for none
  bool operator==(const VariantKey&) const = default;

  /// Of a file with these attributes, of which mode and mtime must be recorded; `uid` counts where no owner is.
  static VariantKey of(const FileId& content, const object::Attributes& attributes, std::uint32_t uid);
  /// What its files have on the disk: the recorded permissions, but nobody may write.
  [[nodiscard]] std::uint16_t mode_on_disk() const { return mode & ~kWriteBits; }

  static constexpr std::uint16_t kWriteBits = 0222;
};

/// One file. There may be several of a key: a working copy links each at most once, and a file system limits the links.
struct Variant {
  VariantKey key;
  std::uint64_t inode = 0;  ///< as it was when the file got its name
  bool operator==(const Variant&) const = default;
};

/// Of attributes that can be told apart by it alone; never 0 unless there are none.
std::uint64_t fingerprint(const std::vector<object::ExtendedAttribute>& xattrs);

/// "links/ab": the directory of all variants of contents whose id begins so.
std::string variant_directory(std::uint8_t first_byte);
/// Relative to the store.
std::string variant_path(const Variant& variant);
/// Of a name in the directory of `first_byte`; nothing if no variant is called so.
std::optional<Variant> parse_variant_name(std::uint8_t first_byte, std::string_view name);
/// What was a variant until somebody wrote through a link. Its content is nowhere else, maybe: it stays, under a name
/// that is no variant's.
inline constexpr std::string_view kAsideSuffix = ".altered";

/// Whether a file of `size` bytes with this stat can be the variant, as far as that can be told without reading: the
/// inode apart, which is new in a store that was copied.
bool is_as_named(const sys::Stat& stat, const VariantKey& key, std::uint64_t size);

}  // namespace cowstore::store
