// What the kernel says of a file, in one place for directories and for open files. Private to sys.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string_view>

#include "cowstore/result.hpp"
#include "sys/stat.hpp"

namespace cowstore::sys::detail {

/// All but `mount_root`.
Stat stat_of(const struct ::stat& raw);

/// `target` is what observers are told. Nothing, with errno set, on failure: what a message needs is made only then.
std::optional<Stat> statx_at(int dir, const char* name, int flags, std::string_view target);

}  // namespace cowstore::sys::detail
