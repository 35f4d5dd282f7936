// A cursor over the chunk list of a file.
#pragma once

#include "object/cursor.hpp"
#include "object/entry.hpp"
#include "object/run_node.hpp"

namespace cowstore::object {

/// At the front of the list. file.depth >= 1. kCorrupt if depth or size are not those of the list.
Result<Cursor<RunNode>> open_list(NodeSource& source, const FileRef& file);

}  // namespace cowstore::object
