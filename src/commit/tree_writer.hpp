// From a scanned working copy to the trees of a version.
#pragma once

#include "changes/path_selection.hpp"
#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "store/config.hpp"
#include "store/store.hpp"
#include "store/transaction.hpp"
#include "sys/dir.hpp"

namespace cowstore::commit {

/// `base` with everything that `selection` holds as the scan found it: replaced, added, or removed where the scan has
/// nothing. The scan covers the selection, and the content of every selected file is kKnown and stored.
/// Directories that weren't looked into (kOpaque), and what wasn't read (kKept), stay as `base` has them. What is
/// unchanged is neither read nor encoded again. Attributes are recorded as `policy` says; kFull needs a scan that was
/// made for it. Directories that the scan vouches for in whole are told their new ids; not with full attributes.
///
/// Full attributes: what this process couldn't have restored is recorded as `base` has it (see within_reach()), devices
/// that it couldn't make included. Extended attributes that the scan could leave out are read below `disk`, which is
/// the directory that was scanned. Values too large to be inline are put into the transaction.
Result<object::TreeRoots> write_trees(store::Store& store, store::Transaction& transaction,
                                      store::AttributesPolicy policy, changes::Scan& scan,
                                      const changes::PathSelection& selection, const object::TreeRoots& base,
                                      const sys::Dir& disk);

}  // namespace cowstore::commit
