// What full attributes add to changing files in place.
#pragma once

#include <vector>

#include "changes/compare.hpp"
#include "changes/scanned.hpp"
#include "checkout/difference.hpp"
#include "cowstore/checkout.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// For whoever finishes an interrupted command: drops the changes that are nothing but its own work half done. Several
/// calls change the attributes of one file, and between them it is neither as before nor as after.
Result<void> drop_half_done(Session& session, const checkout::VersionPair& versions,
                            std::vector<changes::Change>& against_from);

/// Devices that the target has and this process can't make. A comparison takes them for restored, so that nothing is
/// planned for them, but they are to be told.
std::vector<Unrestored> unmade_devices(const changes::Scan& scan, const std::vector<checkout::Difference>& differences);

}  // namespace cowstore::repo
