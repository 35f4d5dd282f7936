// A working copy's entry in the view: made where it is missing, kept right when directories are moved or copied.
#pragma once

#include "cowstore/result.hpp"
#include "repo/session.hpp"

namespace cowstore::repo {

/// What every opening does. Registers a working copy that isn't: a new one, or one whose making was interrupted. A copy
/// of a registered one that lies beside it (made by `cp -a`, or as a snapshot) gets an id of its own first, else both
/// would share one HEAD; it begins at the commit that the other one is at. Where nothing may be written this does
/// nothing, and reading works all the same (Session::state()).
Result<void> settle_registration(Session& session);

}  // namespace cowstore::repo
