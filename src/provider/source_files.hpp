// What the stat index of a working copy that is cloned knows of its files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "changes/shared_inodes.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "provider/variant_linker.hpp"
#include "store/store.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::provider {

/// Thread-safe.
class SourceFiles {
 public:
  /// Borrows all; without a linker, nothing is linked.
  SourceFiles(const index::StatIndex& index, store::Store& store, VariantLinker* linker)
      : index_(index), shared_(index), store_(store), linker_(linker) {}

  /// Makes `to/name` a link to what `from/name` is, if the index vouches for `seen`: to its own inode where that is a
  /// variant, else to one of the store's with its content and attributes. Nothing for all else: an edited file is never
  /// shared between two working copies. `directory` is the path of `from`.
  Result<std::optional<LinkedFile>> link(const sys::Dir& from, const sys::Dir& to, std::string_view directory,
                                         const std::string& name, const sys::Stat& seen) const;

  /// The permissions that a copy is to have, where the source lacks write bits because it is, or was, a link, by
  /// whatever name.
  [[nodiscard]] std::optional<std::uint16_t> mode_of_copy(std::string_view directory, std::string_view name,
                                                          const sys::Stat& seen);

 private:
  [[nodiscard]] std::optional<index::IndexedEntry> find(std::string_view directory, std::string_view name) const;
  Result<std::optional<LinkedFile>> link_stored(const sys::Dir& from, const sys::Dir& to, const std::string& name,
                                                const sys::Stat& seen, const index::IndexedEntry& known) const;

  const index::StatIndex& index_;
  changes::SharedInodes shared_;
  store::Store& store_;
  VariantLinker* linker_;
};

}  // namespace cowstore::provider
