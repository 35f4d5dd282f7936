// Files of a scanned overlay whose content is still the lower directory's, and so known without being read.
#pragma once

#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "sys/dir.hpp"

namespace cowstore::changes {

/// Two layers of an overlay, and the version that the lower one was made of, which nobody writes to since. Borrowed.
struct Layers {
  const sys::Dir& lower;
  const sys::Dir& upper;
  const object::TreeRoots& version;
};

/// Makes known what the scan of the overlay left unknown, where the upper directory, looked at after the scan, has
/// nothing of the file (also under a directory that was renamed) or nothing but its metadata, so that at the time of
/// its stat the content was the version's. What it isn't sure of stays unknown. Opens no file.
/// Needs the right to see the overlay's notes. Errors: those of the version's nodes.
Result<void> recognise_lower(Scan& scan, const Layers& layers, object::NodeSource& source);

}  // namespace cowstore::changes
