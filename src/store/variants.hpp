// The sources of hard links in a store: what is there of a key, and how new ones get there.
//
// A variant is never the only copy of anything: its content is in a pack or a loose file, too, and it can be made
// again. Nothing trusts one for having its name: who links it looks at what the link got him, and reads it where that
// isn't as the name says.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "store/session.hpp"
#include "store/variant_name.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

/// A file that is being made in tmp/<session>/.
struct StagedVariant {
  std::string name;
  Variant variant;
};

/// Thread-safe. Several processes may use one store's at once: that both make a variant of one key does no harm.
class Variants {
 public:
  /// Borrows the directory of the store.
  explicit Variants(const sys::Dir& store_dir) : store_(store_dir) {}

  /// Those of a key that were there when its directory was first listed, or that were published since by this object.
  Result<std::vector<Variant>> of(const VariantKey& key);
  /// Whether a file of this inode was published for the key. It may have been written to since.
  Result<bool> knows(const VariantKey& key, std::uint64_t inode);

  /// Where new ones are made, and a name for one. The first call begins a session, which removes what crashes left.
  struct Place {
    const sys::Dir& dir;
    std::string name;
  };
  Result<Place> stage();
  /// Notes that the file at the place, to which nothing will be written any more, is that variant.
  void add(const Place& place, const Variant& variant);
  /// Makes what was added durable, then gives it its names, so that others find it. A crash leaves whole variants, or
  /// names in tmp/ that the next session removes. After an error the rest isn't published.
  Result<void> publish();

  /// Nobody links it any more: somebody wrote to it. What it is now is kept beside, for whoever did. Where they put the
  /// time back, it gets another, so that every working copy that has the file sees that it was changed.
  Result<void> set_aside(const Variant& variant);
  /// Its content is right, but it can't be used under its name.
  Result<void> drop(const Variant& variant);
  /// Its content is right, but its inode another than the name says, as in a store that was copied.
  Result<void> rename(const Variant& variant, std::uint64_t inode);

 private:
  /// The variants whose content's id begins with one byte, by the part of the name before the inode.
  struct Shelf {
    std::mutex mutex;
    bool listed = false;
    std::multimap<std::string, std::uint64_t, std::less<>> inodes;
  };

  Shelf& shelf_of(const VariantKey& key) { return shelves_[key.content.digest().bytes[0]]; }
  Result<void> list(Shelf& shelf, std::uint8_t first_byte) const;
  void forget(const Variant& variant);
  void remember(const Variant& variant);
  Result<void> place(const StagedVariant& staged);

  const sys::Dir& store_;
  std::array<Shelf, 256> shelves_;
  std::mutex mutex_;  ///< of the following
  std::unique_ptr<Session> session_;
  std::uint64_t next_ = 0;
  std::vector<StagedVariant> staged_;
};

/// Whether a file of a store that records extended attributes has those of the variant: changing one leaves the mtime.
Result<bool> has_xattrs_of(const VariantKey& key, const sys::Dir& dir, std::string_view name);

/// All names in links/, for those who check them.
struct VariantListing {
  std::vector<Variant> variants;
  std::vector<std::string> aside;    ///< paths, relative to the store
  std::vector<std::string> foreign;  ///< likewise: what no store puts there
};
Result<VariantListing> list_variants(const sys::Dir& store_dir);

}  // namespace cowstore::store
