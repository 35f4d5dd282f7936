// Scans of working copies: of overlays only what their upper directories name.
#pragma once

#include "changes/scan.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// changes::scan() of the session's working copy, for a comparison with `version` alone. Of an overlay, where
/// everything is asked for: scans what differs between the template's commit and `version`, and what the upper
/// directory names; so Scan::selection is not everything. All else is as `version` has it. Where this process can't see
/// the overlay's notes, or the template, it is an ordinary scan.
Result<changes::Scan> scan_against(Session& session, const index::StatIndex& index, changes::ScanOptions options,
                                   const object::TreeRoots& version);

/// changes::scan() of all that is asked for. Of an overlay, content that is still the template's is known (here and
/// above), whether or not the index knows it.
Result<changes::Scan> scan_all(Session& session, const index::StatIndex& index, const changes::ScanOptions& options);

}  // namespace cowstore::repo
