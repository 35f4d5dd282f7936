// Directories that take different names for one (case folding: ext4's casefold, vfat, many network file systems).
// A version that has both names can't be checked out there, and nothing may ever get into the control directory by
// another spelling of its name.
#pragma once

#include <string>
#include <vector>

#include "checkout/difference.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::checkout {

/// `error`, or, if it is EEXIST, one that says why: nobody but us makes names in that directory, and no version has one
/// twice. `path` is the name that wasn't free.
Error explain_alias(Error error, const std::string& path);

/// kUnsupported if one of the differences would write below a name that `root` takes for its control directory's; or,
/// where it folds case, if a directory would get a name that differs from another one's in the case of ASCII letters
/// only. (Other letters are left to the file system: such a file then isn't made, and reported.)
Result<void> refuse_aliases(const sys::Dir& root, const sys::Dir& control, const std::vector<Difference>& differences);

}  // namespace cowstore::checkout
