// Entries of a stat index for what was just made. Private to made_index.cpp and patched_index.cpp.
#pragma once

#include "checkout/materialise.hpp"
#include "cowstore/time.hpp"
#include "index/index_builder.hpp"

namespace cowstore::checkout {

/// The newest ctime in it.
Timestamp last_change(const Materialised& made);

struct NewIndex {
  index::IndexBuilder builder;
  Timestamp stamp;  ///< past all changes
  index::Durability durability;

  void add(const MadeDirectory& directory);
  void add(const MadeEntry& entry);  ///< to the directory begun last
};

}  // namespace cowstore::checkout
