// The order of a directory's names. Private to the module.
#pragma once

#include <vector>

#include "sys/dir.hpp"

namespace cowstore::changes {

/// By the bytes of the names.
void sort_by_name(std::vector<sys::ListedEntry>& listed);

}  // namespace cowstore::changes
