// statx in one place, for directories and for open files. Private to sys.
#pragma once

#include <string_view>

#include "cowstore/result.hpp"
#include "sys/stat.hpp"

namespace cowstore::sys::detail {

Result<Stat> statx_at(int dir, const char* name, int flags, std::string_view path);

}  // namespace cowstore::sys::detail
