// Switching a working copy, making a new one, restoring paths, undoing.
#pragma once

#include <string>

#include "cowstore/checkout.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

Result<CheckoutReport> switch_to(Session& session, const std::string& revision, const CheckoutOptions& options);
/// See Repository::checkout().
Result<CheckoutReport> checkout_new(Session& session, const std::string& revision, const std::string& directory,
                                    const CheckoutOptions& options);
Result<CheckoutReport> restore(Session& session, const RestoreOptions& options);
Result<UndoReport> undo(Session& session, Overwrite overwrite);

}  // namespace cowstore::repo
