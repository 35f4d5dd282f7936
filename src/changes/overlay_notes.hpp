// The notes that an overlay keeps in its upper directory, as extended attributes. Private to the module.
//
// Both namespaces are understood, whichever the mount used: a note in the other one means nothing to the kernel, and
// what is taken for changed without being so costs a look, no more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

struct OverlayNotes {
  bool opaque = false;                  ///< of a directory: nothing of the lower one shows in it
  bool metacopy = false;                ///< of a file: only its metadata are here
  std::optional<std::string> redirect;  ///< where in the lower directory it lies: "/a/b" from the top, or a new name
};

/// Of `name` in `upper`. Without the right to see "trusted." names only what is under "user.".
Result<OverlayNotes> read_overlay_notes(const sys::Dir& upper, std::string_view name);

/// The path in the lower directory that a redirection leads to, from where its parent lies there.
std::string follow_redirect(std::string_view redirect, std::string_view lower_parent);

}  // namespace cowstore::changes
