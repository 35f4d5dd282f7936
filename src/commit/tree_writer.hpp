// From a scanned working copy to the trees of a version.
#pragma once

#include "changes/path_selection.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "store/config.hpp"
#include "store/store.hpp"
#include "store/transaction.hpp"

namespace cowstore::commit {

/// `base` with everything that `selection` holds as the scan found it: replaced, added, or removed where the scan has
/// nothing. The scan covers the selection, and the content of every selected file is kKnown and stored.
/// Directories that weren't looked into (kOpaque), and what wasn't read (kKept), stay as `base` has them. What is
/// unchanged is neither read nor encoded again. Attributes are recorded as `policy` says.
Result<object::TreeRoots> write_trees(store::Store& store, store::Transaction& transaction,
                                      store::AttributesPolicy policy, const changes::ScannedDirectory& root,
                                      const changes::PathSelection& selection, const object::TreeRoots& base);

/// What a version records of an entry, by that policy.
object::Attributes attributes_of(const changes::ScannedEntry& entry, store::AttributesPolicy policy);

}  // namespace cowstore::commit
