// Switching a working copy, making a new one, restoring paths, undoing.
#pragma once

#include <string>

#include "cowstore/checkout.hpp"
#include "cowstore/operation.hpp"
#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

Result<CheckoutReport> switch_to(Session& session, const std::string& revision, const CheckoutOptions& options);
/// Whose directory a new working copy is made in: a user may not name one in a store.
enum class Place { kUsers, kInStore };
/// See Repository::checkout().
Result<CheckoutReport> checkout_new(Session& session, const std::string& revision, const std::string& directory,
                                    const CheckoutOptions& options, Place place = Place::kUsers);
Result<CheckoutReport> restore(Session& session, const RestoreOptions& options);
Result<UndoReport> undo(Session& session, Overwrite overwrite);

}  // namespace cowstore::repo
