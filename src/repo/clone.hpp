// `cowstore clone`: a working copy as it is now, with all that is in it, shared.
//
// By snapshot: home of the source brought up to date -> snapshot under a staging name -> rename -> one record in the
// log. File by file: the same with a directory that is filled, its own home and its own stat index. A crash before the
// rename leaves the staging directory, which the next try removes; after it a working copy, which its first command
// registers.
#pragma once

#include "cowstore/clone.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// Of the session's working copy, whose lock it takes where it can be had. `directory` must not exist, or be empty.
Result<CloneReport> clone(Session& session, const std::string& directory, const CloneOptions& options);

}  // namespace cowstore::repo
