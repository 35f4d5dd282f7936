// A working copy's entry in the view: made where it is missing, kept right when directories are moved or copied.
#pragma once

#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/resolve.hpp"
#include "refs/view.hpp"
#include "repo/session.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// What every opening does. Registers a working copy that isn't: a new one, or one whose making was interrupted. A copy
/// of a registered one that lies beside it (made by `cp -a`, or as a snapshot) gets an id of its own first, else both
/// would share one HEAD; it begins at the commit that the other one was at when it was made, by the file system's time
/// of its birth and the log's times, else at the present one. Where nothing may be written this does nothing, and
/// reading works all the same (Session::state()).
Result<void> settle_registration(Session& session);

/// Of a working copy that is to be made of a revision: it has an id of its own, and follows the branch, if it is one.
Home new_home(const Session& session, const refs::Resolved& revision);

/// Brings `home` up to date: the id that the view knows the working copy by, and where its store is, for those who copy
/// or snapshot it. Writes only if something is out of date.
Result<void> refresh_home(Session& session, const sys::FileLock& lock);

/// The id that a snapshot gets: the beginning of its UUID, so that two commands that find it at the same time agree.
std::string id_of_subvolume(const std::string& uuid);

/// Adds what the view says of a working copy's subvolume, if it is one.
void add_uuid(const Session& session, std::vector<refs::Change>& changes);

}  // namespace cowstore::repo
